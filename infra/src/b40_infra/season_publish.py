"""Publishing as an integrator does: CloudEvents on open intakes through Kafka, on sealed ones over HTTPS."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaProducer
from b40_chassis.clock import tick
from b40_contracts.cloudevents import CloudEvent, to_http_structured, to_kafka
from b40_contracts.platform import CLOCK

from b40_infra.errors import Trouble
from b40_infra.season_input import Line
from b40_infra.ways import Ways

ANSWER_SECONDS_MAX = 30.0
PAUSE_SECONDS = 0.1


class Integrator:
    """Publishes events and ticks, and enters recipients; counts what it published.

    A request to an app that is just starting again is repeated for up to 30 seconds, which is harmless: the same
    request gets the same answer.
    """

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self.published = 0
        self._stack: AsyncExitStack
        self._producer: AIOKafkaProducer
        self._clock: AIOKafkaProducer
        self._http: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._http = await stack.enter_async_context(
                httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, trust_env=False, verify=self._ways.trusted)
            )
            self._producer, self._clock = [
                await stack.enter_async_context(
                    AIOKafkaProducer(**kafka.client(), enable_idempotence=True, linger_ms=2)
                )
                for kafka in (self._ways.integrator, self._ways.clock)
            ]
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def publish(self, lines: Sequence[Line]) -> None:
        """Publish these events; return once broker or service has taken each. Raises Trouble for what was not taken."""
        await asyncio.gather(*[self._post(line) for line in lines if line.intake.sealed])
        taken = [await _send(self._producer, line.intake.name, line.event) for line in lines if not line.intake.sealed]
        await asyncio.gather(*taken)
        self.published += len(lines)

    async def tick(self, now: datetime) -> None:
        """Say what time it is."""
        await (await _send(self._clock, CLOCK.name, tick(now)))

    async def enter(self, recipient: Mapping[str, Any]) -> None:
        """Enter a recipient of notices under its opaque ``id``. Raises Trouble if it is not accepted."""
        content = {name: value for name, value in recipient.items() if name != "id"}
        response = await self.call("PUT", "notify", f"/recipients/{recipient['id']}", json=content)
        if response.status_code != httpx.codes.NO_CONTENT:
            raise Trouble(f"recipient {recipient['id']}: notify answers {response.status_code}: {response.text[:300]}")

    async def call(self, method: str, app: str, path: str, **request: Any) -> httpx.Response:
        """Ask an app; again while it cannot be reached or is not ready. Raises Trouble after 30 seconds."""
        ends = asyncio.get_running_loop().time() + ANSWER_SECONDS_MAX
        while True:
            try:
                response = await self._http.request(method, self._ways.public(app) + path, **request)
                if response.status_code < 500:
                    return response
                why = f"answers {response.status_code}: {response.text[:200]}"
            except httpx.TransportError as error:
                why = f"cannot be reached: {error!r}"
            if asyncio.get_running_loop().time() > ends:
                raise Trouble(f"{app} {why} ({method} {path})")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _post(self, line: Line) -> None:
        message = to_http_structured(line.event)
        response = await self.call("POST", line.app, "/intake", headers=dict(message.headers), content=message.body)
        if response.status_code != httpx.codes.ACCEPTED:
            raise Trouble(f"{line.place}: {line.app} answers {response.status_code}: {response.text[:300]}")


async def _send(producer: AIOKafkaProducer, topic: str, event: CloudEvent) -> Awaitable[Any]:
    record = to_kafka(event)
    sending: Awaitable[Any] = await producer.send(topic, value=record.value, key=record.key, headers=record.headers)
    return sending
