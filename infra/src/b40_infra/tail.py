"""``b40 tail TOPIC``: what is said on a topic, one line each. Of a sealed one only that something is there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from b40_contracts.cloudevents import Malformed, from_kafka
from b40_contracts.topic import Topic
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from b40_infra.errors import Trouble
from b40_infra.kafka_client import ANSWER_SECONDS_MAX, client, said

LOOK_SECONDS = 0.2
QUIET_LOOKS_MAX = 5
"""So many looks without anything new are the end, for who does not want to follow."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record, as a person reads it."""

    appended: str
    partition: int
    offset: int
    key: str
    what: str
    data: str


def follow(bootstrap: str, topic: Topic, *, last: int | None, prefix: str = "") -> Iterator[Line | None]:
    """Lines of a topic: the last so many of each partition (None: all that is kept), then what comes.

    Gives None while nothing comes. Raises Trouble if the topic is not there or Kafka does not answer.
    """
    consumer = Consumer({**client(bootstrap), "group.id": "b40-tail", "enable.auto.commit": False})
    try:
        consumer.assign(_starts(consumer, topic, prefix + topic.name, last))
        while True:
            message = consumer.poll(LOOK_SECONDS)
            yield None if message is None or message.error() is not None else line(topic, message)
    except KafkaException as error:
        raise Trouble(f"cannot read {topic.name}: {said(error)}") from None
    finally:
        consumer.close()


def line(topic: Topic, message: Message) -> Line:
    """A record in words."""
    appended = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    partition, offset = message.partition() or 0, message.offset() or 0
    value = message.value()
    if topic.sealed:
        return Line(appended, partition, offset, "", "sealed", f"{len(value or b'')} bytes")
    raw_key = message.key()
    key = raw_key.decode("utf-8", "replace") if isinstance(raw_key, bytes) else str(raw_key or "")
    headers = [
        (name, raw) for name, raw in dict(message.headers() or []).items() if raw is None or isinstance(raw, bytes)
    ]
    try:
        event = from_kafka(key.encode(), value, headers)
    except Malformed as error:
        return Line(appended, partition, offset, key, "unreadable", f"{error.field}: {error.reason}")
    data = "gone (a tombstone)" if event.data is None else _compact(event.data)
    return Line(appended, partition, offset, key, event.type, data)


def _compact(data: bytes) -> str:
    try:
        return json.dumps(json.loads(data), ensure_ascii=False, separators=(", ", ": "))
    except ValueError:
        return data.decode("utf-8", "replace")


def _starts(consumer: Consumer, topic: Topic, name: str, last: int | None) -> list[TopicPartition]:
    known = consumer.list_topics(name, timeout=ANSWER_SECONDS_MAX).topics[name]
    if known.error is not None:
        raise Trouble(f"{topic.name} is in the catalogue but not on this Kafka: make it with `b40 topics apply`")
    starts = []
    for partition in known.partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=ANSWER_SECONDS_MAX)
        offset = OFFSET_BEGINNING if last is None else max(low, high - last)
        starts.append(TopicPartition(name, partition, offset))
    return starts
