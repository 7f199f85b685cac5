"""What Superset shows, generated from dbt's artifacts and bi/superset/dashboard.yml."""
