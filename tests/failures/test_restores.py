"""A database that was lost and comes back as it was earlier: the network ends as if nothing had happened."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from b40_chassis import seen

from tests.chassis.library import BookReported, LoanOverdue, LoanReported, Shelf, ShelfReported, Switches, library
from tests.support.backups import back_up, restore
from tests.support.copies import Copy
from tests.support.ground import Findings, Ground, until
from tests.support.stage import Stage, moment

ENDED = "SELECT loan, ended FROM loan ORDER BY loan"
BOOKS = "SELECT book, title, seen FROM book ORDER BY book"
MAIN = "SELECT FROM b40.position WHERE hearing = 'main' FOR UPDATE"


def address(stage: Stage) -> str:
    return stage.settings["library"].database.get_secret_value()


async def shelve(stage: Stage, *books: str, title: str = "t") -> None:
    for book in books:
        await stage.publish(BookReported(book=book, shelf="s", title=title))
    await stage.quiet()


async def pass_day(stage: Stage, day: int) -> None:
    await stage.tick(f"2022-07-{day:02}")
    await stage.quiet()


async def end(stage: Stage) -> Any:
    """How it ends: what the library keeps, each state's last record, and the ids of all facts that were ever said."""
    await stage.quiet()
    states = {one.key: one.event for one in stage.heard if isinstance(one.event, Shelf)}
    said = {one.id for one in stage.heard if one.source == "//b40/library" and one.version is None}
    kept = [[tuple(row) for row in await stage.query("library", each)] for each in (BOOKS, ENDED)]
    return kept, states, said


async def live(stage: Stage, folder: Path) -> Path:
    """Books come, days pass, loans become due; a backup is taken in the middle. Returns it."""
    await stage.publish(ShelfReported(shelf="s"))
    await stage.publish(LoanReported(loan="before", due=moment("2022-07-02")))
    await stage.publish(LoanReported(loan="after", due=moment("2022-07-04")))
    await pass_day(stage, 1)
    await shelve(stage, "a", "b")
    await pass_day(stage, 2)
    backup = await back_up(address(stage), folder)
    for day, book in ((3, "c"), (4, "d"), (5, "e")):
        await shelve(stage, book, f"{book}2")
        await pass_day(stage, day)
    return backup


async def test_what_was_heard_and_said_since_the_backup_is_so_again(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Books, states, due items. Breaks if an id, a business time or a state comes out otherwise the second time."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        backup = await live(stage, tmp_path)
        before = await end(stage)
        assert [loan.loan for loan in stage.said(LoanOverdue)] == ["before", "after"]
        await stage.stop("library")
        await restore(postgres, address(stage), backup)
        await stage.start("library")
        assert await end(stage) == before
        await pass_day(stage, 6)
        await shelve(stage, "f")
        versions = [(one.version, one.event.books) for one in stage.heard if isinstance(one.event, Shelf)]
        assert versions[-1] == (max(version for version, _ in versions if version), 9)


async def test_what_is_heard_again_later_than_the_clock_is_so_again(kafka: str, postgres: str, tmp_path: Path) -> None:
    """All ticks are noted before the first report is heard again. Breaks if time does not wait, or is taken as now."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        backup = await live(stage, tmp_path)
        before = await end(stage)
        await stage.stop("library")
        await restore(postgres, address(stage), backup)
        slow = await asyncpg.connect(address(stage))
        async with slow.transaction():
            await slow.execute(MAIN)
            await stage.start("library")
            await until(lambda: last_tick_noted(slow))
            assert await slow.fetchval("SELECT count(*) FROM book") == 2
        await slow.close()
        assert await end(stage) == before


async def last_tick_noted(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    noted: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM b40.tick WHERE now >= '2022-07-05')")
    return noted


async def test_a_copy_does_nothing_in_a_database_that_is_older_than_what_it_has_seen(
    kafka: str, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes that would show it. Breaks if a worker goes on in it: it would do again what was done since."""
    switches = Switches(failures_left=1_000)
    async with Stage(kafka, postgres, library(switches)) as stage:
        service = stage.services["library"]
        await stage.publish(ShelfReported(shelf="s"))
        await stage.publish(BookReported(book="b", shelf="s", title="unbound"))
        await until(lambda: performed(switches, 1))
        backup = await back_up(address(stage), tmp_path)
        switches.failures_left = 0
        await shelve(stage, "c")
        done = list(switches.performed)
        monkeypatch.setattr(seen, "LOOK_SECONDS", 3_600)
        await service._seen.look(service.frame.pool)
        await restore(postgres, address(stage), backup)
        assert "went back" in await asyncio.wait_for(service.died, 20)
        assert switches.performed == done


async def performed(switches: Switches, times: int) -> bool:
    return len(switches.performed) >= times


async def test_a_lost_ledger_books_again_what_its_backup_did_not_know(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if positions are not part of what is backed up, or if what is said again has other ids."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        (copy,) = await ground.started("a")
        await ground.give(1_000, doubled=True)
        await until(lambda: some_booked(ground, 200))
        backup = await back_up(ground.database, tmp_path)
        await ground.give(1_000)
        await ground.settled()
        copy.kill()
        await restore(postgres, ground.database, backup)
        assert len(await ground.booked()) < 2_000
        copy.start()
        await ground.settled()
        assert await ground.findings() == Findings()


async def test_a_ledger_restored_under_running_copies_starts_anew_and_books_again(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if a copy reads on from where it was: what was booked since the backup would be missing for ever."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        copies = await ground.started("a", "b")
        await ground.give(1_000)
        await until(lambda: some_booked(ground, 200))
        backup = await back_up(ground.database, tmp_path)
        await ground.give(1_000)
        await ground.settled()
        await restore(postgres, ground.database, backup)
        await ended(*copies)
        for copy in copies:
            copy.start()
        await ground.settled()
        assert await ground.findings() == Findings()


async def some_booked(ground: Ground, transfers: int) -> bool:
    return len(await ground.booked()) >= transfers


async def ended(*copies: Copy) -> None:
    """Wait until these copies have ended by themselves."""

    async def all_ended() -> bool:
        return not any(copy.child.alive for copy in copies)

    await until(all_ended, 60)
