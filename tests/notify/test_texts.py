"""Every text that people read, from an example of the event that it tells."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import b40_contracts
import pytest
from b40_contracts import events, registry, solidarity
from b40_contracts.event import Event
from b40_notify.app import application
from b40_notify.texts import events as event_texts
from b40_notify.texts import registry as registry_texts
from b40_notify.texts import solidarity as solidarity_texts
from b40_notify.texts.text import Reader, UnknownCity, day, sentence, titled

from tests.notify.given import admitted, dated

EXAMPLES = Path(b40_contracts.__file__).parents[2] / "examples"
OWNERS = ("registry", "events", "solidarity")

TEXTS: dict[type[Event], Callable[[Any, Reader], Any]] = {
    registry.CitySigned: registry_texts.city_signed,
    registry.CityAdmitted: registry_texts.city_admitted,
    registry.CityLeft: registry_texts.city_left,
    registry.WorkingGroupFormed: registry_texts.group_formed,
    registry.WorkingGroupClosed: registry_texts.group_closed,
    registry.MeetingScheduled: registry_texts.meeting_scheduled,
    registry.MeetingCancelled: registry_texts.meeting_cancelled,
    registry.DecisionTaken: registry_texts.decision_taken,
    registry.DecisionDue: registry_texts.decision_due,
    registry.DecisionFulfilled: registry_texts.decision_fulfilled,
    registry.DecisionLapsed: registry_texts.decision_lapsed,
    events.StopInvited: event_texts.stop_invited,
    events.StopDated: event_texts.stop_dated,
    events.StopMoved: event_texts.stop_moved,
    events.StopUnschedulable: event_texts.stop_unschedulable,
    events.StopWithdrawn: event_texts.stop_withdrawn,
    events.LineUpIncomplete: event_texts.line_up_incomplete,
    events.PlacesGranted: event_texts.places_granted,
    events.FairAnnounced: event_texts.fair_announced,
    events.PlanConflictFound: event_texts.plan_conflict_found,
    events.PlanConflictResolved: event_texts.plan_conflict_resolved,
    events.DeadlineApproaching: event_texts.deadline_approaching,
    events.DeadlineMissed: event_texts.deadline_missed,
    solidarity.NeedNoticeRequested: solidarity_texts.need_notice,
    solidarity.GiftNoticeRequested: solidarity_texts.gift_notice,
    solidarity.GreetingRequested: solidarity_texts.greeting,
    solidarity.StatisticsPublished: solidarity_texts.statistics_published,
}


class AnyCity(dict[str, dict[str, str]]):
    """Every city is known, by its code."""

    def __contains__(self, code: object) -> bool:
        return True

    def __missing__(self, code: str) -> dict[str, str]:
        return {"en": f"city {code}"}


def examples(event: type[Event]) -> list[Event]:
    """The examples of a type."""
    files = sorted((EXAMPLES / event.type).glob("*.json"))
    return [event.model_validate_json(json.dumps(json.loads(file.read_text())["data"])) for file in files]


@pytest.mark.parametrize("event", TEXTS, ids=lambda event: event.__name__)
def test_every_example_has_a_text_that_a_person_can_read(event: type[Event]) -> None:
    """Breaks if a text lacks a part, shows a Python value, or has a subject line of several lines."""
    read = examples(event)
    assert read, f"no example of {event.type}"
    for each in read:
        text = TEXTS[event](each, Reader("en", AnyCity()))
        whole = "\n".join((text.line, *text.paragraphs))
        assert text.line.strip() == text.line != ""
        assert "\n" not in text.line
        assert text.paragraphs
        assert all(paragraph.strip() for paragraph in text.paragraphs)
        assert [odd for odd in ("None", "datetime", "{", "[", "..") if odd in whole] == []


def test_every_handler_that_tells_people_something_is_shown_here() -> None:
    """Breaks if a new text is not among those above."""
    telling = {
        type_
        for type_, handler in application.hears.handlers.items()
        if handler.call.__module__ in [f"b40_notify.handlers.{owner}" for owner in OWNERS]
    }
    assert telling == {event.type for event in TEXTS}


def test_names_follow_the_reader() -> None:
    """Breaks if a Macedonian reads an English name although there is one in Macedonian."""
    cities = {"MKSKP": {"en": "Skopje", "mk": "Скопје"}}
    assert registry_texts.city_admitted(admitted(), Reader("mk", cities)).line == "Скопје joined the network"
    assert event_texts.stop_dated(dated(), Reader("tr", cities)).line == "Festival Bus 2022: Skopje on 20 July 2022"


def test_a_city_without_a_name_is_not_told_by_its_code() -> None:
    """Breaks if people read codes."""
    with pytest.raises(UnknownCity) as unknown:
        registry_texts.city_admitted(admitted(), Reader("en", {}))
    assert unknown.value.code == "MKSKP"


def test_sentences_days_and_titles() -> None:
    """Breaks if texts that come in parts read badly."""
    assert sentence(" it lies on the way ") == "It lies on the way."
    assert sentence("İstanbul first!") == "İstanbul first!"
    assert day(dated().on) == "20 July 2022"
    assert titled("festival-bus-2022") == "Festival Bus 2022"
