"""Old and new copies hear the same topics: unknown fields and types, and one fact in two versions under one id."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import prometheus_client
from b40_chassis.application import Application
from b40_chassis.hears import Heard, Hears
from b40_chassis.service import Service
from b40_chassis.work import Work
from b40_contracts.cloudevents import describe, to_http
from b40_contracts.event import Event
from b40_contracts.platform import Ticked, refusals
from b40_contracts.topic import Kind, Topic, from_beginning, from_now
from pydantic import Field

from tests.support.stage import Stage, moment

PRESS = "//press.example/books"


class Printed(Event):
    """A book was printed."""

    type = "org.b40.press.book.printed.v1"
    key = "book"
    book: str = Field(description="Number of the book.")
    city: str = Field(description="Where, as text.")


class PrintedSecond(Event):
    """A book was printed; a copy that knows this version drops the first one."""

    type = "org.b40.press.book.printed.v2"
    key = "book"
    book: str = Field(description="Number of the book.")
    cities: list[str] = Field(description="Where, one after the other.")


class Author(Event):
    """An author as known."""

    type = "org.b40.press.author.stated.v1"
    key = "author"
    author: str = Field(description="Name of the author.")


def topics(printed: Sequence[type[Event]]) -> list[Topic]:
    return [
        Topic(name=name, kind=kind, description="Books.", events=events, producer=producer, consumers=consumers)
        for name, kind, events, producer, consumers in (
            ("press-books", Kind.FACTS, printed, "press", from_beginning("reader")),
            ("reader-intake", Kind.INTAKE, printed, "integrators", from_beginning("reader")),
            ("press-authors", Kind.STATE, (Author,), "press", from_beginning("reader")),
        )
    ] + [
        Topic(
            name="clock",
            kind=Kind.FACTS,
            description="What time it is.",
            events=(Ticked,),
            producer="clock",
            consumers=from_now("reader"),
            partitions=1,
        ),
        refusals("reader"),
    ]


def reader(folder: Path, *known: type[Event]) -> Application:
    """A version of the reader that knows these versions; what is printed by 'awaited' waits for its author."""
    (folder / "0001_seen.sql").write_text("CREATE TABLE IF NOT EXISTS seen (book text, version text)")
    hears = Hears("reader", ignores=[Author])

    async def note(heard: Heard[Any], work: Work) -> None:
        if heard.event.book == "awaited" and not await work.connection.fetchval(
            "SELECT EXISTS (SELECT FROM b40.state_heard WHERE topic = 'press-authors' AND version > 0)"
        ):
            author = next(each for each in topics(known) if each.name == "press-authors")
            await work.wait_for(heard, author, "awaited")
            return
        await work.connection.execute("INSERT INTO seen VALUES ($1, $2)", heard.event.book, heard.event.type[-2:])

    for event in known:
        hears.each(event)(note)
    return Application(name="reader", topics=topics(known), hears=hears, migrations=folder)


class Versions:
    """A stage for the reader, on which its old and its new version take turns."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self._versions = {"old": reader(folder, Printed), "new": reader(folder, PrintedSecond, Printed)}

    async def run(self, version: str) -> Service:
        """This version in place of the other."""
        if "reader" in self.stage.services:
            await self.stage.stop("reader")
        self.stage._applications["reader"] = self._versions[version]
        return await self.stage.start("reader")

    async def say(self, event: Event, id_: str, topic: str = "press-books", **extensions: str) -> None:
        """Say something as the press, also what the stage's own catalogue has twice."""
        cloud_event = describe(event, id=id_, source=PRESS, time=moment("2022-06-20"), extensions=extensions)
        await self.stage._send(self.stage._packer.pack_event(topic, cloud_event))

    async def seen(self) -> list[tuple[str, str]]:
        rows = await self.stage.services["reader"].frame.pool.fetch("SELECT book, version FROM seen ORDER BY 1, 2")
        return [(row["book"], row["version"]) for row in rows]

    async def status(self) -> dict[str, Any]:
        return await self.stage.services["reader"].status()


FIRST, SECOND = Printed(book="b", city="Novi Sad"), PrintedSecond(book="b", cities=["Novi Sad", "Pécs"])


def new_stage(kafka: str, postgres: str, folder: Path) -> Stage:
    return Stage(kafka, postgres, reader(folder, PrintedSecond, Printed))


async def test_who_knows_both_versions_takes_the_first_and_drops_the_second(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if the second version counts as the same id with other content: a dead letter for each fact."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        await versions.say(SECOND, "1")
        await versions.say(FIRST, "1")
        await stage.quiet()
        await versions.say(SECOND, "2")
        await stage.quiet()
        await versions.say(FIRST, "2")
        await stage.quiet()
        assert await versions.seen() == [("b", "v2"), ("b", "v2")]
        assert (await versions.status())["dead"] == 0
        assert (await versions.status())["duplicates"] == 2


async def test_an_old_copy_takes_the_version_it_knows_and_a_new_one_does_not_take_the_fact_again(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if a skipped type enters the inbox, or if what an old copy took is compared with another version."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        await versions.run("old")
        skipped = unknown_types()
        await versions.say(SECOND, "1")
        await versions.say(FIRST, "1")
        await stage.quiet()
        assert await versions.seen() == [("b", "v1")]
        assert unknown_types() == skipped + 1
        await versions.run("new")
        await versions.say(SECOND, "1")
        await stage.quiet()
        assert await versions.seen() == [("b", "v1")]
        assert (await versions.status())["dead"] == 0


async def test_going_back_to_the_old_version_takes_nothing_again(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if an old copy compares what it hears with what a new one took of another version."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        await versions.say(SECOND, "1")
        await stage.quiet()
        await versions.run("old")
        await versions.say(FIRST, "1")
        await stage.quiet()
        assert await versions.seen() == [("b", "v2")]
        assert (await versions.status())["dead"] == 0


async def test_an_old_copy_ignores_a_field_that_it_does_not_know(kafka: str, postgres: str, tmp_path: Path) -> None:
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        await versions.run("old")
        wider = type(
            "Wider",
            (Printed,),
            {
                "__doc__": "Printed with a field more.",
                "__annotations__": {"pages": int},
                "pages": Field(description="How many pages."),
                "type": Printed.type,
            },
        )
        await versions.say(wider(book="b", city="Pécs", pages=3), "1")
        await stage.quiet()
        assert await versions.seen() == [("b", "v1")]


async def test_both_versions_by_https_are_one_report(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if the second version of a report is a conflict: its sender would think that the first was not taken."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        async with stage.http("reader") as client:
            for event in (SECOND, FIRST):
                message = to_http(describe(event, id="1", source=PRESS, time=moment("2022-06-20")))
                answer = await client.post("/intake", content=message.body, headers=dict(message.headers))
                assert answer.status_code == 202
        await stage.quiet()
        assert await versions.seen() == [("b", "v2")]


async def test_an_old_copy_keeps_what_a_new_one_set_aside(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if an old copy releases a type that it does not know as it would skip it in a log: the fact is lost."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        await versions.say(PrintedSecond(book="awaited", cities=["Pécs"]), "1")
        await stage.quiet()
        await versions.run("old")
        await versions.say(Author(author="awaited"), "a", "press-authors", stateversion="1")
        await stage.quiet()
        [dead] = await stage.services["reader"].frame.pool.fetch("SELECT id, detail FROM b40.set_aside")
        assert dead["detail"] == f"type: {PrintedSecond.type} is not known to this version"
        service = await versions.run("new")
        assert await service.releaser.replay(dead["id"]) == "applied"
        assert await versions.seen() == [("awaited", "v2")]


async def test_time_goes_on_when_what_a_new_copy_set_aside_waited_in_vain(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if an old copy cannot refuse what it does not know: no tick would ever be taken again."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        await stage.tick("2022-06-20")
        await stage.quiet()  # else what time it is may not be known yet when the book is heard
        await versions.say(PrintedSecond(book="awaited", cities=["Pécs"]), "1", "reader-intake")
        await stage.quiet()
        await versions.run("old")
        await stage.tick("2022-06-22")
        await stage.quiet()
        assert (await versions.status())["refused"] == 1


def unknown_types() -> float:
    """How many announcements of unknown types this process has skipped."""
    samples = [
        sample.value
        for metric in prometheus_client.REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "b40_unknown_types_total"
    ]
    return sum(samples)
