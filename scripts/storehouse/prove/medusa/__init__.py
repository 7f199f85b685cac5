"""A shop on Medusa 2 that is invented: its admin API, its changes, and the events of them."""

from __future__ import annotations

from storehouse.prove.medusa.history import live_on
from storehouse.prove.medusa.served import served
from storehouse.prove.medusa.shop import Medusa, Records
from storehouse.prove.medusa.subscriber import Subscriber, body_of

__all__ = ["Medusa", "Records", "Subscriber", "body_of", "live_on", "served"]
