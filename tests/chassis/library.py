"""A small app for tests of the chassis: a library with shelves (a state), books, pages in batches, loans.

As a process: ``python -m tests.chassis.library``, with settings from the environment.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from b40_chassis.application import Application
from b40_chassis.hears import Connection, Due, Heard, Hears
from b40_chassis.measures import Counter, Gauge, Unit
from b40_chassis.process import main
from b40_chassis.tasks import Done, Task, Tasks
from b40_chassis.work import Work
from b40_contracts.event import Event
from b40_contracts.platform import Ticked, refusals
from b40_contracts.topic import Kind, Topic, from_beginning, from_now
from b40_contracts.values import Instant
from pydantic import Field


class ShelfReported(Event):
    """A shelf was put up; its state follows."""

    type = "org.b40.library.shelf.reported.v1"
    key = "shelf"
    shelf: str = Field(description="Name of the shelf.")


class BookReported(Event):
    """A book came for a shelf; it waits for the shelf if need be."""

    type = "org.b40.library.book.reported.v1"
    key = "book"
    book: str = Field(description="Number of the book.")
    shelf: str = Field(description="The shelf that it is for.")
    title: str = Field(description="Title; 'forbidden' is refused, 'crash' fails.")


class PageReported(Event):
    """A page was read; handled in batches."""

    type = "org.b40.library.page.reported.v1"
    key = "book"
    book: str = Field(description="Number of the book.")
    number: int = Field(description="Number of the page; the database takes those above 0.")


class LoanReported(Event):
    """A book was lent until a moment."""

    type = "org.b40.library.loan.reported.v1"
    key = "loan"
    loan: str = Field(description="Number of the loan; 'crash' fails when due, 'stubborn' stays due.")
    due: Instant = Field(description="When it must be back.")


class Shelf(Event):
    """A shelf as it stands."""

    type = "org.b40.library.shelf.stated.v1"
    key = "shelf"
    shelf: str = Field(description="Name of the shelf.")
    books: int = Field(description="How many books stand on it.")


class BookShelved(Event):
    """A book was put on its shelf."""

    type = "org.b40.library.book.shelved.v1"
    key = "book"
    book: str = Field(description="Number of the book.")
    title: str = Field(description="Its title.")


class BookBound(Event):
    """A book was bound, outside."""

    type = "org.b40.library.book.bound.v1"
    key = "book"
    book: str = Field(description="Number of the book.")


class LoanOverdue(Event):
    """A loan was due and not back."""

    type = "org.b40.library.loan.overdue.v1"
    key = "loan"
    loan: str = Field(description="Number of the loan.")


SHELVES = Topic(
    name="library-shelves",
    kind=Kind.STATE,
    description="Shelves as they stand.",
    events=(Shelf,),
    producer="library",
    consumers=from_beginning("library", "reader"),
)
INTAKE = Topic(
    name="library-intake",
    kind=Kind.INTAKE,
    description="What is reported to the library.",
    events=(ShelfReported, BookReported, PageReported, LoanReported),
    producer="integrators",
    consumers=from_beginning("library"),
)
BOOKS = Topic(
    name="library-books",
    kind=Kind.FACTS,
    description="What happened to books.",
    events=(BookShelved, BookBound, LoanOverdue),
    producer="library",
    consumers=from_now("reader"),
)
CLOCK = Topic(
    name="clock",
    kind=Kind.FACTS,
    description="What time it is.",
    events=(Ticked,),
    producer="clock",
    consumers=from_now("library", "reader"),
    partitions=1,
)
TOPICS = (SHELVES, INTAKE, BOOKS, CLOCK, refusals("library"))

FORBIDDEN = Counter("b40_library_forbidden", Unit.EVENTS, "Books with a title that is not taken.")
LOANS_OUT = Gauge("b40_library_loans_out", Unit.ONE, "Loans that are not due yet.")


class Bind(Task):
    """Bind a book, outside."""

    name = "bind"
    book: str


@dataclass
class Switches:
    """What a test turns: titles that crash, a gate that handlers wait at, what was performed."""

    crashing: set[str] = field(default_factory=lambda: {"crash"})
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_gate: asyncio.Event = field(default_factory=asyncio.Event)
    performed: list[str] = field(default_factory=list)
    failures_left: int = 0


async def shelves(connection: Connection, keys: Sequence[str]) -> Mapping[str, Shelf]:
    """Reads the states of shelves."""
    rows = await connection.fetch("SELECT shelf, books FROM shelf WHERE shelf = ANY($1)", keys)
    return {row["shelf"]: Shelf(shelf=row["shelf"], books=row["books"]) for row in rows}


async def loans_out(connection: Connection, now: datetime) -> int:
    """Counts the loans that are not due yet."""
    count: int = await connection.fetchval("SELECT count(*) FROM loan WHERE due > $1", now)
    return count


async def loans_due(connection: Connection, until: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Reads loans that are due."""
    rows = await connection.fetch(
        "SELECT loan, due FROM loan WHERE due <= $1 AND NOT ended ORDER BY due, loan LIMIT $2", until, limit
    )
    return [(row["loan"], row["due"]) for row in rows]


def library(switches: Switches) -> Application:
    """The app, with switches of its own."""
    hears, tasks = Hears("library"), Tasks(concurrency=2)
    _hear_books(hears, switches)
    _hear_others(hears)
    _bind_books(tasks, switches)
    return Application(
        name="library",
        topics=TOPICS,
        hears=hears,
        migrations=Path(__file__).parent / "library_migrations",
        states={Shelf: shelves},
        tasks=tasks,
        counters=(FORBIDDEN,),
        gauges={LOANS_OUT: loans_out},
    )


def _hear_books(hears: Hears, switches: Switches) -> None:
    @hears.each(ShelfReported)
    async def put_up(heard: Heard[ShelfReported], work: Work) -> None:
        await work.connection.execute("INSERT INTO shelf (shelf) VALUES ($1) ON CONFLICT DO NOTHING", heard.event.shelf)
        work.state_changed(Shelf, heard.event.shelf, cause=heard)

    @hears.each(BookReported)
    async def shelve(heard: Heard[BookReported], work: Work) -> None:
        book = heard.event
        if book.title == "gate":
            switches.at_gate.set()
            await switches.gate.wait()
        if book.title in switches.crashing:
            raise RuntimeError("the library does not know what to do")
        if book.title == "forbidden":
            work.refuse(heard, "forbidden-title", "title: this title is not taken")
            work.count(FORBIDDEN)
            return
        if not await work.connection.fetchval("SELECT true FROM shelf WHERE shelf = $1", book.shelf):
            await work.wait_for(heard, SHELVES, book.shelf)
            return
        await work.connection.execute(
            "INSERT INTO book (book, title, seen) VALUES ($1, $2, $3)", book.book, book.title, work.now
        )
        await work.connection.execute("UPDATE shelf SET books = books + 1 WHERE shelf = $1", book.shelf)
        work.announce(BookShelved(book=book.book, title=book.title), cause=heard)
        work.state_changed(Shelf, book.shelf, cause=heard)
        if book.title == "unbound":
            work.assign(Bind(book=book.book), cause=heard)


def _hear_others(hears: Hears) -> None:
    calls = iter(range(10**9))

    @hears.batch(PageReported)
    async def count_pages(heard: Sequence[Heard[PageReported]], work: Work) -> None:
        call = next(calls)
        await work.connection.executemany(
            "INSERT INTO page (book, number, calls) VALUES ($1, $2, $3)",
            [(each.event.book, each.event.number, call) for each in heard],
        )

    @hears.each(LoanReported)
    async def lend(heard: Heard[LoanReported], work: Work) -> None:
        await work.connection.execute("INSERT INTO loan VALUES ($1, $2)", heard.event.loan, heard.event.due)

    @hears.due("loan due", loans_due)
    async def remind(due: Due, work: Work) -> None:
        if due.subject == "crash":
            raise RuntimeError("the library does not know what to do")
        if due.subject != "stubborn":
            await work.connection.execute("UPDATE loan SET ended = true WHERE loan = $1", due.subject)
        work.announce(LoanOverdue(loan=due.subject), cause=due)


def _bind_books(tasks: Tasks, switches: Switches) -> None:
    @tasks.performs(Bind)
    async def bind(task: Bind) -> str:
        switches.performed.append(task.book)
        if switches.failures_left:
            switches.failures_left -= 1
            raise OSError("the binder is away")
        return task.book

    @tasks.finishes(Bind)
    async def bound(done: Done[Bind, str], work: Work) -> None:
        work.announce(BookBound(book=done.result), cause=done)


if __name__ == "__main__":
    main(library(Switches()))
