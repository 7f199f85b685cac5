"""Visits and their events."""
