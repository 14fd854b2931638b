"""The catalogue answers who says and hears what, and a topic that breaks a rule can not be declared."""

from dataclasses import replace
from typing import Any

import pytest
from b40_contracts import catalogue
from b40_contracts.event import Event
from b40_contracts.platform import APPS, EventRefused, Ticked, refusals
from b40_contracts.topic import Kind, Topic, from_beginning, from_now
from pydantic import Field


class ThingHappened(Event):
    """A thing happened. Only for tests of the catalogue."""

    type = "org.b40.registry.thing.happened.v1"
    key = "thing"
    thing: str = Field(description="Its name.")


THINGS = Topic(
    name="registry-things",
    kind=Kind.FACTS,
    description="Things.",
    events=(ThingHappened,),
    producer="registry",
    consumers=from_now("notify"),
)


def test_look_ups_agree_with_the_topics() -> None:
    for topic in catalogue.TOPICS:
        assert catalogue.topic(topic.name) is topic
        assert topic in catalogue.said_by(topic.producer)
        for event in topic.events:
            assert catalogue.topic_of(event, topic.producer) is topic
            assert catalogue.types()[event.type] is event
    for app in APPS:
        assert all(topic.hears(app) for topic in catalogue.heard_by(app))
        assert catalogue.topic("clock") in catalogue.heard_by(app)


def test_each_app_with_an_intake_tells_what_it_refused() -> None:
    """Breaks if integrators could report to an app that has no way to answer, or an app without intake answered."""
    for app in APPS:
        intake, answers = catalogue.intake_of(app), catalogue.refusals_of(app)
        assert (intake is None) is (answers is None)
        if intake is not None and answers is not None:
            assert intake.sealed is answers.sealed
            assert catalogue.topic_of(EventRefused, app) is answers


def test_an_unknown_topic_or_speaker_is_an_error() -> None:
    with pytest.raises(LookupError, match="there is no topic 'clocks'; the catalogue knows clock, "):
        catalogue.topic("clocks")
    with pytest.raises(LookupError, match="notify is not the producer of a topic with Ticked"):
        catalogue.topic_of(Ticked, "notify")


def test_a_type_may_be_refused_by_several_apps() -> None:
    assert len(catalogue.checked((refusals("registry"), refusals("notify")))) == 2


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        ((THINGS, replace(THINGS)), "topic registry-things is declared twice"),
        ((THINGS, replace(THINGS, name="registry-more")), "happened.v1 stands on registry-things and on registry-more"),
        ((replace(THINGS, name="notify-things"),), "belongs to another owner"),
        ((replace(THINGS, producer="registrar"),), "its producer registrar does not exist"),
        ((replace(THINGS, consumers=from_now("notification")),), "its consumer notification does not exist"),
        ((replace(THINGS, consumers=from_now("notify", "notify")),), "a consumer is named twice"),
        ((replace(THINGS, consumers=from_now("registry")),), "registry must hear it from the beginning"),
        ((replace(THINGS, kind=Kind.STATE),), "notify must hear it from the beginning"),
        ((replace(THINGS, kind=Kind.INTAKE),), "integrators report on an intake, and nobody else does"),
        ((replace(THINGS, producer="integrators"),), "integrators report on an intake, and nobody else does"),
    ],
)
def test_a_catalogue_that_breaks_a_rule_is_refused(topics: tuple[Topic, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        catalogue.checked(topics)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "registry.things"}, "a name is words of lower-case letters joined by hyphens"),
        ({"events": ()}, "a topic without events says nothing"),
        ({"retention_days": 36}, "beyond the memory of 35"),
        ({"kind": Kind.STATE, "retention_days": 34}, "tombstones must be kept for the memory"),
    ],
)
def test_a_topic_that_breaks_a_rule_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(THINGS, **change)


def test_a_topic_is_heard_by_who_is_named() -> None:
    assert THINGS.hears("registry") is None
    assert replace(THINGS, consumers=from_beginning("registry")).hears("registry") == from_beginning("registry")[0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "registry.thing", "key": "thing"}, "type must look like"),
        ({"key": "other"}, "key must name one of its fields"),
        ({"__doc__": " "}, "needs a docstring"),
    ],
)
def test_an_event_that_breaks_a_rule_is_not_defined(body: dict[str, str], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        type("Broken", (ThingHappened,), {"__doc__": "A fact.", **body})


def test_a_field_without_a_description_is_not_defined() -> None:
    with pytest.raises(TypeError, match=r"Broken\.bare needs a description"):
        type("Broken", (ThingHappened,), {"__doc__": "A fact.", "__annotations__": {"bare": int}})
