"""A revocation waits for the batch in flight, for so long and no longer; an assignment of nothing counts as one."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from b40_chassis import metrics, rebalance
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.reaching import Kafka
from b40_chassis.rebalance import Rebalance

from tests.chassis.library import INTAKE


class Guard:
    """Settles at once."""

    async def settle(self, partitions: Any, *, remember: bool) -> None:
        """Nothing to verify here."""


def listener() -> tuple[Cursor, Rebalance]:
    cursor = Cursor("main", {INTAKE.name: INTAKE}, "library", "", Offsets(Kafka(""), "", []))
    guard: Any = Guard()
    return cursor, Rebalance(cursor, guard, pytest.fail, lambda: "a consumer")


HERE = [TopicPartition(INTAKE.name, 0)]


async def test_a_revocation_waits_for_the_batch_in_flight() -> None:
    cursor, mine = listener()
    await mine.on_partitions_assigned(HERE)
    cursor.remembered[INTAKE.name, 0] = 7
    await cursor.in_flight.acquire()
    revoking = asyncio.create_task(mine.on_partitions_revoked(HERE))
    done, _ = await asyncio.wait({revoking}, timeout=0.2)
    assert not done
    assert cursor.remembered, "the batch in flight still needs it"
    cursor.in_flight.release()
    await asyncio.wait_for(revoking, 5)
    assert (cursor.remembered, cursor.assigned, cursor.prepared) == ({}, set(), False)


async def test_it_waits_no_longer_than_the_group_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if one slow batch keeps a member out of its group: the others wait for 30 s at most."""
    monkeypatch.setattr(rebalance, "BATCH_WAIT_SECONDS_MAX", 0.05)
    cursor, mine = listener()
    await mine.on_partitions_assigned(HERE)
    await cursor.in_flight.acquire()
    await asyncio.wait_for(mine.on_partitions_revoked(HERE), 5)
    assert cursor.assigned == set()


async def test_a_copy_beyond_the_number_of_partitions_is_prepared_too() -> None:
    cursor, mine = listener()
    await mine.on_partitions_revoked([])
    assert not cursor.prepared
    await mine.on_partitions_assigned([])
    assert cursor.prepared


async def test_a_rebalance_tells_how_long_it_took_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From when partitions were taken until the new ones, be it none, are verified; a first assignment is none."""
    told: list[tuple[float, dict[str, str]]] = []

    class Told:
        def record(self, seconds: float, **labels: str) -> None:
            """Note it."""
            told.append((seconds, labels))

    monkeypatch.setattr(metrics, "settle_time", Told())
    _, mine = listener()
    await mine.on_partitions_revoked([])
    await mine.on_partitions_assigned(HERE)
    assert told == []
    await mine.on_partitions_revoked(HERE)
    await mine.on_partitions_assigned([])
    ((seconds, labels),) = told
    assert 0 <= seconds < 5
    assert labels == {"after": metrics.REBALANCE}
