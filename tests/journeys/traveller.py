"""Somebody outside the platform: publishes as integrators do, moves the clock, reads mails and answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from aiokafka import AIOKafkaProducer
from b40_chassis.clock import tick
from b40_contracts.cloudevents import CloudEvent, describe, to_http_structured, to_kafka
from b40_contracts.event import Event
from b40_contracts.platform import CLOCK
from b40_infra.local.platform import Platform

SOURCE = "//city.b40.example"


class Traveller:
    """Walks through the platform's public doors only; ``platform`` is there to wait for and to look at."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._producer: AIOKafkaProducer
        self._http: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(timeout=20, trust_env=False)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.platform.kafka, enable_idempotence=True, max_request_size=4_000_000
        )
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()
        await self._http.aclose()

    async def day(self, day: str) -> None:
        """Let the clock reach the start of a day."""
        record = to_kafka(tick(datetime.fromisoformat(day).replace(tzinfo=UTC)))
        await self.record(CLOCK.name, record.value, record.headers, key=record.key)

    async def says(self, topic: str, event: Event, id: str, time: str) -> None:  # noqa: A002
        """Publish an event on an open intake."""
        record = to_kafka(envelope(event, id, time))
        await self.record(topic, record.value, record.headers, key=record.key)

    async def record(
        self, topic: str, value: bytes | None, headers: Sequence[tuple[str, bytes]], key: bytes | None = None
    ) -> None:
        """Write a record, whatever is in it, and wait until the platform has come to rest."""
        await self._producer.send_and_wait(topic, value=value, key=key, headers=list(headers))
        await self.platform.quiet()

    async def posts(self, app: str, event: CloudEvent) -> httpx.Response:
        """Post an event to an app's intake, and wait until the platform has come to rest."""
        message = to_http_structured(event)
        return await self.sends(app, message.body, dict(message.headers))

    async def sends(self, app: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Post any bytes to an app's intake, and wait until the platform has come to rest."""
        answer = await self._http.post(f"{self.public(app)}/intake", content=body, headers=headers)
        await self.platform.quiet()
        return answer

    async def puts(self, app: str, path: str, content: Any) -> httpx.Response:
        """Enter something through a public route."""
        answer = await self._http.put(self.public(app) + path, json=content)
        await self.platform.quiet()
        return answer

    async def asks(self, app: str, path: str) -> Any:
        """What a public route answers."""
        return (await self._http.get(self.public(app) + path)).json()

    async def fate(self, app: str, id: str) -> tuple[str, str]:  # noqa: A002
        """What became of an event that was published under an id, as its sender is told: state and reason."""
        answer = await self.asks(app, f"/intake/{quote(SOURCE, safe='')}/{id}")
        return answer.get("state", answer.get("title")), answer.get("reason", "")

    async def dead_letters(self, app: str) -> list[dict[str, Any]]:
        """What operations sees set aside in an app."""
        answer = await self._http.get(f"{self.platform.addresses.apps[app].operations}/set-aside")
        found: list[dict[str, Any]] = answer.json()
        return found

    def mails_to(self, address: str) -> list[EmailMessage]:
        """The mails caught so far for an address."""
        mails = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(self.platform.mail_folder.glob("*.eml"))
        ]
        return [mail for mail in mails if isinstance(mail, EmailMessage) and address in str(mail["To"])]

    def public(self, app: str) -> str:
        """The public base address of an app."""
        return self.platform.addresses.apps[app].public


def envelope(event: Event, id: str, time: str) -> CloudEvent:  # noqa: A002
    """An event in its envelope, said by the city."""
    return describe(event, id=id, source=SOURCE, time=datetime.fromisoformat(time).replace(tzinfo=UTC))
