"""Alerts by lanes: what a lane finds, compared with what is remembered, and delivered."""
