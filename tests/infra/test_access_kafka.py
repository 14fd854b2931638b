"""Every principal against every topic and group, at a real Kafka: what is not granted is refused."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from aiokafka import errors
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest
from b40_chassis import reaching
from b40_contracts import catalogue
from b40_contracts.platform import APPS
from b40_infra import access, access_plan
from b40_infra.access import Grant, Operation, Resource
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.support.guarded import INTEGRATORS, PRINCIPALS, Guarded, guarded

__all__ = ["guarded"]

TOPICS = {topic.name for topic in catalogue.TOPICS}
GROUPS = [*(f"{app}-{hearing}" for app in APPS for hearing in access.HEARINGS), *INTEGRATORS]
REFUSED_TOPIC = "TOPIC_AUTHORIZATION_FAILED"
NOT_YET = ("NOT_COORDINATOR", "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE")
SECONDS_MAX = 30


def granted(principal: str, operation: Operation, resource: Resource) -> set[str]:
    """The names of what a principal may do this to."""
    every = access.grants(integrators=INTEGRATORS)
    return {
        each.name
        for each in every
        if (each.principal, each.operation, each.resource) == (principal, operation, resource)
    }


def written(settings: Mapping[str, str]) -> set[str]:
    """The topics of the catalogue that take a record from a client."""
    producer = Producer({**settings, "message.timeout.ms": SECONDS_MAX * 1_000})
    said: dict[str, str | None] = {}
    for topic in catalogue.TOPICS:

        def note(error: KafkaError | None, _: object, name: str = topic.name) -> None:
            said[name] = error.name() if error else None

        producer.produce(topic.name, b"{}", b"key", partition=0, on_delivery=note)
    assert producer.flush(SECONDS_MAX) == 0
    assert set(said.values()) <= {None, REFUSED_TOPIC}
    return {name for name, error in said.items() if error is None}


async def read(kafka: reaching.Kafka) -> set[str]:
    """The topics of the catalogue that give a client what is on them, asked for all in one request."""
    client = AIOKafkaClient(**kafka.client())
    try:
        await client.bootstrap()
        (broker,) = client.cluster.brokers()
        wanted = [(name, [(0, 0, 1_024)]) for name in sorted(TOPICS)]
        answer = await client.send(broker.nodeId, FetchRequest(500, 0, 1_048_576, 0, wanted))
    finally:
        await client.close()
    said = {topic: errors.for_code(partitions[0][1]) for topic, partitions in answer.topics}
    assert said.keys() == TOPICS
    assert set(said.values()) <= {errors.NoError, errors.TopicAuthorizationFailedError}
    return {topic for topic, error in said.items() if error is errors.NoError}


def joined(client: AdminClient, topic: str) -> set[str]:
    """The groups of the apps in whose name a client may commit; a coordinator that is not ready yet is asked again."""
    outcomes: dict[str, str | None] = dict.fromkeys(GROUPS, "NOT_COORDINATOR")
    deadline = time.monotonic() + SECONDS_MAX
    while unknown := [group for group, error in outcomes.items() if error in NOT_YET]:
        assert time.monotonic() < deadline, f"no coordinator for {unknown}"
        asked = {group: commit(client, group, topic) for group in unknown}
        outcomes |= {group: refusal(future) for group, future in asked.items()}
    assert set(outcomes.values()) <= {None, "GROUP_AUTHORIZATION_FAILED"}
    return {group for group, error in outcomes.items() if error is None}


def commit(client: AdminClient, group: str, topic: str) -> "Future[Any]":
    """What Kafka says to an offset of a group that a client sets."""
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 0)])
    return next(iter(client.alter_consumer_group_offsets([wanted]).values()))


def refusal(future: "Future[Any]") -> str | None:
    """Why something was refused, by Kafka's name of the error; of offsets it may stand at their partition."""
    try:
        result = future.result(SECONDS_MAX)
    except KafkaException as error:
        return str(error.args[0].name())
    errors_within = [each.error for each in getattr(result, "topic_partitions", ()) if each.error]
    return errors_within[0].name() if errors_within else None


def test_what_is_applied_leaves_nothing_to_do(guarded: Guarded) -> None:
    assert access_plan.plan(guarded.administrator, access.grants(integrators=INTEGRATORS)) == []


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_does_what_it_may_and_nothing_else(guarded: Guarded, principal: str) -> None:
    """Breaks if a grant is missing, or is one too many."""
    settings = guarded.login(principal)
    may_write = granted(principal, Operation.WRITE, Resource.TOPIC)
    may_read = granted(principal, Operation.READ, Resource.TOPIC)
    assert written(settings) == may_write
    assert await read(guarded.reach(principal)) == may_read
    topic = min(may_read, default=catalogue.TOPICS[0].name)
    assert joined(AdminClient(settings), topic) == granted(principal, Operation.READ, Resource.GROUP)


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_only_the_setup_makes_topics_and_nobody_deletes_them(guarded: Guarded, principal: str) -> None:
    """Breaks if somebody else may create a topic, open one to all, or if anybody may delete one."""
    client = AdminClient(guarded.login(principal))
    made = refusal(client.create_topics([NewTopic(f"made-by-{principal}", 1, 1)])[f"made-by-{principal}"])
    assert made == (None if principal == access.SETUP else REFUSED_TOPIC)
    assert refusal(client.delete_topics([catalogue.TOPICS[0].name])[catalogue.TOPICS[0].name]) == REFUSED_TOPIC
    grant = access_plan.binding(Grant(principal, Operation.READ, Resource.GROUP, f"group-of-{principal}"))
    allowed = refusal(client.create_acls([grant])[grant])
    assert allowed == (None if principal == access.SETUP else "CLUSTER_AUTHORIZATION_FAILED")


def test_who_has_no_name_or_a_wrong_password_does_not_come_in(guarded: Guarded) -> None:
    without_certificate = {
        key: value
        for key, value in guarded.secured.administrator.items()
        if key not in ("ssl.certificate.location", "ssl.key.location")
    }
    attempts: list[dict[str, Any]] = [
        guarded.login("registry", "a guess"),
        guarded.login("nobody", "a guess"),
        {"bootstrap.servers": guarded.bootstrap, "log_level": "0"},
        without_certificate,
    ]
    for settings in attempts:
        with pytest.raises(KafkaException):
            AdminClient(settings).list_topics(timeout=2)


def test_what_is_beyond_the_catalogue_is_taken_away(guarded: Guarded) -> None:
    """Breaks if what somebody granted by hand, or a name that is nobody's any more, stays."""
    admin = guarded.administrator
    wanted = access.grants(integrators=INTEGRATORS)
    former = access.grants(integrators={**INTEGRATORS, "former": ["registry-intake"]})
    access_plan.ensure(admin, former, lambda _: "of the former one")
    assert written(guarded.login("former", "of the former one")) == {"registry-intake"}
    assert {str(change) for change in access_plan.plan(admin, wanted)} >= {
        "remove: former",
        "take away: former may write topic registry-intake",
    }
    access_plan.ensure(admin, wanted, guarded.password)
    with pytest.raises(KafkaException):
        AdminClient(guarded.login("former", "of the former one")).list_topics(timeout=2)
