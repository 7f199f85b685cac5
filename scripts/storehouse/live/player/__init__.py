"""Plays a sample shop as events, with the troubles that events have on their way."""

from __future__ import annotations

from storehouse.live.player.play import Account, Pace, play, play_sample

__all__ = ["Account", "Pace", "play", "play_sample"]
