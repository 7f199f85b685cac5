{% macro customer_months(
    days, last_dates, totals, trailing, windows,
    from_month="date '1900-01-01'"
) %}
    -- A date before the first plausible one counts as that.
    with dated_days as (
        select
            days.* replace (
                greatest(days.entry_date, last_dates.first_date) as entry_date
            ),
            last_dates.last_date
        from {{ days }} as days
        inner join {{ last_dates }} as last_dates
            on days.source_name = last_dates.source_name
    ),

    first_orders as (
        select
            customer_key,
            min(entry_date) as first_order_date,
            {{ from_month }} as from_month_date
        from dated_days
        where orders_count > 0
        group by customer_key
    ),

    -- What a day adds leaves each window again after the window's days.
    moves as (
        select
            days.*,
            first_orders.first_order_date,
            windows.window_days,
            greatest(
                days.entry_date + windows.window_days,
                first_orders.first_order_date,
                first_orders.from_month_date
            ) as move_date
        from dated_days as days
        inner join first_orders
            on days.customer_key = first_orders.customer_key
        cross join
            (values (0), ({{ windows | join('), (') }}))
                as windows (window_days)
        where days.entry_date + windows.window_days <= days.last_date
    ),

    changes as (
        select
            customer_key,
            source_name,
            {%- for measure in totals %}
            sum({{ measure }}) filter (where window_days = 0) as {{ measure }},
            {%- endfor %}
            {%- for measure in trailing %}
            {%- for window in windows %}
            sum(
                case window_days
                    when 0 then {{ measure }}
                    when {{ window }} then -{{ measure }}
                    else 0
                end
            ) as {{ measure }}_{{ window }},
            {%- endfor %}
            {%- endfor %}
            first_order_date,
            max(entry_date) filter (where window_days = 0 and orders_count > 0)
                as last_order_date,
            last_date,
            cast(date_trunc('month', move_date) as date) as month_start_date
        from moves
        group by
            customer_key,
            source_name,
            first_order_date,
            last_date,
            date_trunc('month', move_date)
    ),

    -- From one change to the next a customer's figures stand still.
    states as (
        select
            customer_key,
            source_name,
            {%- for measure in totals %}
            sum({{ measure }}) over so_far as {{ measure }},
            {%- endfor %}
            {%- for measure in trailing %}
            {%- for window in windows %}
            sum({{ measure }}_{{ window }}) over so_far
                as {{ measure }}_{{ window }},
            {%- endfor %}
            {%- endfor %}
            first_order_date,
            max(last_order_date) over so_far as last_order_date,
            last_date,
            month_start_date,
            lead(month_start_date, 1, last_date + 1) over so_far
                as next_change_date
        from changes
        window so_far as (
            partition by customer_key
            order by month_start_date
        )
    ),

    months as (
        select
            * replace (
                cast(
                    unnest(range(
                        month_start_date, next_change_date, interval '1 month'
                    )) as date
                ) as month_start_date
            )
        from states
    )

    select
        * exclude (last_date, next_change_date),
        least(last_day(month_start_date), last_date) as month_end_date
    from months
{% endmacro %}
