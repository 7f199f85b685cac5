with newest as (
    {{ newest_deletions('shopify') }}
)

select * from newest
