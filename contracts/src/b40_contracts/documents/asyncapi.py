"""The AsyncAPI 3 document of the catalogue, with Kafka bindings 0.4.0."""

import inspect
from collections.abc import Sequence
from typing import Any

from b40_contracts.event import Event
from b40_contracts.topic import Kind, Start, Topic

BINDING_VERSION = "0.4.0"
DAY_MS = 24 * 60 * 60 * 1_000

DESCRIPTION = """\
Events of the B40 Balkan Cities Network. Every record is a CloudEvent 1.0 in binary mode: attributes as `ce_` headers, \
the data as JSON in the value, the subject as the key. Structured mode is read too. Report facts on an intake topic; \
follow what is announced on the others. A sealed topic is encrypted for its consumers; a sealed intake is reached over \
HTTPS alone (`POST /intake`)."""

SEALED = " Sealed: the value is encrypted, the key hashed; messages are described as their consumers read them."

HEADERS: dict[str, str] = {
    "ce_specversion": "Version of CloudEvents, 1.0.",
    "ce_id": "Id of the event, unique for its source: the same id again is the same event again, and is dropped.",
    "ce_source": "Who says it, as a URI reference.",
    "ce_type": "Type of the event, with its version.",
    "ce_time": "When it happened in business time, RFC 3339 with its offset from UTC.",
    "ce_subject": "The value of the key field; may be left out.",
    "ce_stateversion": "On a state topic: the version of the key's state, a whole number that rises.",
    "ce_correlationid": "Id of the event that began the story. Never on a sealed topic.",
    "ce_causationid": "Id of the event that this one follows from. Never on a sealed topic.",
    "ce_traceparent": "W3C trace context. Never on a sealed topic.",
    "ce_signature": "On an intake: Ed25519 signature of the event (RFC 8032), base64. How: b40_contracts/signing.py.",
    "ce_signaturekey": "On an intake: id of the key that signed.",
    "ce_signaturetime": "On an intake: when it was signed, RFC 3339 in UTC.",
    "content-type": "application/json",
}
REQUIRED_HEADERS = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"]


def asyncapi(topics: Sequence[Topic], version: str) -> dict[str, Any]:
    """The document: a channel per topic, an operation per app that says or hears it, a message per event."""
    events = {event.type: event for topic in topics for event in topic.events}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "B40 Balkan Cities Network", "version": version, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{host}",
                "protocol": "kafka",
                "description": "The network's Kafka; on one's own machine, that of `b40 up`.",
                "variables": {"host": {"default": "localhost:9392", "description": "Host and port."}},
                "bindings": {"kafka": {"bindingVersion": BINDING_VERSION}},
            }
        },
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {name: operation for topic in topics for name, operation in _operations(topic).items()},
        "components": {
            "messages": {type_: _message(events[type_]) for type_ in sorted(events)},
            "messageTraits": {"cloudevent": _trait()},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    kept_ms = topic.retention_days * DAY_MS
    policy = {"cleanup.policy": ["compact"], "delete.retention.ms": kept_ms}
    if not topic.is_state:
        policy = {"cleanup.policy": ["delete"], "retention.ms": kept_ms}
    return {
        "address": topic.name,
        "title": topic.name,
        "description": topic.description + (SEALED if topic.sealed else ""),
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.type}"} for event in topic.events},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": policy,
                "bindingVersion": BINDING_VERSION,
            }
        },
        "x-kind": str(topic.kind),
        "x-sealed": topic.sealed,
        "x-producer": topic.producer,
        "x-consumers": {consumer.app: str(consumer.start) for consumer in topic.consumers},
    }


def _operations(topic: Topic) -> dict[str, Any]:
    """From the platform's side: its apps receive what integrators report, and send what they announce."""
    channel = {"$ref": f"#/channels/{topic.name}"}
    said = {}
    if topic.kind is not Kind.INTAKE:
        summary = f"{topic.producer} announces on {topic.name}."
        said = {f"{topic.producer}.sends.{topic.name}": {"action": "send", "channel": channel, "summary": summary}}
    heard = {
        f"{consumer.app}.receives.{topic.name}": {
            "action": "receive",
            "channel": channel,
            "summary": f"{consumer.app} hears {topic.name}, {_start(consumer.start)}.",
        }
        for consumer in topic.consumers
    }
    return said | heard


def _start(start: Start) -> str:
    return "from the beginning of what is kept" if start is Start.BEGINNING else "from when it first came"


def _message(event: type[Event]) -> dict[str, Any]:
    documentation = inspect.cleandoc(event.__doc__ or "")
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": documentation.partition("\n")[0],
        "description": documentation,
        "payload": {"$ref": f"./schemas/{event.type}.json"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"The value of `{event.key}` in the data."},
                "bindingVersion": BINDING_VERSION,
            }
        },
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
    }


def _trait() -> dict[str, Any]:
    return {
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": REQUIRED_HEADERS,
            "properties": {name: {"type": "string", "description": told} for name, told in HEADERS.items()},
        },
    }
