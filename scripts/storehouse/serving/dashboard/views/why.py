"""Why."""

from __future__ import annotations

from storehouse.serving.dashboard.frame import View, show


def why(view: View) -> None:
    del view


if __name__ == "__main__":
    show("Why", why)
