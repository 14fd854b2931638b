"""Facts about the platform itself: the passage of time, what was refused, who looked at what is sealed."""

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.topic import Kind, Topic, from_now
from b40_contracts.values import Instant, Text


class Ticked(Event):
    """Time has passed up to ``now``. Said by the clock alone; what is due by then is done by who hears it."""

    type = "org.b40.platform.clock.ticked.v1"
    key = "clock"
    clock: str = Field(default="b40", description="Name of the clock; there is one.")
    now: Instant = Field(description="The time that it is, UTC.")


class EventRefused(Event):
    """A well-formed event was not acceptable; its id is used up, a correction comes under a new one."""

    type = "org.b40.platform.event.refused.v1"
    key = "source"
    source: Text = Field(description="CloudEvents source of the refused event: its sender.")
    id: Text = Field(description="CloudEvents id of the refused event.")
    refused_type: Text = Field(description="CloudEvents type of the refused event.")
    reason: str = Field(description="Why, as a short code of words joined by hyphens, as ``unknown-city``.")
    detail: Text = Field(description="Why, in a sentence that names the field.")


class BreakGlassUsed(Event):
    """Two people had a dead letter of a sealed topic shown. Everybody may know that, and why; not what it says."""

    type = "org.b40.platform.break-glass.used.v1"
    key = "app"
    app: str = Field(description="App that showed it.")
    topic: str = Field(description="Sealed topic that it came on.")
    number: int = Field(description="Its number among what the app has set aside.")
    reason: Text = Field(description="Why, in their words.")
    shown_to: tuple[str, str] = Field(description="Who asked for it, by the names that operations gave them.")


APPS = ("registry", "events", "solidarity-needs", "solidarity-gifts", "solidarity-matcher", "notify")

CLOCK = Topic(
    name="clock",
    kind=Kind.FACTS,
    description="What time it is, once a minute. Everything that is due hangs on it.",
    events=(Ticked,),
    producer="clock",
    consumers=from_now(*APPS),
    partitions=1,
)

TOPICS = (CLOCK,)


def break_glass(app: str) -> Topic:
    """The topic of an app with sealed topics, on which it tells that somebody looked: ``<app>-break-glass``."""
    return Topic(
        name=f"{app}-break-glass",
        kind=Kind.FACTS,
        description=f"Who had something shown that was sealed to {app}, and why.",
        events=(BreakGlassUsed,),
        producer=app,
        consumers=(),
        partitions=1,
    )


def refusals(app: str, *, sealed: bool = False) -> Topic:
    """The refusals topic of an app with an intake: ``<app>-refusals``, keyed by the sender's source."""
    return Topic(
        name=f"{app}-refusals",
        kind=Kind.REFUSALS,
        description=f"What {app} refused, and why, for the senders.",
        events=(EventRefused,),
        producer=app,
        consumers=(),
        partitions=1,
        sealed=sealed,
    )
