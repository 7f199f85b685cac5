"""Restatements."""

from __future__ import annotations

from storehouse.serving.dashboard.frame import View, show


def restatements(view: View) -> None:
    del view


if __name__ == "__main__":
    show("Restatements", restatements)
