"""A process that makes no progress although there is something to do ends with a reason; one that waits does not."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.relay import Relay
from b40_chassis.service import Service
from b40_chassis.watchdog import Watchdog
from structlog.testing import capture_logs

from tests.chassis.library import BookReported, ShelfReported, Switches, library
from tests.support.stage import Stage

LOOKS_MAX = 12
"""60 s of patience, a look every 5 s."""
MUCH = 10


@pytest.fixture(autouse=True)
def _looks_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def for_ever(self: Watchdog) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Watchdog, "run", for_ever)


async def reason_after(service: Service, looks: int) -> str | None:
    """Look so often, without a pause. Returns why the process ends, if it does."""
    for _ in range(looks):
        await service.watchdog.look()
    return service.died.result() if service.died.done() else None


def cursor(service: Service, hearing: str) -> Cursor:
    return next(each for each in service.watchdog._all() if each.hearing == hearing)


async def at_the_gate(stage: Stage, switches: Switches) -> Service:
    """A batch is in flight and nothing moves."""
    await stage.publish(ShelfReported(shelf="s"))
    await stage.quiet()
    await stage.publish(BookReported(book="g", shelf="s", title="gate"))
    await switches.at_gate.wait()
    return stage.services["library"]


async def test_lag_without_progress_ends_the_process(kafka: str, postgres: str) -> None:
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        service = await at_the_gate(stage, switches)
        assert await reason_after(service, LOOKS_MAX) is None
        assert "main has lag and made no progress for 65 s" in (await reason_after(service, 1) or "")
        async with stage.operations("library") as client:
            answer = await client.get("/live")
            assert (answer.status_code, answer.json()["reason"]) == (503, service.died.result())
        switches.gate.set()


async def test_progress_and_rest_end_nothing(kafka: str, postgres: str) -> None:
    """Breaks if looks are counted that saw another position: a long backlog would end the process."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        service = stage.services["library"]
        assert await reason_after(service, MUCH * LOOKS_MAX) is None, "there is nothing to do"
        await at_the_gate(stage, switches)
        assert await reason_after(service, LOOKS_MAX) is None
        switches.gate.set()
        await stage.quiet()
        switches.at_gate.clear()
        switches.gate.clear()
        await stage.publish(BookReported(book="g", shelf="s", title="gate"))
        await stage.publish(BookReported(book="h", shelf="s", title="gate"))
        await switches.at_gate.wait()
        assert await reason_after(service, LOOKS_MAX) is None
        switches.gate.set()
        async with stage.operations("library") as client:
            assert (await client.get("/live")).status_code == 200


async def test_lag_on_a_stopped_partition_ends_nothing(kafka: str, postgres: str) -> None:
    """A tick waits for it: that is an alarm, and no reason to end."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        service = await at_the_gate(stage, switches)
        clock = cursor(service, "clock")
        await stage.tick("2022-07-01")
        async with asyncio.timeout(20):
            while not await stage.query("library", "SELECT FROM b40.tick"):  # noqa: ASYNC110  (in the database)
                await asyncio.sleep(0.02)
            while not (clock.in_flight.locked() and clock.remembered):  # noqa: ASYNC110  (first it only settles)
                await asyncio.sleep(0.02)
        service.watchdog._standings = _stopped(service)  # type: ignore[method-assign]
        with capture_logs() as logs:
            assert await reason_after(service, 2 * LOOKS_MAX) is None
            assert not [each for each in logs if each["event"] == "a tick waits"]
            assert await reason_after(service, 5 * LOOKS_MAX) is None
        assert {each["log_level"] for each in logs if each["event"] == "a tick waits"} == {"critical"}
        switches.gate.set()


def _stopped(service: Service) -> Any:
    """As if every partition of *main* were stopped; a row is locked by the batch in flight."""
    standings = service.watchdog._standings

    async def look(of: Cursor) -> Any:
        found, ends = await standings(of)
        if of.hearing == "main":
            found = {each: replace(standing, stopped="by hand") for each, standing in found.items()}
        return found, ends

    return look


async def test_a_batch_that_postgresql_fails_is_given_much_more_time(kafka: str, postgres: str) -> None:
    """Breaks if a full disk or a lock ends the process every minute: a restart does not make room."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        service = await at_the_gate(stage, switches)
        cursor(service, "main").failures = 1
        assert await reason_after(service, MUCH * LOOKS_MAX) is None
        assert "main has lag" in (await reason_after(service, 1) or "")
        switches.gate.set()


async def test_what_cannot_be_looked_at_is_not_judged_for_long(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Offsets, partitions: Collection[Any]) -> dict[Any, int]:
        raise KafkaConnectionError("the broker is away")

    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        service = await at_the_gate(stage, switches)
        monkeypatch.setattr(Offsets, "ends", away)
        assert await reason_after(service, MUCH * LOOKS_MAX) is None
        assert "could not be looked at" in (await reason_after(service, 1) or "")
        monkeypatch.undo()
        switches.gate.set()


def coordination(service: Service) -> Any:
    return the_consumer(service)._coordinator._coordination_task


def cluster(service: Service) -> Any:
    return the_consumer(service)._client._sync_task


def cluster_of_offsets(service: Service) -> Any:
    return service.watchdog._offsets._consumer._client._sync_task


def the_consumer(service: Service) -> Any:
    return cursor(service, "main").consumer


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (coordination, "the membership of main has ended"),
        (cluster, "the membership of main has ended"),
        (cluster_of_offsets, "looking up offsets has ended"),
    ],
)
async def test_a_task_of_aiokafka_that_has_ended_ends_the_process_at_once(
    kafka: str, postgres: str, task: Callable[[Service], Any], reason: str
) -> None:
    """TRAP: when one of them dies FastStream logs it and sleeps for ever, or everybody waits for what never comes."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        service = stage.services["library"]
        assert await reason_after(service, 1) is None
        task(service).cancel()
        await asyncio.wait({task(service)})
        assert reason in (await reason_after(service, 1) or "")


async def test_a_heart_that_stopped_ends_the_process_and_one_that_rests_does_not(kafka: str, postgres: str) -> None:
    """Breaks if an error of the heartbeats goes unseen: from then on every look for records raises it again."""

    async def fails() -> None:
        raise KafkaConnectionError("an error that aiokafka does not expect there")

    async def ends() -> None:
        return None

    async with Stage(kafka, postgres, library(Switches())) as stage:
        service = stage.services["library"]
        coordinator = the_consumer(service)._coordinator
        beating = coordinator._heartbeat_task
        coordinator._heartbeat_task = asyncio.ensure_future(ends())
        await asyncio.wait({coordinator._heartbeat_task})
        assert await reason_after(service, 1) is None, "the member joins anew"
        coordinator._heartbeat_task = asyncio.ensure_future(fails())
        await asyncio.wait({coordinator._heartbeat_task})
        assert "the membership of main has ended" in (await reason_after(service, 1) or "")
        coordinator._heartbeat_task = beating


async def test_a_tick_that_the_consumer_does_not_hand_out_ends_the_process(kafka: str, postgres: str) -> None:
    """Breaks if only what a tick waits for is watched over: time stood still for ever, and nothing said so."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        service = stage.services["library"]
        clock = cursor(service, "clock")
        assert clock.consumer is not None
        clock.consumer.pause(*clock.consumer.assignment())
        await stage.tick("2022-07-01")
        async with asyncio.timeout(20):
            while not await stage.query("library", "SELECT FROM b40.tick"):  # noqa: ASYNC110  (in the database)
                await asyncio.sleep(0.02)
        assert await reason_after(service, LOOKS_MAX) is None
        assert "a tick waits that" in (await reason_after(service, 1) or "")


@pytest.mark.parametrize("hearing", ["main", "clock"])
async def test_no_assignment_for_long_ends_the_process(kafka: str, postgres: str, hearing: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        service = stage.services["library"]
        cursor(service, hearing).prepared = False
        assert await reason_after(service, LOOKS_MAX) is None
        assert f"{hearing} has no assignment" in (await reason_after(service, 1) or "")


async def test_a_relay_that_leaves_the_outbox_full_ends_the_process(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(self: Relay, *others: Any) -> None:
        await asyncio.Event().wait()

    async with Stage(kafka, postgres, library(Switches())) as stage:
        service = stage.services["library"]
        await stage.quiet()
        monkeypatch.setattr(Relay, "_send", hangs)
        await stage.publish(ShelfReported(shelf="s"))
        async with asyncio.timeout(20):
            while not await stage.query("library", "SELECT FROM b40.outbox WHERE sent IS NULL"):  # noqa: ASYNC110  (there)
                await asyncio.sleep(0.02)
        assert await reason_after(service, LOOKS_MAX) is None
        assert "the relay made no progress" in (await reason_after(service, 1) or "")


async def test_a_task_that_ends_ends_the_process(kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a relay that returned, or raised, is not noticed: nothing would be announced any more."""

    async def returns(self: Relay) -> None:
        return None

    monkeypatch.setattr(Relay, "run", returns)
    async with Stage(kafka, postgres, library(Switches())) as stage:
        service = stage.services["library"]
        assert "a task ended" in await asyncio.wait_for(service.died, 10)
