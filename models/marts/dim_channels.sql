with orders as (
    select * from {{ ref('fct_orders') }}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

marketing_channels as (
    select * from {{ ref('marketing_channels') }}
),

referrer_channels as (
    select * from {{ ref('referrer_channels') }}
),

sales as (
    select channel from orders
    union
    select channel from ledger_entries
    union
    select 'unknown' as channel
),

marketing as (
    select marketing_channel as channel from marketing_channels
    union
    select marketing_channel as channel from referrer_channels
    union
    select unnest(['Other', 'Referral', 'Direct']) as channel
),

dim_channels as (
    select
        coalesce(sales.channel, marketing.channel) as channel,
        case
            when marketing.channel is null then 'sales'
            when sales.channel is null then 'marketing'
            else 'both'
        end as channel_kind
    from sales
    full outer join marketing
        on sales.channel = marketing.channel
)

select * from dim_channels
