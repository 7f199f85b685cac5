"""A Superset of one's own on loopback, with the assets of bi/superset/assets/."""
