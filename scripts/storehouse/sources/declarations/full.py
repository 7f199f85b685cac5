"""Tables that are delivered whole (`delivery: full`), and the order of their deliveries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storehouse.sources.declarations.entry import Entry

ORDERS = ("name", "date", "column")

# The directives that a date format may have, and the text that each matches.
_DIRECTIVES = {
    "%Y": r"\d{4}", "%y": r"\d{2}", "%m": r"\d{2}", "%d": r"\d{2}", "%j": r"\d{3}",
    "%H": r"\d{2}", "%M": r"\d{2}", "%S": r"\d{2}", "%f": r"\d{1,6}",
}  # fmt: skip
_DAY = ({"%d", "%m"}, {"%j"})
_NUMBER_WIDTH = 20


class NoOrder(ValueError):
    """The place of a delivery among the others can't be determined."""


@dataclass(frozen=True)
class Place:
    """A delivery's place in the order: `key` sorts as text, `delivered_at` is UTC without zone.

    Ordered by name, it has no moment.
    """

    key: str
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class FullDelivery:
    """Each delivery is a state of the whole table.

    `order` is what they are ordered by: the file's name, a date in it, or the newest value of a
    `column`. `time_zone` is that of moments that name none.
    """

    order: str = "name"
    column: str = ""
    date_format: str = ""
    time_zone: str = "UTC"

    def place_of_name(self, name: str) -> Place | None:
        """The place of a file by its name; None if its rows must be read. Raises NoOrder."""
        if self.order == "name":
            return Place(_natural(name))
        if self.order == "date":
            found = {self._moment(text) for text in self._pattern.findall(name)}
            if len(found) != 1:
                what = "several dates" if found else "no date"
                raise NoOrder(f"its name has {what} of the form {self.date_format}")
            return _place(found.pop())
        return None

    def place_of_values(self, values: Sequence[str]) -> Place:
        """The place of a file with these values of the column. Raises NoOrder."""
        if not values:
            raise NoOrder(f"no row has a value of {self.column}, which orders its deliveries")
        numbers = [text for text in values if text.isascii() and text.isdigit()]
        if len(numbers) == len(values) and not self.date_format:
            return Place(max(map(_natural, numbers)))
        return _place(max(map(self._moment, values)))

    @property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split("(%.)", self.date_format)
        looks = "".join(_DIRECTIVES.get(part) or re.escape(part) for part in parts)
        return re.compile(rf"(?<!\d){looks}(?!\d)")

    def _moment(self, text: str) -> datetime:
        try:
            moment = (
                datetime.strptime(text, self.date_format)  # noqa: DTZ007  the zone comes below
                if self.date_format
                else datetime.fromisoformat(text)
            )
        except ValueError as error:
            where = f"{self.column} " if self.column else ""
            form = self.date_format or "an ISO 8601 moment or a whole number"
            raise NoOrder(f"{where}{text!r} is not {form}") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.time_zone))


def full_delivery(given: Entry) -> FullDelivery | None:
    """The `delivery` of a table; None for a table whose files add up.

    Raises ConfigError.
    """
    delivery = given.values.get("delivery")
    if delivery is None:
        return None
    if delivery == "full":
        return FullDelivery()
    if not isinstance(delivery, dict) or delivery.get("kind") != "full":
        raise given.error("delivery", f"is {delivery!r}", "use `full`, or {kind: full, order: …}")
    entry = given.below("delivery")
    order = entry.choice("order", ORDERS, "name")
    needed = {"name": (), "date": ("date_format",), "column": ("column",)}[order]
    optional = {"name": (), "date": ("time_zone",), "column": ("date_format", "time_zone")}[order]
    entry.only("kind", "order", *needed, *optional)
    entry.need(*needed)
    full = FullDelivery(
        order=order,
        column=entry.text("column", ""),
        date_format=entry.text("date_format", ""),
        time_zone=entry.text("time_zone", "UTC"),
    )
    _check(full, entry)
    return full


def _check(full: FullDelivery, entry: Entry) -> None:
    try:
        ZoneInfo(full.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones
        remedy = "it must be the name of a time zone, such as Europe/Berlin"
        raise entry.error("time_zone", f"is {full.time_zone!r}", remedy) from error
    if not _is_format(full.date_format):
        remedy = "it must name each part of a moment once, as %Y-%m-%dT%H:%M:%S"
        raise entry.error("date_format", f"is {full.date_format!r}", remedy)
    used = set(re.findall("%.", full.date_format))
    tells_a_day = used & {"%Y", "%y"} and any(day <= used for day in _DAY)
    if full.order == "date" and not (used <= _DIRECTIVES.keys() and tells_a_day):
        remedy = f"it must tell a day, as %Y-%m-%d or %Y%m%d, by {', '.join(_DIRECTIVES)}"
        raise entry.error("date_format", f"is {full.date_format!r}", remedy)


def _is_format(text: str) -> bool:
    """Whether strptime accepts it."""
    try:
        datetime.strptime("", text)  # noqa: DTZ007  nothing is read
    except ValueError as error:
        return "does not match" in str(error)
    except re.error:
        return False
    return True


def _place(moment: datetime) -> Place:
    at = moment.astimezone(UTC).replace(tzinfo=None)
    return Place(at.isoformat(timespec="microseconds"), at)


def _natural(text: str) -> str:
    """`text`, padded so that its numbers sort by value: 9 before 10."""
    return re.sub(r"\d+", lambda number: number[0].zfill(_NUMBER_WIDTH), text, flags=re.ASCII)
