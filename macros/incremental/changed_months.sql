{% macro changed_months() %}
    {%- set follows = model.config.meta.follows -%}
    {%- set key = model.config.unique_key -%}
    {%- set log, columns = follows.rows_of.items() | first -%}
    with members as (
        select
            {{ key }},
            source_name
        from {{ ref(log) }}
        union
        select
            {{ key }},
            source_name
        from {{ this }}
    ),

    {% if is_behind_change_logs(followed_change_logs()) -%}
    changes as (
        select
            {{ key }},
            date '1900-01-01' as changed_from
        from members
    ),
    {%- else -%}
    changes as (
        select {{ columns }} as changed_from
        from {{ unread_changes(log) }}
    ),
    {%- endif %}

    -- The last month may go on, or have ended too early or too late.
    last_dates as (
        select
            source_name,
            max(month_end_date) as last_date
        from {{ this }}
        group by source_name
        union all
        select
            source_name,
            last_entry_date as last_date
        from {{ ref(follows.months_to) }}
        union all
        select
            source_name,
            date '1900-01-01' as last_date
        from {{ ref(log) }}
        where source_name not in (select source_name from {{ this }})
        group by source_name
    ),

    open_months as (
        select
            source_name,
            min(last_date) as changed_from
        from last_dates
        group by source_name
    ),

    dated as (
        select
            {{ key }},
            changed_from
        from changes
        union all
        select
            members.{{ key }},
            open_months.changed_from
        from members
        inner join open_months
            on members.source_name = open_months.source_name
    )

    select
        {{ key }},
        cast(date_trunc('month', min(changed_from)) as date) as changed_from
    from dated
    group by {{ key }}
{% endmacro %}
