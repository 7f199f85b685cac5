"""A Superset of one's own on loopback, with the assets of bi/superset/assets/.

    python scripts/superset_server [--port PORT] [--json]
"""
