with newest as (
    {{ newest_deletions('shop') }}
)

select * from newest
