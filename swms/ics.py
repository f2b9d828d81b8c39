"""Calendars as iCalendar text (RFC 5545): all-day events with alarms, and nothing else of the format.

Clients differ in everything but this core: CRLF, lines of at most 75 octets, escaped text, stable UIDs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE = 75  # octets, without the line break (§3.1)
PRODUCT = "-//SWMS//Registration clock//ZH"


@dataclass(frozen=True)
class Event:
    """One day. ``uid`` is the same in every export, so that a calendar changes its event and adds no second one.

    ``alarms``: how many days before it the calendar reminds, at nine in the morning.
    """

    uid: str
    day: date
    summary: str
    description: str = ""
    url: str = ""
    alarms: tuple[int, ...] = ()


def calendar(events: Iterable[Event], *, name: str, now: datetime) -> bytes:
    """Return a calendar of these events, as a file of the type ``text/calendar``."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for event in events:
        lines += _event(event, now)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(event: Event, now: datetime) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",  # the day after: the end is exclusive
        f"SUMMARY:{_text(event.summary)}",
        "TRANSP:TRANSPARENT",
    ]
    if event.description:
        lines.append(f"DESCRIPTION:{_text(event.description)}")
    if event.url:
        lines.append(f"URL:{event.url}")
    for days in event.alarms:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_text(event.summary)}",
            f"TRIGGER:{_before(days)}",
            "END:VALARM",
        ]
    return [*lines, "END:VEVENT"]


def _before(days: int) -> str:
    """Return the duration from midnight of the day itself back to nine o'clock, ``days`` days before."""
    if days == 0:
        return "PT9H"
    whole = f"{days - 1}D" if days > 1 else ""
    return f"-P{whole}T15H"


def _text(value: str) -> str:
    """Escape a TEXT value (§3.3.11); line breaks of any kind become ``\\n``, other control characters go."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = "".join(char for char in value if char in "\n\t" or char.isprintable())
    for char in "\\;,":
        value = value.replace(char, f"\\{char}")
    return value.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Return a content line in pieces of at most 75 octets, never cutting a character in two (§3.1)."""
    pieces, piece = [], b""
    for char in line:
        octets = char.encode()
        room = LINE if not pieces else LINE - 1  # the blank that a continued line begins with counts
        if len(piece) + len(octets) > room:
            pieces.append(piece)
            piece = b""
        piece += octets
    pieces.append(piece)
    return b"\r\n ".join(pieces) + b"\r\n"
