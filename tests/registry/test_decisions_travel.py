"""Groups, meetings and decisions on real Kafka and PostgreSQL, as the clock passes."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from b40_contracts.registry import (
    Attendance,
    DecisionDue,
    DecisionFulfilled,
    DecisionLapsed,
    DecisionTaken,
    MeetingCancelled,
    MeetingHeld,
    MeetingScheduled,
    Owner,
    WorkingGroupChanged,
    WorkingGroupClosed,
    WorkingGroupFormed,
)
from b40_registry.app import application

from tests.registry.given import ISTANBUL, MINUTES, SOFIA, decision, fulfilment, group, meeting
from tests.support.stage import Stage


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The registry alone, on 20 June 2022, with two cities."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-06-20")
        for report in (ISTANBUL, SOFIA):
            await stage.publish(report)
        await stage.quiet()
        yield stage


async def test_a_decision_that_nobody_fulfils_falls_due_and_lapses_each_on_its_day(stage: Stage) -> None:
    """Due at the end of 1 July in Istanbul, lapsed two weeks later. Breaks if time does not wake it, or twice."""
    await stage.publish(decision())
    await stage.tick("2022-07-01T20:59:00")
    await stage.quiet()
    assert [(fact.decision, fact.falls_due) for fact in stage.said(DecisionTaken)] == [
        ("festival-bus-cities", datetime(2022, 7, 1, 21, tzinfo=UTC))
    ]
    assert stage.said(DecisionDue) == []
    await stage.tick("2022-07-01T21:00:00")
    await stage.tick("2022-07-02T00:00:00")
    await stage.quiet()
    assert len(stage.said(DecisionDue)) == 1
    assert stage.said(DecisionLapsed) == []
    await stage.tick("2022-07-15T21:00:00")
    await stage.tick("2022-07-20T00:00:00")
    await stage.quiet()
    assert len(stage.said(DecisionDue)) == 1
    assert len(stage.said(DecisionLapsed)) == 1


async def test_a_decision_whose_days_passed_unseen_falls_due_before_it_lapses(stage: Stage) -> None:
    """One tick over both moments, as after a week's outage of the clock."""
    await stage.publish(decision())
    await stage.tick("2022-08-01")
    await stage.quiet()
    told = [(type(heard.event), heard.time) for heard in stage.heard if "decision" in heard.topic]
    assert told[1:] == [
        (DecisionDue, datetime(2022, 7, 1, 21, tzinfo=UTC)),
        (DecisionLapsed, datetime(2022, 7, 15, 21, tzinfo=UTC)),
    ]


async def test_a_fulfilled_decision_neither_falls_due_nor_lapses(stage: Stage) -> None:
    await stage.publish(decision())
    await stage.publish(fulfilment(), time="2022-06-30T12:00:00")
    await stage.tick("2022-08-01")
    await stage.quiet()
    assert [(fact.in_time, fact.evidence) for fact in stage.said(DecisionFulfilled)] == [(True, MINUTES)]
    assert stage.said(DecisionDue) == []
    assert stage.said(DecisionLapsed) == []


async def test_a_lapsed_decision_can_still_be_fulfilled_late(stage: Stage) -> None:
    await stage.publish(decision())
    await stage.tick("2022-08-01")
    await stage.publish(fulfilment(on=date(2022, 7, 30)), time="2022-08-01T09:00:00")
    await stage.quiet()
    assert [fact.in_time for fact in stage.said(DecisionFulfilled)] == [False]
    async with stage.http("registry") as client:
        record = (await client.get("/decisions/festival-bus-cities")).json()
    assert (record["state"], record["fulfilment"]["on"]) == ("fulfilled", "2022-07-30")


async def test_what_is_wrong_with_decisions_is_refused_with_the_field_named(stage: Stage) -> None:
    await stage.publish(fulfilment(), id="of-nothing", time="2022-07-01")
    await stage.publish(decision())
    await stage.publish(decision(text={"en": "Something else."}), id="another-text")
    await stage.publish(decision(decision="backwards", due_on=date(2022, 6, 1)), id="backwards")
    await stage.publish(fulfilment(on=date(2022, 7, 30)), id="tomorrow", time="2022-07-01")
    await stage.quiet()
    assert {refused.id: (refused.reason, refused.detail.split(":")[0]) for refused in stage.refusals()} == {
        "of-nothing": ("unknown-decision", "decision"),
        "another-text": ("decision-is-known", "text"),
        "backwards": ("due-before-taken", "due_on"),
        "tomorrow": ("not-yet", "on"),
    }
    assert len(stage.said(DecisionTaken)) == 1


async def test_a_decision_may_be_reported_before_its_meeting_and_its_group(stage: Stage) -> None:
    """The order of reports on different subjects is nobody's promise; what is missing is shown."""
    await stage.publish(decision(owner=Owner(group="smart-cities")))
    await stage.quiet()
    async with stage.http("registry") as client:
        before = (await client.get("/decisions", params={"state": "open"})).json()
        await stage.publish(meeting())
        await stage.publish(group())
        await stage.quiet()
        after = (await client.get("/decisions", params={"meeting": "istanbul-workshops-2022-06"})).json()
    assert [record["unknown"] for record in before] == [["meeting", "group"]]
    assert [record["unknown"] for record in after] == [[]]


async def test_a_decision_of_a_city_not_yet_described_waits_for_it(stage: Stage) -> None:
    await stage.publish(decision(owner=Owner(city="MEKOT")))
    await stage.quiet()
    assert stage.said(DecisionTaken) == []
    kotor = {"code": "MEKOT", "geonames": 3197538, "country": "ME", "timezone": "Europe/Podgorica"}
    await stage.publish(SOFIA.model_copy(update=kotor))
    await stage.quiet()
    assert [fact.falls_due for fact in stage.said(DecisionTaken)] == [datetime(2022, 7, 1, 22, tzinfo=UTC)]


async def test_a_meeting_is_scheduled_held_and_then_known_by_its_attendance(stage: Stage) -> None:
    await stage.publish(meeting())
    await stage.tick("2022-06-25T20:59:00")
    await stage.quiet()
    assert len(stage.said(MeetingScheduled)) == 1
    assert stage.said(MeetingHeld) == []
    await stage.tick("2022-06-25T21:00:00")
    await stage.quiet()
    assert [fact.attendance for fact in stage.said(MeetingHeld)] == [None]
    attendance = Attendance(persons=40, cities=20, by_city={"TRIST": 3}, source=MINUTES)
    await stage.publish(meeting(attendance=attendance), time="2022-06-27")
    await stage.quiet()
    assert [fact.attendance for fact in stage.said(MeetingHeld)] == [None, attendance]
    async with stage.http("registry") as client:
        record = (await client.get("/meetings/istanbul-workshops-2022-06")).json()
    assert (record["held"], record["attendance"]["persons"]) == (True, 40)
    assert record["unknown_groups"] == ["smart-cities"]


async def test_a_cancelled_meeting_is_not_held(stage: Stage) -> None:
    await stage.publish(meeting())
    await stage.publish(meeting(cancelled=True), time="2022-06-21")
    await stage.tick("2022-07-01")
    await stage.quiet()
    assert len(stage.said(MeetingCancelled)) == 1
    assert stage.said(MeetingHeld) == []


async def test_a_working_group_is_formed_changed_and_closed(stage: Stage) -> None:
    await stage.publish(group())
    await stage.publish(group(cities=("TRIST",)), time="2022-06-21")
    await stage.publish(group(cities=("BGSOF",)), time="2022-06-19")
    await stage.publish(group(cities=("TRIST",), closed_on=date(2023, 1, 31)), time="2022-06-22")
    await stage.publish(group(group="twice", cities=("TRIST", "TRIST")), id="twice")
    await stage.quiet()
    assert len(stage.said(WorkingGroupFormed)) == 1
    assert [fact.cities for fact in stage.said(WorkingGroupChanged)] == [("TRIST",)]
    assert len(stage.said(WorkingGroupClosed)) == 1
    assert [refused.id for refused in stage.refusals()] == ["twice"]
    async with stage.http("registry") as client:
        assert [found["group"] for found in (await client.get("/groups")).json()] == ["smart-cities"]
        assert (await client.get("/groups/smart-cities")).json()["closed_on"] == "2023-01-31"
        assert (await client.get("/groups/twice")).status_code == 404
