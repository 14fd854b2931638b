"""Publishes CloudEvents on Kafka as an integrator does: idempotent, acknowledged by all, keys where others put them."""

from b40_contracts.cloudevents import CloudEvent, to_kafka
from b40_contracts.topic import Topic
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from b40_infra.errors import Trouble
from b40_infra.kafka_client import client
from b40_infra.topics import VALUE_BYTES_MAX

FLUSH_SECONDS_MAX = 30.0
CLIENT_BYTES_MAX = 8 * VALUE_BYTES_MAX
"""More than any topic takes, so that it is the broker that refuses, for everyone alike."""


class Publisher:
    """A producer that keeps the first error and tells it in one line, naming the event."""

    def __init__(self, bootstrap: str, prefix: str = "") -> None:
        self._prefix = prefix
        self._trouble: Trouble | None = None
        self._producer = Producer(
            {
                **client(bootstrap),
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # that of the Java clients and aiokafka: a key has one home
                "linger.ms": 5,
                "message.max.bytes": CLIENT_BYTES_MAX,
                "message.timeout.ms": int(FLUSH_SECONDS_MAX * 1000),
            }
        )

    def publish(self, topic: Topic, event: CloudEvent, *, where: str) -> None:
        """Hand an event over; ``where`` names it in an error, as ``facts.jsonl line 3``. Raises Trouble."""
        record = to_kafka(event)

        def answered(error: KafkaError | None, _message: Message) -> None:
            if error is not None and self._trouble is None:
                self._trouble = Trouble(f"{where} (id {event.id}): {_told(error, topic, record.value)}")

        while True:
            try:
                self._producer.produce(
                    self._prefix + topic.name,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    on_delivery=answered,
                )
                break
            except BufferError:  # more is on its way than the client keeps: wait for some of it
                self._producer.poll(1.0)
            except KafkaException as error:
                raise Trouble(f"{where} (id {event.id}): {_told(error.args[0], topic, record.value)}") from None
        self._producer.poll(0)
        self._raise()

    def flush(self) -> None:
        """Return when the broker has acknowledged all. Raises Trouble with the first error."""
        unsent = self._producer.flush(FLUSH_SECONDS_MAX)
        self._raise()
        if unsent:
            raise Trouble(f"Kafka acknowledged all but {unsent} events within {FLUSH_SECONDS_MAX:.0f} s")

    def _raise(self) -> None:
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble


def _told(error: KafkaError, topic: Topic, value: bytes | None) -> str:
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        size = len(value or b"")
        return f"data has {size:,} bytes, and {topic.name} takes at most {VALUE_BYTES_MAX:,}: make it smaller"
    if error.code() == KafkaError._MSG_TIMED_OUT:
        return "Kafka does not answer"
    return f"{topic.name} refuses it: {error.str()}"
