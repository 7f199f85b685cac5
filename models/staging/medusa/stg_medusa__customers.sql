{%- set address = 'from_json(addresses, \'[{"city": "VARCHAR", '
    ~ '"country_code": "VARCHAR"}]\')[1]' -%}
with source as (
    {{ current_rows('medusa', 'customers') }}
),

renamed as (
    select
        customer_id,
        cast(null as varchar) as merged_into_customer_id,

        email,
        nullif(concat_ws(' ', first_name, last_name), '') as full_name,
        upper({{ address }}.country_code) as country_code,
        {{ address }}.city as city,

        {{ utc('created_at') }} as created_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify {{ newest_version('customer_id') }}
),

customers as (
    select
        newest.*,
        not {{ not_deleted(
            'medusa', 'customer', 'newest.customer_id', 'newest._loaded_at'
        ) }} as is_deleted
    from newest
)

select * from customers
