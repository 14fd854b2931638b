"""Reports that come from outside at a bounded rate, over Kafka and over HTTPS, and go on while something is away.

Each is of something new, so that exactly one announcement follows from it. What was acknowledged is known exactly.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx
from b40_contracts.cloudevents import CloudEvent, describe, to_http_structured, to_kafka
from b40_contracts.event import Event
from b40_contracts.events import DeadlineReported, DeadlineSet
from b40_contracts.registry import WorkingGroupFormed, WorkingGroupReported
from b40_contracts.values import Source
from b40_infra.kafka_client import by_name
from b40_infra.season_read import Announcements
from b40_infra.ways import Ways
from confluent_kafka import KafkaError, Message, Producer

SOURCE = "//load.example/cluster"
HAPPENED = datetime(2026, 11, 2, 12, tzinfo=UTC)
KAFKA_EVENTS_PER_SECOND, HTTPS_EVENTS_PER_SECOND = 20.0, 8.0
TRY_SECONDS_MAX = 10.0
PAUSE_SECONDS = 0.1
ASKED_AT_ONCE, ASKED_MAX = 4, 300


@dataclass(frozen=True, slots=True)
class Report:
    """The event of a number: even ones are for the one app, odd ones for the other."""

    number: int
    name: str

    @property
    def app(self) -> str:
        """Who takes it."""
        return ("events", "registry")[self.number % 2]

    def envelope(self) -> CloudEvent:
        """The event as it is sent."""
        return describe(self._event(), id=self.name, source=SOURCE, time=HAPPENED)

    def _event(self) -> Event:
        if self.app == "events":
            return DeadlineReported(deadline=self.name, name="Something is due", on=date(2027, 11, 2))
        protocol = Source(title="Protocol")
        return WorkingGroupReported(
            group=self.name, names={"en": "Group"}, formed_on=date(2026, 11, 2), source=protocol
        )


class Load:
    """Sends as long as it is entered; ``finish`` returns when all that was begun is acknowledged."""

    def __init__(self, ways: Ways, doors: Mapping[str, Sequence[str]], name: str) -> None:
        self._ways = ways
        self._doors = doors
        self._ways_in = (f"{name}-kafka", f"{name}-https")
        self.acknowledged: dict[str, str] = {}
        """By id, the app that was told."""
        self.longest_pause_seconds = 0.0
        """The longest time in which nothing was acknowledged, between the first and the last."""
        self._last: float | None = None
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(verify=self._ways.trusted, timeout=TRY_SECONDS_MAX, trust_env=False)
        self._producer = Producer(self._settings())
        self._tasks = [asyncio.create_task(self._over_kafka()), asyncio.create_task(self._over_https())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def goes_on(self, events: int, seconds_max: float = 120) -> None:
        """Return when so many more were acknowledged, by each of the two ways in at least one."""
        begun = set(self.acknowledged)
        async with asyncio.timeout(seconds_max):
            while True:
                new = self.acknowledged.keys() - begun
                if len(new) >= events and len({id_.rpartition("-")[0] for id_ in new}) == 2:
                    return
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(PAUSE_SECONDS)

    async def finish(self, seconds_max: float = 120) -> None:
        """End sending; return when all that was begun is acknowledged."""
        self._ending.set()
        async with asyncio.timeout(seconds_max):
            await asyncio.gather(*self._tasks)

    async def fates(self) -> Counter[str]:
        """What became of what was acknowledged, as its sender is told: asked of some, from the first to the last."""
        asking = asyncio.Semaphore(ASKED_AT_ONCE)

        async def fate(id_: str, app: str) -> str:
            async with asking:
                answer = await self._http.get(f"{self._doors[app][0]}/intake/{quote(SOURCE, safe='')}/{id_}")
            return str(answer.json()["state"])

        every = max(1, len(self.acknowledged) // ASKED_MAX)
        asked = list(self.acknowledged.items())[::every]
        return Counter(await asyncio.gather(*(fate(id_, app) for id_, app in asked)))

    def announced(self, found: Announcements) -> Counter[str]:
        """How often each was announced, under ids of its own."""
        groups = [event.group for event in found.of(WorkingGroupFormed)]
        names = [event.deadline for event in found.of(DeadlineSet)] + groups
        return Counter(name for name in names if name.rpartition("-")[0] in self._ways_in)

    async def _over_kafka(self) -> None:
        await self._at(KAFKA_EVENTS_PER_SECOND, self._ways_in[0], self._hand_over)
        while len(self._producer):
            self._producer.poll(0)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _over_https(self) -> None:
        posted: set[asyncio.Task[None]] = set()

        def post(report: Report) -> None:
            task = asyncio.create_task(self._post(report))
            posted.add(task)

        await self._at(HTTPS_EVENTS_PER_SECOND, self._ways_in[1], post)
        await asyncio.gather(*posted)

    async def _at(self, per_second: float, name: str, send: Callable[[Report], None]) -> None:
        begun, number = time.monotonic(), 0
        while not self._ending.is_set():
            send(Report(number, f"{name}-{number}"))
            self._producer.poll(0)
            number += 1
            await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))

    def _hand_over(self, report: Report) -> None:
        def delivered(error: KafkaError | None, _: Message) -> None:
            assert error is None, f"Kafka refused {report.name}: {error}"
            self._note(report)

        record = to_kafka(report.envelope())
        self._producer.produce(
            f"{report.app}-intake", record.value, record.key, headers=list(record.headers), on_delivery=delivered
        )

    async def _post(self, report: Report) -> None:
        """Ask one copy after the other until one has taken it: under the same id that is safe."""
        message = to_http_structured(report.envelope())
        doors = self._doors[report.app]
        number = report.number
        while True:
            url = f"{doors[number // 2 % len(doors)]}/intake"
            number += 2
            try:
                answer = await self._http.post(url, headers=dict(message.headers), content=message.body)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code == httpx.codes.ACCEPTED:
                return self._note(report)
            assert answer.status_code >= 500, answer.text
            await asyncio.sleep(PAUSE_SECONDS)

    def _note(self, report: Report) -> None:
        now = time.monotonic()
        self.longest_pause_seconds = max(self.longest_pause_seconds, now - (self._last or now))
        self._last = now
        self.acknowledged[report.name] = report.app

    def _settings(self) -> dict[str, object]:
        login = self._ways.integrator.login
        assert login is not None, "a cluster asks who comes"
        return {
            **by_name(self._ways.integrator.bootstrap, login.user, login.password(), login.authority),
            "enable.idempotence": True,
            "acks": "all",
            "message.timeout.ms": 0,  # for ever
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "reconnect.backoff.max.ms": 500,
        }
