"""Topics as the catalogue declares them: what a Kafka lacks or has otherwise, and how it is put right.

Nothing is ever deleted, and partitions are never added: growing moves keys to other partitions, which would break
the order per key. Such a difference is told and left to a person.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from b40_contracts import catalogue
from b40_contracts.topic import Topic
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from b40_infra.errors import Trouble
from b40_infra.kafka_client import ANSWER_SECONDS_MAX, client, said, settled

DAY_MILLISECONDS = 86_400_000
AS_THE_BROKER_SAYS = -1
"""Copies of a partition: the cluster's own default (KIP-464)."""
IN_SYNC_MIN = "min.insync.replicas"
VALUE_BYTES_MAX = 1_048_576
"""The largest batch of records that a topic takes: 1 MiB."""


@dataclass(frozen=True, slots=True)
class Create:
    """A topic that the catalogue declares and this Kafka lacks."""

    topic: Topic
    name: str

    def __str__(self) -> str:
        return f"make {self.name}: {self.topic.partitions} partitions, {self.topic.kind}"


@dataclass(frozen=True, slots=True)
class Alter:
    """A setting that is otherwise than the catalogue says."""

    name: str
    setting: str
    now: str
    wanted: str

    def __str__(self) -> str:
        return f"set {self.name} {self.setting} to {self.wanted} (is {self.now})"


@dataclass(frozen=True, slots=True)
class Differs:
    """A difference that only a person may resolve."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"left as it is: {self.name} {self.what}"


Change = Create | Alter | Differs


def settings(topic: Topic, replication: int | None = None) -> dict[str, str]:
    """A topic's settings in Kafka, derived from its declaration and from how many brokers keep each partition.

    What more than half of these have is acknowledged, no sooner: so it outlives any one of three brokers, and the other
    two go on.
    """
    kept = str(topic.retention_days * DAY_MILLISECONDS)
    common = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(VALUE_BYTES_MAX)}
    if replication is not None:
        common[IN_SYNC_MIN] = str(replication // 2 + 1)
    if topic.is_state:
        return {**common, "cleanup.policy": "compact", "delete.retention.ms": kept}
    return {**common, "cleanup.policy": "delete", "retention.ms": kept}


def admin_client(bootstrap: str) -> AdminClient:
    """A client that says nothing by itself; errors come with the calls."""
    return AdminClient(client(bootstrap))


def plan(
    admin: AdminClient,
    prefix: str = "",
    topics: Sequence[Topic] = catalogue.TOPICS,
    replication: int | None = None,
) -> list[Change]:
    """What differs between the catalogue and a Kafka. Raises Trouble if Kafka does not answer.

    Without ``replication`` a topic has as many copies as the cluster gives it, and that is not looked at.
    """
    there = _listed(admin)
    declared = {prefix + topic.name: topic for topic in topics}
    changes: list[Change] = [Create(topic, name) for name, topic in declared.items() if name not in there]
    present = {name: topic for name, topic in declared.items() if name in there}
    for name, topic in present.items():
        partitions = len(there[name].partitions)
        if partitions != topic.partitions:
            changes.append(Differs(name, f"has {partitions} partitions, the catalogue says {topic.partitions}"))
        copies = min(len(each.replicas) for each in there[name].partitions.values())
        if replication not in (None, copies):
            changes.append(Differs(name, f"is kept by {copies} brokers, {replication} are wanted"))
    changes += _altered(_settings_of(admin, list(present)), present, replication)
    changes += [
        Differs(name, "is not in the catalogue")
        for name in sorted(there)
        if name.startswith(prefix) and name not in declared and not name.startswith("__")
    ]
    return changes


def apply(admin: AdminClient, changes: Sequence[Change], replication: int | None = None) -> None:
    """Make and set what a plan says. Raises Trouble naming the topic that cannot be put right."""
    new = [
        NewTopic(
            change.name,
            num_partitions=change.topic.partitions,
            replication_factor=replication or AS_THE_BROKER_SAYS,
            config=settings(change.topic, replication),
        )
        for change in changes
        if isinstance(change, Create)
    ]
    if new:
        made = admin.create_topics(new, operation_timeout=ANSWER_SECONDS_MAX)
        settled("topic", made, already="TOPIC_ALREADY_EXISTS")
    entries: dict[str, list[ConfigEntry]] = {}
    for change in changes:
        if isinstance(change, Alter):
            entries.setdefault(change.name, []).append(
                ConfigEntry(change.setting, change.wanted, incremental_operation=AlterConfigOpType.SET)
            )
    resources = [
        ConfigResource(ResourceType.TOPIC, name, incremental_configs=wanted) for name, wanted in entries.items()
    ]
    if resources:
        settled("topic", _by_name(admin.incremental_alter_configs(resources, request_timeout=ANSWER_SECONDS_MAX)))
    _wait_until_seen(admin, changes)


def ensure(
    bootstrap: str,
    prefix: str = "",
    topics: Sequence[Topic] = catalogue.TOPICS,
    replication: int | None = None,
) -> list[Change]:
    """Plan and apply in one go; returns what differed."""
    admin = admin_client(bootstrap)
    changes = plan(admin, prefix, topics, replication)
    apply(admin, changes, replication)
    return changes


def behind(admin: AdminClient) -> list[str]:
    """Partitions that not every broker which should keep them has whole, of all topics that may be seen.

    Raises Trouble if Kafka does not answer.
    """
    return [
        f"{name} {number}"
        for name, topic in sorted(_listed(admin).items())
        for number, partition in sorted(topic.partitions.items())
        if set(partition.isrs) < set(partition.replicas)
    ]


def _listed(admin: AdminClient) -> Mapping[str, TopicMetadata]:
    try:
        found: Mapping[str, TopicMetadata] = admin.list_topics(timeout=ANSWER_SECONDS_MAX).topics
    except KafkaException as error:
        raise Trouble(f"Kafka does not answer ({said(error)}): does it run, and is its address right?") from None
    return found


def _wait_until_seen(admin: AdminClient, changes: Sequence[Change]) -> None:
    """Return when the broker shows what its controller has already taken: it follows a moment later."""
    made = {change.name for change in changes if isinstance(change, Create)}
    wanted = {(change.name, change.setting): change.wanted for change in changes if isinstance(change, Alter)}
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while True:
        unseen = made - set(admin.list_topics(timeout=ANSWER_SECONDS_MAX).topics)
        shown = _settings_of(admin, sorted({name for name, _ in wanted}))
        unseen |= {name for (name, setting), value in wanted.items() if shown[name].get(setting) != value}
        if not unseen:
            return
        if time.monotonic() > deadline:
            raise Trouble(f"Kafka does not show what was made or set of {', '.join(sorted(unseen))}")
        time.sleep(0.02)


def _altered(
    now: Mapping[str, Mapping[str, str]], present: Mapping[str, Topic], replication: int | None
) -> list[Change]:
    return [
        Alter(name, setting, now[name].get(setting, "unset"), wanted)
        for name, topic in present.items()
        for setting, wanted in settings(topic, replication).items()
        if now[name].get(setting) != wanted
    ]


def _settings_of(admin: AdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    answers = settled("topic", _by_name(admin.describe_configs(resources, request_timeout=ANSWER_SECONDS_MAX)))
    return {name: {entry.name: entry.value for entry in entries.values()} for name, entries in answers.items()}


def _by_name(futures: Mapping[ConfigResource, "Future[Any]"]) -> dict[str, "Future[Any]"]:
    return {resource.name: future for resource, future in futures.items()}
