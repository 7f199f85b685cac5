{% test sum_equals_ledger(model, column_name, ledger, entries='true') %}
    with report as (
        select coalesce(sum({{ column_name }}), 0) as amount from {{ model }}
    ),

    booked as (
        select coalesce(sum(reporting_amount), 0) as amount
        from {{ ledger }}
        where {{ entries }}
    )

    select
        report.amount as report_amount,
        booked.amount as booked_amount
    from report
    cross join booked
    where report.amount <> booked.amount
{% endtest %}
