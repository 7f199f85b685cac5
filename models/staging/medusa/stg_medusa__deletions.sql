with newest as (
    {{ newest_deletions('medusa') }}
)

select * from newest
