"""CloudEvents 1.0 as the platform speaks it: Kafka binary and structured, HTTP binary, structured and batch.

What a reader raises is :class:`Malformed` and nothing else, whatever came in. Its reason names the field and
what is wrong with it, never a value of the payload: it may be logged, stored and told to the sender.
"""

from b40_contracts.cloudevents.envelope import CloudEvent, Malformed
from b40_contracts.cloudevents.facts import describe, read
from b40_contracts.cloudevents.http import (
    BATCH_CONTENT_TYPE,
    HttpMessage,
    from_http,
    from_http_batch,
    is_batch,
    to_http,
    to_http_batch,
    to_http_structured,
)
from b40_contracts.cloudevents.kafka import KafkaRecord, from_kafka, to_kafka, to_kafka_structured
from b40_contracts.cloudevents.structured import STRUCTURED_CONTENT_TYPE, from_structured, to_structured

__all__ = [
    "BATCH_CONTENT_TYPE",
    "STRUCTURED_CONTENT_TYPE",
    "CloudEvent",
    "HttpMessage",
    "KafkaRecord",
    "Malformed",
    "describe",
    "from_http",
    "from_http_batch",
    "from_kafka",
    "from_structured",
    "is_batch",
    "read",
    "to_http",
    "to_http_batch",
    "to_http_structured",
    "to_kafka",
    "to_kafka_structured",
    "to_structured",
]
