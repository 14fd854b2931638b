"""Calendar entries as an iCalendar file (RFC 5545): what subscribers' calendars read."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from b40_contracts.events import CalendarEntry
from icalendar import Calendar, Event, vDate, vDatetime

from b40_events.deadline import start_of

PRODUCT = "-//B40 Balkan Cities Network//events//EN"


def summary_in(entry: CalendarEntry, language: str) -> str:
    """The summary in this language, else in English, else in the first there is; marked if cancelled."""
    names = entry.summaries
    text = names.get(language) or names.get("en") or next(iter(names.values()))
    return f"Cancelled: {text}" if entry.status == "CANCELLED" else text


def to_icalendar(entries: Sequence[CalendarEntry], *, language: str = "en") -> bytes:
    """The entries as one VCALENDAR, in order of their start. Days without a moment are all-day events."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "B40 Balkan Cities Network")
    for entry in sorted(entries, key=lambda entry: (_start(entry), entry.entry)):
        calendar.add_component(_event(entry, language))
    return bytes(calendar.to_ical())


def _event(entry: CalendarEntry, language: str) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed)
    event.add("last-modified", entry.changed)
    event.add("sequence", entry.sequence)
    event.add("status", entry.status)
    event.add("summary", summary_in(entry, language))
    event.add("categories", [entry.category])
    event.add("transp", "TRANSPARENT")
    if entry.at is not None:
        event["dtstart"] = vDatetime(entry.at)
    elif entry.first_day is not None:
        last = entry.last_day or entry.first_day
        event["dtstart"] = _day(entry.first_day)
        event["dtend"] = _day(last + timedelta(days=1))
    if entry.place:
        event.add("location", entry.place)
    if entry.latitude is not None and entry.longitude is not None:
        event.add("geo", (entry.latitude, entry.longitude))
    return event


def _day(day: date) -> vDate:
    value = vDate(day)
    value.params["VALUE"] = "DATE"
    return value


def _start(entry: CalendarEntry) -> datetime:
    if entry.at is not None:
        return entry.at
    assert entry.first_day is not None, "an entry has a moment or a day"
    return start_of(entry.first_day, entry.timezone)
