-- depends_on: {{ ref('int_changes_united') }}
with order_lines as (
    select * from {{ ref('int_order_lines_priced') }}
),

{% if is_incremental() %}
changed as (
    {{ changed_documents(this, 'order_key', ref('int_changes_united')) }}
),
{% endif %}

fct_order_lines as (
    select * from order_lines
    {% if is_incremental() %}
    where order_key in (select changed.document_key from changed)
    {% endif %}
)

select * from fct_order_lines
