"""The catalogue: every topic that exists, and who says and hears what on it. A topic not in it does not exist.

Derived from it, never written twice: topic creation, access, subscriptions, JSON Schemas, AsyncAPI.
"""

from collections.abc import Mapping, Sequence

from b40_contracts import events, notify, platform, registry, solidarity
from b40_contracts.event import Event, owner
from b40_contracts.platform import APPS
from b40_contracts.topic import Kind, Start, Topic

INTEGRATORS = "integrators"
"""Producer of intake topics: whoever reports facts from outside."""

CLOCK = "clock"
"""Producer of ticks; it hears nothing."""


def checked(topics: Sequence[Topic]) -> tuple[Topic, ...]:
    """These topics, if together they keep the rules of a catalogue. Raises ValueError naming what breaks one.

    Names are unique. A type stands on one topic only (the platform's aside, as each app has refusals). Producers and
    consumers exist, and only integrators report on an intake. What an app must not miss (intake, state,
    and what it says itself) is heard from the beginning. A topic is named after the owner of its facts.
    """
    homes: dict[str, Topic] = {}
    names: set[str] = set()
    for topic in topics:
        if topic.name in names:
            raise ValueError(f"topic {topic.name} is declared twice")
        names.add(topic.name)
        _check_parties(topic)
        for event in topic.events:
            if owner(event) not in (topic.name.split("-")[0], "platform"):
                raise ValueError(f"topic {topic.name}: {event.type} belongs to another owner")
            if owner(event) != "platform" and homes.setdefault(event.type, topic) is not topic:
                raise ValueError(f"{event.type} stands on {homes[event.type].name} and on {topic.name}")
    return tuple(topics)


def _check_parties(topic: Topic) -> None:
    if topic.producer not in (*APPS, INTEGRATORS, CLOCK):
        raise ValueError(f"topic {topic.name}: its producer {topic.producer} does not exist")
    if (topic.kind is Kind.INTAKE) is not (topic.producer == INTEGRATORS):
        raise ValueError(f"topic {topic.name}: integrators report on an intake, and nobody else does")
    apps = [consumer.app for consumer in topic.consumers]
    if len(apps) != len(set(apps)):
        raise ValueError(f"topic {topic.name}: a consumer is named twice")
    for consumer in topic.consumers:
        if consumer.app not in APPS:
            raise ValueError(f"topic {topic.name}: its consumer {consumer.app} does not exist")
        must_not_miss = topic.kind in (Kind.INTAKE, Kind.STATE) or consumer.app == topic.producer
        if must_not_miss and consumer.start is not Start.BEGINNING:
            raise ValueError(f"topic {topic.name}: {consumer.app} must hear it from the beginning")


TOPICS: tuple[Topic, ...] = checked(
    (*platform.TOPICS, *registry.TOPICS, *events.TOPICS, *solidarity.TOPICS, *notify.TOPICS)
)
"""All topics, in the order of their owners."""

_BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}


def topic(name: str) -> Topic:
    """The topic of this name, without any prefix of an environment. Raises LookupError if there is none."""
    found = _BY_NAME.get(name)
    if found is None:
        raise LookupError(f"there is no topic {name!r}; the catalogue knows {', '.join(sorted(_BY_NAME))}")
    return found


def heard_by(app: str) -> tuple[Topic, ...]:
    """The topics that name this app as a consumer."""
    return tuple(topic for topic in TOPICS if topic.hears(app) is not None)


def said_by(app: str) -> tuple[Topic, ...]:
    """The topics of which this app (or ``integrators``, or ``clock``) is the producer."""
    return tuple(topic for topic in TOPICS if topic.producer == app)


def topic_of(event: type[Event], app: str) -> Topic:
    """The topic on which this app says events of this type. Raises LookupError if it may not say them."""
    found = next((topic for topic in said_by(app) if event in topic.events), None)
    if found is None:
        raise LookupError(f"{app} is not the producer of a topic with {event.__name__} ({event.type})")
    return found


def intake_of(app: str) -> Topic | None:
    """The topic on which integrators report to this app, or None if it has none."""
    return next((topic for topic in heard_by(app) if topic.kind is Kind.INTAKE), None)


def refusals_of(app: str) -> Topic | None:
    """The topic on which this app tells senders what it refused, or None if it has none."""
    return next((topic for topic in said_by(app) if topic.kind is Kind.REFUSALS), None)


def types() -> Mapping[str, type[Event]]:
    """Every event by its CloudEvents type, in the order of the catalogue."""
    return {event.type: event for topic in TOPICS for event in topic.events}
