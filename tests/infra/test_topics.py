"""Topics are made as the catalogue says, and nothing else happens to them."""

import time
import uuid
from types import SimpleNamespace
from typing import cast

import pytest
from b40_contracts.platform import CLOCK, Ticked, refusals
from b40_contracts.topic import Kind, Topic, from_beginning
from b40_infra import topics
from b40_infra.errors import Trouble
from b40_infra.topics import Alter, Create, Differs
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

STATE = Topic(
    name="registry-cities",
    kind=Kind.STATE,
    description="For this test.",
    events=(Ticked,),
    producer="registry",
    consumers=from_beginning("registry"),
)
DECLARED = (CLOCK, refusals("registry"), STATE)


@pytest.fixture
def prefix() -> str:
    """A prefix of one test's own, so that tests share a Kafka."""
    return f"t{uuid.uuid4().hex[:8]}-"


def test_applying_twice_changes_nothing_the_second_time(kafka: str, prefix: str) -> None:
    """Breaks if plan and apply see a topic's settings differently."""
    admin = topics.admin_client(kafka)
    first = topics.plan(admin, prefix, DECLARED)
    topics.apply(admin, first)
    topics.apply(admin, first)
    assert [change for change in first if isinstance(change, Create)] == first
    assert topics.plan(admin, prefix, DECLARED) == []


def test_time_is_the_brokers_and_tombstones_live_as_long_as_the_memory(kafka: str, prefix: str) -> None:
    """Breaks if a sender's clock could decide how long something is remembered."""
    topics.ensure(kafka, prefix, DECLARED)
    found = settings_of(topics.admin_client(kafka), prefix + STATE.name)
    assert found["message.timestamp.type"] == "LogAppendTime"
    assert found["cleanup.policy"] == "compact"
    assert found["delete.retention.ms"] == str(35 * 86_400_000)
    assert found["max.message.bytes"] == "1048576"


def test_a_setting_that_somebody_changed_is_set_right(kafka: str, prefix: str) -> None:
    """Breaks if drift of a live Kafka goes unseen."""
    topics.ensure(kafka, prefix, DECLARED)
    admin = topics.admin_client(kafka)
    topics.apply(admin, [Alter(prefix + CLOCK.name, "retention.ms", "unset", "1000")])
    wanted = str(35 * 86_400_000)
    assert topics.plan(admin, prefix, DECLARED) == [Alter(prefix + CLOCK.name, "retention.ms", "1000", wanted)]
    topics.ensure(kafka, prefix, DECLARED)
    assert topics.plan(admin, prefix, DECLARED) == []


def test_what_only_a_person_may_resolve_is_told_and_left(kafka: str, prefix: str) -> None:
    """Breaks if partitions are added, which moves keys, or if a foreign topic is deleted."""
    admin = topics.admin_client(kafka)
    strange = [NewTopic(prefix + CLOCK.name, num_partitions=2), NewTopic(prefix + "strange", num_partitions=1)]
    for future in admin.create_topics(strange).values():
        future.result(20)
    wait_until_listed(admin, {prefix + CLOCK.name, prefix + "strange"})
    topics.ensure(kafka, prefix, DECLARED)
    assert topics.plan(admin, prefix, DECLARED) == [
        Differs(prefix + CLOCK.name, "has 2 partitions, the catalogue says 1"),
        Differs(prefix + "strange", "is not in the catalogue"),
    ]


def test_of_a_topic_that_brokers_keep_together_more_than_half_must_have_what_is_acknowledged() -> None:
    """INVARIANT: what is acknowledged outlives any one of three brokers, and two go on."""
    assert topics.settings(STATE, 3)["min.insync.replicas"] == "2"
    assert topics.settings(STATE, 1)["min.insync.replicas"] == "1"
    assert "min.insync.replicas" not in topics.settings(STATE)


def test_how_many_brokers_keep_a_topic_is_planned_and_looked_at(kafka: str, prefix: str) -> None:
    """Breaks if a topic is made, or found, that fewer keep than are wanted, and nobody is told."""
    admin = topics.admin_client(kafka)
    topics.ensure(kafka, prefix, DECLARED)
    assert topics.plan(admin, prefix, [CLOCK], 3)[:1] == [
        Differs(prefix + CLOCK.name, "is kept by 1 brokers, 3 are wanted")
    ]
    in_sync = Alter(prefix + CLOCK.name, "min.insync.replicas", "1", "2")
    assert in_sync in topics.plan(admin, prefix, [CLOCK], 3)
    assert topics.plan(admin, prefix, DECLARED, 1) == []


def test_a_topic_is_not_made_with_fewer_copies_than_are_wanted(kafka: str, prefix: str) -> None:
    """Breaks if one broker alone is taken for three."""
    with pytest.raises(Trouble, match=f"Kafka refuses topic {prefix}clock"):
        topics.ensure(kafka, prefix, [CLOCK], 3)
    assert topics.plan(topics.admin_client(kafka), prefix, [CLOCK]) == [Create(CLOCK, prefix + CLOCK.name)]


def test_partitions_that_a_broker_lacks_are_named() -> None:
    """Breaks if the next broker may be stopped while the last one still catches up."""
    there = {"b": topic_of((1, {1, 2, 3}), (0, {1, 3})), "a": topic_of((0, {2, 1, 3}))}
    assert topics.behind(cast("AdminClient", Listing(there))) == ["b 0"]


class Listing:
    """A Kafka that lists these topics."""

    def __init__(self, there: dict[str, SimpleNamespace]) -> None:
        self._there = there

    def list_topics(self, timeout: float) -> SimpleNamespace:
        assert timeout > 0
        return SimpleNamespace(topics=self._there)


def topic_of(*partitions: tuple[int, set[int]]) -> SimpleNamespace:
    """A topic of three brokers; of each partition who has it whole."""
    return SimpleNamespace(
        partitions={number: SimpleNamespace(replicas=[1, 2, 3], isrs=list(isrs)) for number, isrs in partitions}
    )


def wait_until_listed(admin: AdminClient, names: set[str]) -> None:
    """The broker lists a moment later what its controller has made."""
    deadline = time.monotonic() + 20
    while not names <= set(admin.list_topics(timeout=10).topics):
        assert time.monotonic() < deadline, f"not listed: {names}"
        time.sleep(0.02)


def settings_of(admin: AdminClient, name: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, name)
    entries = admin.describe_configs([resource])[resource].result(20)
    return {entry.name: entry.value for entry in entries.values()}
