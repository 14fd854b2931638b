"""``b40 tail`` shows what a person can read, and of what is sealed only that it is there."""

import uuid

import pytest
from b40_contracts.platform import CLOCK, Ticked
from b40_contracts.topic import Kind, Topic, from_now
from b40_infra import tail, topics
from b40_infra.errors import Trouble
from b40_infra.tail import Line
from confluent_kafka import Producer

SEALED = Topic(
    name="solidarity-open-needs",
    kind=Kind.FACTS,
    description="For this test.",
    events=(Ticked,),
    producer="solidarity-needs",
    consumers=from_now("solidarity-matcher"),
    partitions=1,
    sealed=True,
)
HEADERS: list[tuple[str, str | bytes | None]] = [
    ("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"//b40/clock"), ("ce_type", Ticked.type.encode()),
]  # fmt: skip


@pytest.fixture
def prefix(kafka: str) -> str:
    """A prefix of one test's own, with both topics behind it."""
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    topics.ensure(kafka, prefix, (CLOCK, SEALED))
    return prefix


def write(kafka: str, topic: str, value: bytes | None, headers: list[tuple[str, str | bytes | None]]) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, key=b"b40", value=value, headers=headers)
    assert producer.flush(20) == 0


def lines(kafka: str, topic: Topic, prefix: str, count: int) -> list[Line]:
    following = tail.follow(kafka, topic, last=None, prefix=prefix)
    found = (line for line in following if line is not None)
    return [next(found) for _ in range(count)]


def test_of_a_sealed_topic_only_that_something_is_there(kafka: str, prefix: str) -> None:
    """INVARIANT: operations see that, not what. Breaks if key, type or data of a sealed record are shown."""
    write(kafka, prefix + SEALED.name, b'{"household": "secret"}', HEADERS)
    line = lines(kafka, SEALED, prefix, 1)[0]
    assert (line.key, line.what, line.data) == ("", "sealed", "23 bytes")


def test_what_cannot_be_read_is_shown_with_the_reason(kafka: str, prefix: str) -> None:
    """Breaks if one bad record ends the view of all that follow, or if its content is printed raw."""
    write(kafka, prefix + CLOCK.name, b"\xff\xfe", [])
    write(kafka, prefix + CLOCK.name, b'{"clock": "b40"}', HEADERS)
    write(kafka, prefix + CLOCK.name, None, HEADERS)
    unreadable, event, tombstone = lines(kafka, CLOCK, prefix, 3)
    assert (unreadable.what, unreadable.data) == ("unreadable", "specversion: is missing")
    assert (event.key, event.what, event.data) == ("b40", Ticked.type, '{"clock": "b40"}')
    assert tombstone.data == "gone (a tombstone)"


def test_a_topic_that_this_kafka_lacks_is_told_with_what_to_do(kafka: str) -> None:
    """Breaks if a person waits in front of a topic that is not there."""
    with pytest.raises(Trouble, match="clock is in the catalogue but not on this Kafka"):
        next(tail.follow(kafka, CLOCK, last=10, prefix="nowhere-"))
