"""The relay: one per database sends the outbox, in order, and deletes what is acknowledged."""

import asyncio
import json
from collections.abc import Sequence

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer

from b40_chassis import metrics
from b40_chassis.errors import describe
from b40_chassis.frame import Frame

log = structlog.get_logger()

LEADER_LOCK = 0xB40_0001
ROWS_MAX = 200
RECORDS_MAX = 10_000
BYTES_MAX = 8_000_000
IDLE_SECONDS = 0.5
SEND_SECONDS_MAX = 30
PAUSE_SECONDS = 1.0
TOUCH_SECONDS = 1.0
LEASE_SECONDS = 3.0
"""A leader whose last touch is older than this sends nothing; the server ends its session after 4 s without one."""

Row = asyncpg.Record


class LostLead(Exception):
    """The session that holds the lead is gone or too old."""


class Relay:
    """Sends the outbox. Copies stand by until the leader's session ends."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._touched = 0.0

    async def run(self) -> None:
        """Lead or stand by, until cancelled; any failure begins anew with a new session and a new producer."""
        while True:
            try:
                await self._lead()
            except Exception as error:
                metrics.relay_failures.add(1)
                log.warning("the relay begins anew", error=describe(error))
                await asyncio.sleep(PAUSE_SECONDS)

    async def _lead(self) -> None:
        session = await asyncpg.connect(
            self._frame.settings.database.get_secret_value(),
            server_settings={"idle_session_timeout": "4s", "application_name": "b40 relay"},
            command_timeout=5,
        )
        try:
            while not await session.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):  # noqa: ASYNC110
                await asyncio.sleep(IDLE_SECONDS)
            self._touched = asyncio.get_running_loop().time()
            async with asyncio.TaskGroup() as group:
                touching = group.create_task(self._touch(session))
                await self._send_for_ever()
                touching.cancel()
        finally:
            session.terminate()

    async def _touch(self, session: "asyncpg.Connection[asyncpg.Record]") -> None:
        while True:
            await session.execute("SELECT")
            self._touched = asyncio.get_running_loop().time()
            await asyncio.sleep(TOUCH_SECONDS)

    async def _send_for_ever(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._frame.settings.kafka, enable_idempotence=True, max_request_size=2_000_000
        )
        try:
            await asyncio.wait_for(producer.start(), SEND_SECONDS_MAX)
            while True:
                self._frame.bells.outbox.clear()
                rows = await self._next_rows()
                if rows:
                    await asyncio.wait_for(self._send(producer, rows), SEND_SECONDS_MAX)
                    await self._delete(rows)
                else:
                    await self._wait()
        finally:
            await asyncio.wait_for(producer.stop(), SEND_SECONDS_MAX)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._frame.bells.outbox.wait()
        except TimeoutError:
            return

    async def _next_rows(self) -> list[Row]:
        rows = await self._frame.pool.fetch("SELECT * FROM b40.outbox ORDER BY id LIMIT $1", ROWS_MAX)
        records = size = 0
        taken: list[Row] = []
        for row in rows:
            records, size = records + len(row["topics"]), size + row["size"]
            if taken and (records > RECORDS_MAX or size > BYTES_MAX):
                break
            taken.append(row)
        return taken

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> None:
        if asyncio.get_running_loop().time() - self._touched > LEASE_SECONDS:
            raise LostLead("this leader was too long without a touch")
        sent = []
        prefix = self._frame.settings.topic_prefix
        for row in rows:
            for topic, key, payload, headers in zip(
                row["topics"], row["keys"], row["payloads"], row["headers"], strict=True
            ):
                pairs = [(name, value.encode()) for name, value in json.loads(headers)]
                sent.append(await producer.send(prefix + topic, payload, key=key, headers=pairs))
        await asyncio.gather(*sent)
        metrics.relayed.add(len(sent))

    async def _delete(self, rows: Sequence[Row]) -> None:
        await self._frame.pool.execute("DELETE FROM b40.outbox WHERE id = ANY($1)", [row["id"] for row in rows])
