"""The relay: one per database sends the outbox, in order, and marks as sent what is acknowledged."""

import asyncio
import math
from collections import Counter
from contextlib import nullcontext

import asyncpg
import structlog

from b40_chassis import metrics, outbox
from b40_chassis.errors import describe
from b40_chassis.frame import Frame
from b40_chassis.packing import Packed
from b40_chassis.sending import Place, Sending

log = structlog.get_logger()

LEADER_LOCK = 0xB40_0001
IDLE_SECONDS = 0.5
DROWSY_SECONDS = 0.2
DROWSY_LOOK_SECONDS = 0.01
"""After the last row the leader looks again at once for a while, before it says that it sleeps and must be woken."""
SEND_SECONDS_MAX = 30
PAUSE_SECONDS = 1.0
TOUCH_SECONDS = 1.0
LEASE_SECONDS = 3.0
"""A leader whose last touch is older than this sends nothing; the server ends its session after 4 s without one."""


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
            timeout=5,
            command_timeout=5,
        )
        try:
            while not await session.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):  # noqa: ASYNC110
                await asyncio.sleep(IDLE_SECONDS)
            self._touched = asyncio.get_running_loop().time()
            session.add_termination_listener(self._lose_lead)
            await session.add_listener(outbox.WAKE_CHANNEL, lambda *_: self._frame.bells.outbox.set())
            self._frame.bells.leading = True
            async with asyncio.TaskGroup() as group:
                touching = group.create_task(self._touch(session))
                await self._send_for_ever()
                touching.cancel()
        finally:
            self._frame.bells.leading = False
            session.terminate()

    def _lose_lead(self, *_: object) -> None:
        """Without its session another may lead at once: nothing more is sent, not even until the next touch."""
        self._touched = -math.inf

    async def _touch(self, session: "asyncpg.Connection[asyncpg.Record]") -> None:
        while True:
            await session.execute("SELECT")
            self._touched = asyncio.get_running_loop().time()
            await asyncio.sleep(TOUCH_SECONDS)

    async def _send_for_ever(self) -> None:
        sending = Sending(self._frame.settings.reach(), self._frame.settings.topic_prefix)
        try:
            while True:
                rows = await self._next_rows()
                await self._send(sending, rows)
        finally:
            await sending.close()

    async def _next_rows(self) -> list[outbox.Row]:
        """Wait for the next rows. After a while without any the relay sleeps, and says so: others must wake it then."""
        loop = asyncio.get_running_loop()
        sleeps_from = loop.time() + DROWSY_SECONDS
        asleep = False
        while True:
            self._frame.bells.outbox.clear()
            async with self._frame.pool.acquire() as connection:
                rows = await outbox.next_rows(connection)
                falls_asleep = not rows and not asleep and loop.time() > sleeps_from
                if falls_asleep or (rows and asleep):
                    asleep = falls_asleep
                    await outbox.note_sleep(connection, asleep=asleep)
            if rows:
                return rows
            if not falls_asleep:  # else look once more: what was committed meanwhile woke nobody
                await self._wait(IDLE_SECONDS if asleep else DROWSY_LOOK_SECONDS)

    async def _wait(self, seconds_max: float) -> None:
        try:
            async with asyncio.timeout(seconds_max):
                await self._frame.bells.outbox.wait()
        except TimeoutError:
            return

    async def _send(self, sending: Sending, rows: list[outbox.Row]) -> None:
        if asyncio.get_running_loop().time() - self._touched > LEASE_SECONDS:
            raise LostLead("this leader was too long without a touch")
        records = [record for row in rows for record in row.records]
        places, refused = await asyncio.wait_for(sending.send(records), SEND_SECONDS_MAX)
        await self._archive(rows, records, places, refused)
        metrics.relayed.add(len(places))

    async def _archive(
        self, rows: list[outbox.Row], records: list[Packed], places: dict[int, Place], refused: dict[int, str]
    ) -> None:
        in_order = [places.get(index, outbox.NOT_SENT) for index in range(len(records))]
        async with (
            self._frame.pool.acquire() as connection,
            connection.transaction() if refused else nullcontext(),  # the archive alone is all or nothing
        ):
            await outbox.archive(connection, rows, in_order)
            if refused:
                await outbox.set_unsendable_aside(connection, refused, records)
        for (topic, reason), count in Counter((records[i].topic, reason) for i, reason in refused.items()).items():
            metrics.unsendable.add(count, topic=topic)
            log.critical("records cannot be sent and are set aside", topic=topic, reason=reason, records=count)
