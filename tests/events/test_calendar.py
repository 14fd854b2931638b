"""The calendar as iCalendar: read back by the reference client."""

from datetime import UTC, date, datetime

from b40_contracts.events import CalendarEntry
from b40_events.calendar import to_icalendar
from icalendar import Calendar


def entry(**values: object) -> CalendarEntry:
    return CalendarEntry.model_validate(
        {
            "entry": "festival-bus-2022-trckz",
            "uid": "festival-bus-2022-trckz@b40network.org",
            "sequence": 0,
            "status": "CONFIRMED",
            "summaries": {"en": "Festival Bus in Çanakkale", "tr": "Festival Otobüsü Çanakkale'de"},
            "first_day": date(2022, 7, 18),
            "category": "concert",
            "changed": datetime(2022, 7, 7, tzinfo=UTC),
        }
        | values
    )


def read_back(*entries: CalendarEntry, language: str = "en") -> Calendar:
    calendar = Calendar.from_ical(to_icalendar(entries, language=language))
    assert isinstance(calendar, Calendar)
    return calendar


def test_a_day_without_a_zone_stays_a_day() -> None:
    """Breaks if a day becomes midnight UTC: calendars west of Greenwich would show the day before."""
    [event] = read_back(entry(last_day=date(2022, 7, 19))).events
    assert (event.start, event.end) == (date(2022, 7, 18), date(2022, 7, 20))


def test_a_cancelled_entry_keeps_its_uid_raises_its_sequence_and_says_so() -> None:
    [before] = read_back(entry()).events
    [after] = read_back(entry(status="CANCELLED", sequence=1)).events
    assert after["UID"] == before["UID"]
    assert (before.sequence, after.sequence) == (0, 1)
    assert (after["STATUS"], str(after["SUMMARY"])) == ("CANCELLED", "Cancelled: Festival Bus in Çanakkale")


def test_the_summary_is_in_the_language_asked_for_else_in_english() -> None:
    [turkish] = read_back(entry(), language="tr").events
    [greek] = read_back(entry(), language="el").events
    assert str(turkish["SUMMARY"]) == "Festival Otobüsü Çanakkale'de"
    assert str(greek["SUMMARY"]) == "Festival Bus in Çanakkale"


def test_entries_come_in_order_of_their_start() -> None:
    moment = entry(entry="moment", uid="moment", first_day=None, at=datetime(2022, 7, 17, 9, tzinfo=UTC))
    events = read_back(entry(), moment).events
    assert [str(event["UID"]) for event in events] == ["moment", "festival-bus-2022-trckz@b40network.org"]


def test_an_empty_calendar_is_a_calendar() -> None:
    calendar = read_back()
    assert (str(calendar["VERSION"]), calendar.events) == ("2.0", [])
