"""The reader of announcements: ``python -m tests.benchmarks.reader KAFKA TOPIC PARTITIONS COUNT WHAT``.

It says ``ready``, with ``counts`` also ``warm`` when it has seen a quarter of them, and in the end one line of JSON:
with ``counts`` [moment, how many so far] for each lot, with ``each`` [moment, account, number] for each announcement.
Moments are of the monotonic clock, which all processes of a machine share.
"""

import asyncio
import json
import sys
import time
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

WARM_UP = 0.25
"""This share of the events is not counted: what a virtual machine compiles is compiled by then."""
LOT_MAX = 1_000
LOT_SECONDS_MAX = 0.005
LINE_BYTES_MAX = 1 << 26


class Reader:
    """Starts the process and waits for what it tells."""

    def __init__(self, kafka: str, topic: str, partitions: int, count: int, what: str = "counts") -> None:
        self._arguments = [kafka, topic, str(partitions), str(count), what]
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.reader", *self._arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES_MAX,
        )  # fmt: skip
        assert await self._line() == "ready"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def warm(self, seconds_max: float) -> None:
        """Wait until it has seen the share that is not counted. Raises TimeoutError."""
        async with asyncio.timeout(seconds_max):
            assert await self._line() == "warm"

    async def seen(self, seconds_max: float) -> list[list[Any]]:
        """What it saw, once it has seen all. Raises TimeoutError."""
        async with asyncio.timeout(seconds_max):
            found: list[list[Any]] = json.loads(await self._line())
        return found

    async def _line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _read_counts(consumer: Consumer, count: int) -> list[list[Any]]:
    seen: list[list[Any]] = []
    so_far = 0
    while so_far < count:
        lot = _good(consumer.consume(LOT_MAX, LOT_SECONDS_MAX))
        if lot:
            if so_far < WARM_UP * count <= so_far + len(lot):
                _say("warm")
            so_far += len(lot)
            seen.append([time.monotonic(), so_far])
    return seen


def _read_each(consumer: Consumer, count: int) -> list[list[Any]]:
    seen: list[tuple[float, bytes]] = []
    while len(seen) < count:
        message = consumer.poll(1.0)
        if message is not None and message.error() is None:
            seen.append((time.monotonic(), message.value() or b""))
    told = ((moment, json.loads(value)) for moment, value in seen)
    return [[moment, transfer["account"], transfer["number"]] for moment, transfer in told]


def _good(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.error() is None]


def main(kafka: str, topic: str, partitions: str, count: str, what: str) -> None:
    """Read from the topic's beginning until so many announcements were seen."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "reader",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 10,
            "fetch.queue.backoff.ms": 1,
        }
    )
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(int(partitions))])
    consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)
    _say("ready")
    _say(json.dumps((_read_each if what == "each" else _read_counts)(consumer, int(count))))
    consumer.close()
    sys.stdin.read()  # stays until who reads this has metered it, or has ended


if __name__ == "__main__":
    main(*sys.argv[1:])
