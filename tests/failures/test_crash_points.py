"""The matrix of crashes: an app is killed at every point between two side effects, and nothing is lost or doubled."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from b40_contracts.cloudevents import describe, to_http

from tests.chassis.library import (
    BookBound,
    BookReported,
    BookShelved,
    LoanOverdue,
    LoanReported,
    ShelfReported,
    Switches,
    library,
)
from tests.support import crashing
from tests.support.copies import Copy
from tests.support.ground import BEGUN, SENDER, Findings, Ground, until
from tests.support.ledger.facts import TransferReported
from tests.support.stage import Stage, moment

MODULE = "tests.support.crashing"


async def has_crashed(copy: Copy) -> None:
    """Wait until a copy has killed itself; one that ended otherwise fails."""

    async def ended() -> bool:
        return not copy.child.alive

    await until(ended, 60)
    assert copy.child.ended_with == -signal.SIGKILL, copy.child.last_words()


@pytest.mark.parametrize("points", [crashing.CONSUMER, crashing.RELAY], ids=["consumer", "relay"])
async def test_the_ledger_is_killed_between_any_two_side_effects(
    kafka: str, postgres: str, tmp_path: Path, points: dict[str, Any]
) -> None:
    """Breaks if effects and positions part, if sending and archiving change places, or if nothing remembers ids."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        for number, point in enumerate(points):
            copy = ground.copy(f"crashes-{number}", module=MODULE, CRASH_APP="ledger", CRASH_AT=point)
            copy.start()
            await ground.give(100, doubled=True)
            await has_crashed(copy)
        await ground.started("goes-on")
        await ground.settled()
        assert await ground.findings() == Findings()


async def test_a_report_by_https_is_taken_once_whenever_the_process_is_killed(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if an answer comes before what it promises, or if what was sent again without an answer counts twice."""
    transfer = TransferReported(account="account-0", number=1, receiver="account-1", amount=1)
    message = to_http(describe(transfer, id="1", source=SENDER, time=BEGUN))
    async with Ground(kafka, postgres, tmp_path) as ground:
        ground.given.last["account-0"] = 1
        for number, point in enumerate(crashing.INTAKE):
            copy = ground.copy(f"crashes-{number}", module=MODULE, CRASH_APP="ledger", CRASH_AT=point)
            copy.start()
            await until(copy.ready, 60)
            for answer in await asyncio.gather(*(post(copy, message) for _ in range(2))):
                assert answer is None, "it was killed before it could answer"
            await has_crashed(copy)
        [copy] = await ground.started("goes-on")
        for answer in await asyncio.gather(*(post(copy, message) for _ in range(2))):
            assert answer == 202
        await ground.settled()
        assert await ground.findings() == Findings()
        [row] = await ground.query(
            "SELECT sum(taken + duplicates) AS sent FROM b40.position WHERE topic = $1", "ledger-intake"
        )
        assert row["sent"] == 1, "it stands in the log once"


async def post(copy: Copy, message: Any) -> int | None:
    """The status of a report, or None if no answer came."""
    async with httpx.AsyncClient(timeout=20) as client:
        try:
            url = f"http://127.0.0.1:{copy.public_port}/intake"
            return (await client.post(url, content=message.body, headers=dict(message.headers))).status_code
        except httpx.TransportError:
            return None


def crashing_library(stage: Stage, folder: Path, point: str) -> Copy:
    """The library of a stage as a process that will kill itself."""
    settings = stage.settings["library"]
    environment = {
        "B40_KAFKA": settings.kafka,
        "B40_DATABASE": settings.database.get_secret_value(),
        "B40_SECRET": settings.secret.get_secret_value(),
        "B40_TOPIC_PREFIX": settings.topic_prefix,
        "CRASH_APP": "library",
        "CRASH_AT": point,
    }
    return Copy(f"library-{point.replace(' ', '-')}", MODULE, folder, environment)


async def crash(stage: Stage, folder: Path, points: Iterable[str], *, tick: bool = False) -> None:
    """Kill the library at one point after another, then have the stage's own go on."""
    for number, point in enumerate(points):
        if tick:
            await stage.tick(f"2022-06-{22 + number}")
        copy = crashing_library(stage, folder, point)
        copy.start()
        try:
            await has_crashed(copy)
        finally:
            copy.end()
    await stage.start("library")
    await stage.quiet()


async def test_a_task_is_finished_once_whenever_its_worker_is_killed(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a claim outlives its copy, or if a task is given up with the process that had it."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.stop("library")
        titles = [f"{number}" for number, _ in enumerate(crashing.WORKER)]
        for title in titles:
            await stage.publish(BookReported(book=title, shelf="s", title="unbound"))
        await crash(stage, tmp_path, crashing.WORKER)
        assert sorted(bound.book for bound in stage.said(BookBound)) == titles


async def test_what_waited_is_released_once_whenever_the_releaser_is_killed(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if what is released leaves the set aside in another transaction than its effects."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for book in ("a", "b", "a", "c"):
            await stage.publish(BookReported(book=book, shelf="late", title="t"))
        await stage.quiet()
        await stage.stop("library")
        await stage.publish(ShelfReported(shelf="late"))
        await crash(stage, tmp_path, crashing.RELEASER)
        assert Counter(shelved.book for shelved in stage.said(BookShelved)) == {"a": 2, "b": 1, "c": 1}
        assert [row["books"] for row in await stage.query("library", "SELECT books FROM shelf")] == [4]


async def test_what_is_due_is_done_once_whenever_the_clock_is_killed(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a tick's position moves before what it brings is done."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        loans = [f"{number}" for number, _ in enumerate(crashing.CLOCK)]
        for number, loan in enumerate(loans):
            await stage.publish(LoanReported(loan=loan, due=moment(f"2022-06-{22 + number}")))
        await stage.tick("2022-06-20")
        await stage.quiet()
        await stage.stop("library")
        await crash(stage, tmp_path, crashing.CLOCK, tick=True)
        assert [overdue.loan for overdue in stage.said(LoanOverdue)] == loans
