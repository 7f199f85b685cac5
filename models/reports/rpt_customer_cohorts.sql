with customer_days as (
    {{ surviving_customer_days(
        ref('agg_customer_days'), ref('dim_customers')
    ) }}
),

last_dates as (
    select
        source_name,
        first_entry_date as first_date,
        last_entry_date as last_date
    from {{ ref('dim_sources') }}
),

-- What is dated beyond the last day of business belongs to no month yet; what
-- is dated before the first counts on that.
past_days as (
    select
        customer_days.* replace (
            greatest(customer_days.entry_date, last_dates.first_date)
                as entry_date
        )
    from customer_days
    inner join last_dates
        on
            customer_days.source_name = last_dates.source_name
            and customer_days.entry_date <= last_dates.last_date
),

customer_sales as (
    select
        customer_key,
        source_name,
        cast(date_trunc('month', entry_date) as date) as sales_month_date,
        sum(orders_count) as orders_count,
        sum(net_sales_amount) as net_sales_amount,
        case when count(*) = count(margin_amount) then sum(margin_amount) end
            as margin_amount
    from past_days
    group by customer_key, source_name, date_trunc('month', entry_date)
),

members as (
    select
        customer_key,
        source_name,
        min(sales_month_date) as cohort_month_date
    from customer_sales
    where orders_count > 0
    group by customer_key, source_name
),

cohorts as (
    select
        source_name,
        cohort_month_date,
        count(*) as customers_count
    from members
    group by source_name, cohort_month_date
),

-- Money that moved before a customer's first order belongs to its month.
activity as (
    select
        members.source_name,
        members.cohort_month_date,
        greatest(customer_sales.sales_month_date, members.cohort_month_date)
            as month_start_date,
        count(*) filter (where customer_sales.orders_count > 0)
            as active_customers_count,
        sum(customer_sales.orders_count) as orders_count,
        sum(customer_sales.net_sales_amount) as net_sales_amount,
        sum(customer_sales.margin_amount) as margin_amount,
        count(*) - count(customer_sales.margin_amount) as unknown_margin_count
    from customer_sales
    inner join members
        on customer_sales.customer_key = members.customer_key
    group by
        members.source_name,
        members.cohort_month_date,
        greatest(customer_sales.sales_month_date, members.cohort_month_date)
),

cohort_months as (
    select
        cohorts.*,
        cast(
            unnest(range(
                cohorts.cohort_month_date,
                last_dates.last_date + 1,
                interval '1 month'
            )) as date
        ) as month_start_date
    from cohorts
    inner join last_dates
        on cohorts.source_name = last_dates.source_name
),

followed as (
    select
        cohort_months.*,
        coalesce(activity.active_customers_count, 0) as active_customers_count,
        coalesce(activity.orders_count, 0) as orders_count,
        coalesce(activity.net_sales_amount, 0) as net_sales_amount,
        case
            when coalesce(activity.unknown_margin_count, 0) = 0
                then coalesce(activity.margin_amount, 0)
        end as margin_amount
    from cohort_months
    left join activity
        on
            cohort_months.source_name = activity.source_name
            and cohort_months.cohort_month_date = activity.cohort_month_date
            and cohort_months.month_start_date = activity.month_start_date
),

accumulated as (
    select
        *,
        sum(net_sales_amount) over so_far as cumulative_net_sales_amount,
        case
            when count(*) over so_far = count(margin_amount) over so_far
                then sum(margin_amount) over so_far
        end as cumulative_margin_amount
    from followed
    window so_far as (
        partition by source_name, cohort_month_date
        order by month_start_date
    )
),

rpt_customer_cohorts as (
    select
        source_name,

        cast(
            date_diff('month', cohort_month_date, month_start_date) as integer
        ) as months_since_count,
        customers_count,
        active_customers_count,
        {{ quotient('active_customers_count', 'customers_count') }}
            as retention_rate,
        cast(orders_count as bigint) as orders_count,
        {{ money('net_sales_amount') }} as net_sales_amount,
        {{ money('margin_amount') }} as margin_amount,
        {{ money('cumulative_net_sales_amount') }}
            as cumulative_net_sales_amount,
        {{ money('cumulative_margin_amount') }} as cumulative_margin_amount,
        {{ quotient(
            'cumulative_net_sales_amount', 'customers_count', 18, 4
        ) }} as cumulative_net_sales_per_customer_amount,
        {{ quotient(
            'cumulative_margin_amount', 'customers_count', 18, 4
        ) }} as cumulative_margin_per_customer_amount,

        month_start_date,
        cohort_month_date
    from accumulated
)

select * from rpt_customer_cohorts
