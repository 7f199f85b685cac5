{% test sums_the_book(model, column_name, book, entries='true') %}
    with report as (
        select coalesce(sum({{ column_name }}), 0) as amount from {{ model }}
    ),

    booked as (
        select coalesce(sum(reporting_amount), 0) as amount
        from {{ book }}
        where {{ entries }}
    )

    select
        report.amount as report_amount,
        booked.amount as booked_amount
    from report
    cross join booked
    where report.amount <> booked.amount
{% endtest %}
