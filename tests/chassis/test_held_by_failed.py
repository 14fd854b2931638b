"""What could be read but not processed holds its key on its topic until it is replayed or discarded (design 5.6)."""

from collections.abc import Sequence
from pathlib import Path

from b40_chassis.application import Application
from b40_chassis.hears import Heard, Hears
from b40_chassis.work import Work

from tests.chassis.library import TOPICS, BookReported, BookShelved, PageReported, Shelf, ShelfReported, Switches
from tests.chassis.library import library as the_library
from tests.support.stage import Stage


def shelved(stage: Stage, book: str) -> list[str]:
    return [each.title for each in stage.said(BookShelved) if each.book == book]


async def states(stage: Stage) -> list[str]:
    return [row["state"] for row in await stage.query("library", 'SELECT state FROM b40.set_aside ORDER BY "offset"')]


async def dead(stage: Stage) -> int:
    (row,) = await stage.query("library", "SELECT id FROM b40.set_aside WHERE state IN ('failed', 'unreadable')")
    return int(row["id"])


async def repair(stage: Stage, what: str, number: int) -> str:
    async with stage.operations("library") as operations:
        answer = await operations.post(f"/set-aside/{number}/{what}", json={"reason": "it was torn"})
    await stage.quiet()
    return str(answer.json()["result"])


async def publish_books(stage: Stage, *titles: str, book: str = "b") -> None:
    for title in titles:
        await stage.publish(BookReported(book=book, shelf="s", title=title))


async def in_one_batch(stage: Stage) -> None:
    """One is applied, one fails, two come after it, and one of another key; all in the batch of a new start."""
    await stage.publish(ShelfReported(shelf="s"))
    await stage.quiet()
    await stage.stop("library")
    await publish_books(stage, "before", "crash", "second", "third")
    await publish_books(stage, "free", book="other")
    await stage.start("library")
    await stage.quiet()


async def test_later_events_of_a_failed_ones_key_wait_behind_it_and_follow_its_replay_in_order(
    kafka: str, postgres: str
) -> None:
    """Breaks if one of its batch or of a later one overtakes, or if an earlier one or another key is held."""
    switches = Switches()
    async with Stage(kafka, postgres, the_library(switches)) as stage:
        await in_one_batch(stage)
        await publish_books(stage, "fourth")
        await publish_books(stage, "free too", book="other")
        await stage.quiet()
        assert (shelved(stage, "b"), shelved(stage, "other")) == (["before"], ["free", "free too"])
        assert await states(stage) == ["failed", "behind", "behind", "behind"]

        assert (await repair(stage, "replay", await dead(stage))).startswith("failed again")
        assert shelved(stage, "b") == ["before"], "a replay that fails again lets nothing go"
        switches.crashing.clear()
        assert await repair(stage, "replay", await dead(stage)) == "applied"
        assert shelved(stage, "b") == ["before", "crash", "second", "third", "fourth"]
        assert await states(stage) == []


async def test_what_is_discarded_lets_go_of_its_key(kafka: str, postgres: str) -> None:
    """Breaks if later batches do not know what failed, or if their events stay behind an event that was given up."""
    async with Stage(kafka, postgres, the_library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        for titles in (["before", "crash"], ["second", "third"]):
            await publish_books(stage, *titles)
            await stage.quiet()
        assert shelved(stage, "b") == ["before"]
        assert await repair(stage, "discard", await dead(stage)) == "discarded"
        assert shelved(stage, "b") == ["before", "second", "third"]
        assert await states(stage) == ["discarded"]
        await publish_books(stage, "fourth")
        await stage.quiet()
        assert shelved(stage, "b") == ["before", "second", "third", "fourth"]


async def test_the_next_one_that_fails_on_release_holds_the_rest(kafka: str, postgres: str) -> None:
    """Breaks if what is released passes another failure of its key."""
    async with Stage(kafka, postgres, the_library(Switches(crashing={"crash", "second"}))) as stage:
        await in_one_batch(stage)
        await repair(stage, "discard", await dead(stage))
        assert shelved(stage, "b") == ["before"]
        assert await states(stage) == ["discarded", "failed", "behind"]
        await repair(stage, "discard", await dead(stage))
        assert shelved(stage, "b") == ["before", "third"]


async def test_a_batch_handlers_failure_holds_its_key_too(kafka: str, postgres: str) -> None:
    """Breaks if the halves of a bisection, each a transaction of its own, do not know what failed in the other."""
    async with Stage(kafka, postgres, the_library(Switches())) as stage:
        await stage.stop("library")
        for number in range(1, 15):
            await stage.publish(PageReported(book=f"b{number % 2}", number=-1 if number == 7 else number))
        await stage.start("library")
        await stage.quiet()
        pages = "SELECT number FROM page ORDER BY number"
        assert [row["number"] for row in await stage.query("library", pages)] == [1, 2, 3, 4, 5, 6, 8, 10, 12, 14]
        await repair(stage, "discard", await dead(stage))
        assert [row["number"] for row in await stage.query("library", pages)] == [*range(1, 7), *range(8, 15)]


async def test_a_batch_handlers_failure_on_release_is_the_faulty_ones_alone(kafka: str, postgres: str) -> None:
    """Breaks if the first of what is released is blamed for another that fails in the same call of its handler."""
    async with Stage(kafka, postgres, the_library(Switches())) as stage:
        for number in (1, -1, 2, 3, 4, -5, 6, 7):
            await stage.publish(PageReported(book="b", number=number))
        await stage.quiet()
        await repair(stage, "discard", await dead(stage))
        pages = "SELECT number FROM page ORDER BY number"
        assert [row["number"] for row in await stage.query("library", pages)] == [1, 2, 3, 4]
        assert await states(stage) == ["discarded", "failed", "behind", "behind"]
        await repair(stage, "discard", await dead(stage))
        assert [row["number"] for row in await stage.query("library", pages)] == [1, 2, 3, 4, 6, 7]


async def test_a_duplicate_that_was_held_is_counted_when_it_is_let_go(kafka: str, postgres: str) -> None:
    """Breaks if the counts of what was taken do not balance with the log: applied, duplicates, refused, set aside."""
    async with Stage(kafka, postgres, the_library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        for title in ("before", "crash", "after"):
            await stage.publish(BookReported(book="b", shelf="s", title=title), id=title)
        for title in ("before", "after"):
            await stage.publish(BookReported(book="b", shelf="s", title=title), id=title)
        await stage.quiet()
        await repair(stage, "discard", await dead(stage))
        counts = await stage.query(
            "library", "SELECT sum(taken) AS taken, sum(duplicates) AS again FROM b40.position WHERE hearing = 'main'"
        )
        assert (shelved(stage, "b"), await states(stage)) == (["before", "after"], ["discarded"])
        assert dict(counts[0]) == {"taken": 4, "again": 2}


async def test_what_cannot_be_read_holds_nothing(kafka: str, postgres: str) -> None:
    """Breaks if bytes that never were an event hold up the events of whoever's key they carry."""
    async with Stage(kafka, postgres, the_library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.publish_raw("library-intake", b"b", b"{", [])
        await publish_books(stage, "free")
        await stage.quiet()
        assert shelved(stage, "b") == ["free"]
        assert await states(stage) == ["unreadable"]


def reader(heard_books: list[int]) -> Application:
    """An app that hears shelves and fails for one with a single book."""
    hears = Hears("reader")

    @hears.batch(Shelf)
    async def note(heard: Sequence[Heard[Shelf]], work: Work) -> None:
        if any(each.event.books == 1 for each in heard):
            raise RuntimeError("a single book is not a shelf")
        heard_books.extend(each.event.books for each in heard)

    migrations = Path(__file__).parent / "library_migrations"
    return Application(name="reader", topics=TOPICS, hears=hears, migrations=migrations, states={})


async def test_a_state_that_failed_holds_nothing(kafka: str, postgres: str) -> None:
    """Breaks if newer states of a key wait behind one that failed: the next state is whole and makes it good."""
    books: list[int] = []
    async with Stage(kafka, postgres, the_library(Switches()), reader(books)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        for title in ("one", "two"):
            await publish_books(stage, title)
            await stage.quiet()
        assert books == [0, 2]
        (failed,) = await stage.query("reader", "SELECT state FROM b40.set_aside")
        assert failed["state"] == "failed"
