"""State topics: whole states with rising versions; who hears them keeps the highest."""

import json

from b40_contracts.cloudevents import describe, to_kafka

from tests.chassis.library import BookReported, Shelf, ShelfReported, Switches, library
from tests.support.stage import Stage, moment


async def test_a_changed_state_is_said_whole_with_a_rising_version(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        for number in range(3):
            await stage.publish(BookReported(book=f"b{number}", shelf="s", title="t"))
            await stage.quiet()
        states = [(heard.version, heard.event.books) for heard in stage.heard if isinstance(heard.event, Shelf)]
        assert states == [(1, 0), (2, 1), (3, 2), (4, 3)]


async def test_many_changes_of_one_transaction_are_said_once(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.stop("library")
        for _ in range(50):
            await stage.publish(BookReported(book="b", shelf="s", title="t"))
        await stage.start("library")
        await stage.quiet()
        versions = [(heard.version, heard.event.books) for heard in stage.heard if isinstance(heard.event, Shelf)]
        assert versions[-1][1] == 50
        assert len(versions) < 10, "a batch says a state once, not once per change"


async def test_an_old_state_that_comes_again_is_not_taken(kafka: str, postgres: str) -> None:
    """Breaks if a replayed old record, or a frozen former relay, can put a consumer back."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="s", title="t"))
        await stage.quiet()
        old = describe(Shelf(shelf="s", books=0), id="x", source="//b40/library", time=moment("2022-06-20"))
        record = to_kafka(old)
        headers = [*record.headers, ("ce_stateversion", b"1")]
        await stage.publish_raw("library-shelves", record.key, record.value, headers)
        await stage.quiet()
        (heard,) = await stage.query("library", "SELECT key, version FROM b40.state_heard")
        assert (heard["key"], heard["version"]) == ("s", 2)


async def test_a_state_without_its_version_is_a_dead_letter(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        headers = [
            ("ce_id", b"1"), ("ce_source", b"//x"), ("ce_specversion", b"1.0"), ("content-type", b"application/json"),
            ("ce_type", Shelf.type.encode()), ("ce_time", b"2022-06-20T00:00:00Z"),
        ]  # fmt: skip
        data = json.dumps({"shelf": "s", "books": 1}).encode()
        await stage.publish_raw("library-shelves", b"s", data, headers)
        await stage.quiet()
        (dead,) = await stage.query("library", "SELECT reason FROM b40.set_aside")
        assert dead["reason"] == "malformed-stateversion"
