"""What happens when partitions come and go: a revocation waits for the batch in flight, an assignment seeks."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener

from b40_chassis import metrics
from b40_chassis.cursor import Cursor
from b40_chassis.guard import Guard

log = structlog.get_logger()

BATCH_WAIT_SECONDS_MAX = 20
"""Below the rebalance time-out of 30 s, above the transaction time-out of 18 s."""


class Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Waits for the batch in flight on revocation; verifies and seeks quiet partitions on assignment.

    The check inside the handler is what protects; this one only spares the first batch of a quiet partition.
    """

    def __init__(
        self,
        cursor: Cursor,
        guard: Guard,
        die: Callable[[str], None],
        consumer: Callable[[], Any],
    ) -> None:
        self._cursor = cursor
        self._guard = guard
        self._die = die
        self._consumer = consumer
        self._began: float | None = None

    async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """Called before partitions go to somebody else."""
        self._cursor.prepared = False
        if not revoked:
            return
        self._began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(BATCH_WAIT_SECONDS_MAX), self._cursor.in_flight:
                self._cursor.forget(self._cursor.bare(revoked))
        except TimeoutError:
            self._cursor.forget(self._cursor.bare(revoked))
            log.warning("revoked while a batch was still running", hearing=self._cursor.hearing)

    async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """Called after partitions came; aiokafka may have handed out records of them already."""
        mine = self._cursor.bare(assigned)
        self._cursor.consumer = self._consumer()
        try:
            await self._guard.settle(mine, remember=False)
            self._cursor.assigned = set(mine)
            self._cursor.prepared = True
            self._count_settled()
        except Exception as error:
            log.exception("an assignment could not be prepared", hearing=self._cursor.hearing)
            self._die(f"{self._cursor.hearing}: no positions for an assignment: {type(error).__name__}")

    def _count_settled(self) -> None:
        began, self._began = self._began, None
        if began is not None:
            metrics.settle_time.record(asyncio.get_running_loop().time() - began, after=metrics.REBALANCE)
