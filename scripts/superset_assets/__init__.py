"""What Superset shows of the warehouse, generated from dbt's artifacts and bi/superset/dashboard.yml.

Run it to write the assets into bi/superset/assets/:

    python scripts/superset_assets
"""
