"""Alerts: what is remembered of them, and their delivery. What is an alert, dbt models say."""
