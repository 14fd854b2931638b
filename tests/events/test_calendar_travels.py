"""The calendar and the read API on real Kafka and PostgreSQL."""

from datetime import date
from typing import Any

from b40_contracts.events import AllocationAdoptionReported, CalendarEntry, StopWithdrawalReported
from b40_contracts.registry import DecisionTaken, Owner
from icalendar import Calendar

from tests.events.given import (
    BUS,
    FAIR,
    PLACES_TO_SHARE,
    REGISTRATION,
    SOURCE,
    SUMMIT,
    TOUR,
    WOMEX,
    confirmation,
    days,
    tell,
)
from tests.support.stage import Stage


async def read(stage: Stage, path: str, **query: Any) -> Any:
    async with stage.http("events") as client:
        answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def feed(stage: Stage, **query: Any) -> dict[str, Any]:
    """The subscribed calendar as the reference client reads it, by UID."""
    async with stage.http("events") as client:
        answer = await client.get("/calendar.ics", params=query)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert isinstance(calendar, Calendar)
    return {str(event["UID"]): event for event in calendar.events}


async def test_a_concert_enters_the_calendar_and_is_cancelled_in_place(stage: Stage) -> None:
    """INVARIANT: the UID stays and the SEQUENCE rises, else subscribers keep seeing a concert that is not."""
    uid = f"concert-{BUS}-grath@b40network.org"
    await tell(stage, [TOUR, confirmation("GRATH"), confirmation("ROCND")], "2022-06-27")
    await days(stage, "2022-07-01", "2022-07-07")
    before = (await feed(stage, concerns=BUS))[uid]
    assert (before.start, before["STATUS"], before.sequence) == (date(2022, 7, 18), "CONFIRMED", 0)
    assert str(before["SUMMARY"]) == "Festival Bus: Athens"
    await tell(stage, [StopWithdrawalReported(tour=BUS, city="GRATH", why="Strike.")], "2022-07-08")
    after = (await feed(stage, concerns=BUS))[uid]
    assert (after.start, after["STATUS"], after.sequence) == (before.start, "CANCELLED", 1)
    assert uid not in await feed(stage, concerns=BUS, cancelled=False)
    entries = [entry for entry in stage.said(CalendarEntry) if entry.uid == uid]
    assert [(entry.sequence, entry.status) for entry in entries] == [(0, "CONFIRMED"), (1, "CANCELLED")]


async def test_the_calendar_holds_fairs_deadlines_meetings_and_decisions_each_with_its_day(stage: Stage) -> None:
    decision = DecisionTaken(
        decision="common-portal",
        text={"en": "A common portal is set up."},
        owner=Owner(city="TRIST"),
        taken_on=date(2022, 6, 25),
        due_on=date(2022, 10, 1),
        source=SOURCE,
    )
    await tell(stage, [WOMEX, REGISTRATION, PLACES_TO_SHARE, decision], "2022-06-26")
    starts = {uid.partition("@")[0]: event.start for uid, event in (await feed(stage)).items()}
    assert starts == {
        f"fair-{FAIR}": date(2022, 10, 19),
        f"meeting-{SUMMIT}": date(2022, 8, 22),
        "decision-common-portal": date(2022, 10, 1),
        f"deadline-{FAIR}-registration": date(2022, 9, 1),
        f"deadline-{FAIR}-smart": date(2022, 6, 24),
        f"deadline-{FAIR}-summer": date(2022, 8, 26),
        f"deadline-{FAIR}-late": date(2022, 9, 23),
        f"deadline-{FAIR}-sprint": date(2022, 10, 14),
    }


async def test_the_read_api_shows_tours_fairs_places_and_deadlines(stage: Stage) -> None:
    adoption = AllocationAdoptionReported(summit=SUMMIT, method="equal")
    await tell(stage, [TOUR, confirmation("GRATH"), WOMEX, REGISTRATION, PLACES_TO_SHARE, adoption], "2022-06-27")
    await days(stage, "2022-07-07")
    [listed] = await read(stage, "/tours")
    assert listed["decision"]["number"] == 1
    shown = await read(stage, f"/tours/{BUS}")
    assert [(gate["gate"], gate["state"]) for gate in shown["gates"]] == [
        ("cities", "passed"),
        ("dates", "passed"),
        ("concerts", "ahead"),
    ]
    assert (shown["stops"][0]["city"], shown["stops"][0]["status"]) == ("GRATH", "dated")
    assert [fair["fair"] for fair in await read(stage, "/fairs")] == [FAIR]
    assert [conflict["days_late"] for conflict in (await read(stage, f"/fairs/{FAIR}"))["conflicts"]] == [6]
    assert (await read(stage, f"/allocations/{SUMMIT}"))["adopted"]["method"] == "equal"
    assert [each["simulated"]["summit"] for each in await read(stage, "/allocations")] == [SUMMIT]
    missed = await read(stage, "/deadlines", status="past")
    assert [each["deadline"] for each in missed] == [f"{FAIR}-smart"]
    async with stage.http("events") as client:
        for path in ("/tours/none", "/fairs/none", "/allocations/none"):
            assert (await client.get(path)).status_code == 404
        for path in ("/tours?after=%00", "/deadlines?limit=0", "/deadlines?status=lost", "/calendar.ics?language=%0A"):
            assert (await client.get(path)).status_code == 422
