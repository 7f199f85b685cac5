"""A PostgreSQL mirror of the published build, which one transaction moves to the next build.

Rows are deleted and inserted, so that readers wait for nothing and see one build, whatever
they do: what a table swap would need (locks, views and grants made anew) is never touched.
"""
