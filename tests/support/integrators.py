"""Integrators on a stage: known by their state, with keys for HTTPS and keys that sign what comes over Kafka."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import uvicorn
from b40_contracts.cloudevents import CloudEvent, describe, to_kafka
from b40_contracts.event import Event
from b40_contracts.integrators import ApiKey, Integrator, SigningKey
from b40_contracts.signing import signed
from b40_contracts.topic import Kind, Topic, from_beginning
from b40_infra.local import ports
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.stage import Stage, moment

LONG_AGO = datetime(2022, 1, 1, tzinfo=UTC)
TOPIC = "registry-integrators"


@dataclass
class Partner:
    """An integrator with the secret halves of its keys, as only it has them."""

    name: str = "library-desk"
    source: str = "https://desk.example/books"
    api_key: str = "b40_key-of-the-desk"
    signing_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        """The 32 bytes of its public key."""
        return self.signing_key.public_key().public_bytes_raw()

    @property
    def headers(self) -> dict[str, str]:
        """What it shows at the door of an intake."""
        return {"authorization": f"Bearer {self.api_key}"}

    def state(self, revision: int = 1, **changed: Any) -> Integrator:
        """What the registry states of it."""
        fields: dict[str, Any] = {
            "name": self.name,
            "revision": revision,
            "since": LONG_AGO,
            "sources": (self.source,),
            "types": None,
            "cities": None,
            "api_keys": (ApiKey(digest=hashlib.sha256(self.api_key.encode()).hexdigest()),),
            "signing_keys": (SigningKey(public=self.public.hex()),),
            "revoked": None,
        }
        return Integrator(**{**fields, **changed})

    def event(self, fact: Event, id_: str, **changed: Any) -> CloudEvent:
        """An event of its own, not signed."""
        return replace(describe(fact, id=id_, source=self.source, time=moment("2022-06-20")), **changed)

    def signed(self, event: CloudEvent, at: datetime | None = None) -> CloudEvent:
        """The event with its signature."""
        return signed(event, self.signing_key.sign, self.public, at or datetime.now(UTC))


def topic(app: str) -> Topic:
    """The topic of integrators, for an application of tests that is not in the catalogue."""
    return Topic(
        name=TOPIC,
        kind=Kind.STATE,
        description="Integrators.",
        events=(Integrator,),
        producer="registry",
        consumers=from_beginning(app),
        partitions=1,
    )


async def state(stage: Stage, *states: Integrator) -> None:
    """The registry states integrators, and everything comes to rest."""
    for each in states:
        event = describe(each, id=f"{each.name}-{each.revision}", source="//b40/registry", time=moment("2022-06-20"))
        record = to_kafka(replace(event, extensions={"stateversion": str(each.revision)}))
        await stage.publish_raw(TOPIC, record.key, record.value, record.headers)
    await stage.quiet()


async def send(stage: Stage, topic_name: str, event: CloudEvent) -> None:
    """Write an event on a topic, as whoever may write there can."""
    record = to_kafka(event)
    await stage.publish_raw(topic_name, record.key, record.value, record.headers)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Leave the signals to the tests."""
        yield


@asynccontextmanager
async def served(api: Any) -> AsyncIterator[str]:
    """The address of an API on a port of its own, for what is no part of this process."""
    port = ports.free()
    config = uvicorn.Config(api, host=ports.HOST, port=port, log_level="warning", lifespan="off")
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  (uvicorn tells by this alone)
            await asyncio.sleep(0.01)
        yield f"http://{ports.HOST}:{port}"
    finally:
        server.should_exit = True
        await serving
