"""An app that fails in every way in which an error repeats a person's data, to show that no log does.

As a process: ``python -m tests.chassis.telltale``, with settings from the environment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from b40_chassis.api import Write
from b40_chassis.application import Application
from b40_chassis.hears import Connection, Heard, Hears
from b40_chassis.process import main
from b40_chassis.tasks import Tasks
from b40_chassis.work import Work
from fastapi import APIRouter

from tests.chassis.library import TOPICS, Bind, BookShelved, ShelfReported

PERSON = "anna.petrova@post.example"

Mishap = Callable[[Connection], Awaitable[object]]


async def twice(connection: Connection) -> None:
    """PostgreSQL's detail names the row."""
    await connection.execute("INSERT INTO shelf (shelf) VALUES ($1), ($1)", PERSON)


async def no_number(connection: Connection) -> None:
    """PostgreSQL's message repeats the value."""
    await connection.fetchval("SELECT $1::text::int", PERSON)


async def another_type(connection: Connection) -> None:
    """asyncpg's message repeats the argument."""
    await connection.fetchval("SELECT $1::int", PERSON)


async def words(_: Connection) -> None:
    """A handler's own words."""
    raise ValueError(f"nobody here is {PERSON}")


async def missing(_: Connection) -> None:
    """A KeyError is its key."""
    names: dict[str, str] = {}
    names[PERSON]


async def malformed(_: Connection) -> None:
    """pydantic repeats the input."""
    BookShelved.model_validate({"book": [PERSON], "title": PERSON})


async def lost(_: Connection) -> None:
    """asyncio tells of a task whose error nobody asked for."""
    failing = asyncio.create_task(words(_))
    await asyncio.wait({failing})


MISHAPS: Mapping[str, Mishap] = {
    each.__name__: each for each in (twice, no_number, another_type, words, missing, malformed, lost)
}


def telltale() -> Application:
    """The app: named the library, with its topics and tables."""
    hears, tasks, api = Hears("library"), Tasks(), APIRouter()

    @hears.each(ShelfReported)
    async def fail(heard: Heard[ShelfReported], work: Work) -> None:
        if heard.event.shelf == "task":
            work.assign(Bind(book=PERSON), cause=heard)
        else:
            await MISHAPS[heard.event.shelf](work.connection)

    @tasks.performs(Bind)
    async def bind(task: Bind) -> None:
        raise LookupError(f"{task.book} is not to be found")

    @api.post("/mishaps/{name}")
    async def requested(name: str, write: Write) -> None:
        await MISHAPS[name](write.work.connection)

    migrations = Path(__file__).parent / "library_migrations"
    return Application(name="library", topics=TOPICS, hears=hears, migrations=migrations, tasks=tasks, api=api)


if __name__ == "__main__":
    main(telltale())
