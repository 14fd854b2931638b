"""A batch takes effect once, record by record: duplicates, poison, refusals, failures and replay."""

import json

import pytest
from b40_contracts.platform import EventRefused

from tests.chassis.library import BookReported, BookShelved, PageReported, ShelfReported, Switches, library
from tests.support.stage import INTEGRATOR, Stage

GOOD = [("ce_id", b"g1"), ("ce_source", b"//x"), ("ce_specversion", b"1.0"), ("ce_time", b"2022-06-20T00:00:00Z")]
BOOK = ("ce_type", BookReported.type.encode())
JSON = ("content-type", b"application/json")
DATA = json.dumps({"book": "b", "shelf": "s", "title": "t"}).encode()


async def test_an_event_takes_effect_once_however_often_it_comes(kafka: str, postgres: str) -> None:
    """INVARIANT: the inbox. Breaks if a known id is handled again."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        for _ in range(3):
            await stage.publish(BookReported(book="b", shelf="s", title="once"), id="same")
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="s", title="once"), id="same")
        await stage.quiet()
        assert [row["title"] for row in await stage.query("library", "SELECT * FROM book")] == ["once"]
        assert stage.said(BookShelved) == [BookShelved(book="b", title="once")]
        assert (await stage.services["library"].status())["duplicates"] == 3


async def test_the_same_id_with_other_content_is_refused_and_the_first_stays(kafka: str, postgres: str) -> None:
    """Breaks if the digest is not compared, or compares how the JSON is written instead of what it says."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.publish(BookReported(book="b", shelf="s", title="first"), id="same")
        await stage.publish(BookReported(book="b", shelf="s", title="second"), id="same")
        headers = [("ce_id", b"same"), ("ce_source", INTEGRATOR.encode()), *GOOD[2:], BOOK, JSON]
        spaced = json.dumps({"title": "first", "shelf": "s", "book": "b"}, indent=4).encode()
        await stage.publish_raw("library-intake", b"b", spaced, headers)
        await stage.quiet()
        assert [row["title"] for row in await stage.query("library", "SELECT * FROM book")] == ["first"]
        assert [(refusal.id, refusal.reason) for refusal in stage.refusals()] == [("same", "id-reused")]


@pytest.mark.parametrize(
    ("headers", "value", "reason"),
    [
        ([*GOOD, BOOK, JSON, ("ce_extra", None)], DATA, "malformed-extra: extra: "),
        ([*GOOD, BOOK, JSON, ("ce_extra", b"\xff\xfe")], DATA, "malformed-extra: extra: "),
        ([*GOOD, BOOK, JSON], b'{"book": "b", "shelf', "malformed-data: data: "),
        ([*GOOD, BOOK, JSON], b'{"book": "b", "shelf": 7, "title": "t"}', "malformed-data.shelf: data.shelf: "),
        ([*GOOD, BOOK, JSON], None, "null-value: "),
        ([], DATA, "malformed-specversion: "),
    ],
    ids=["null header", "header not UTF-8", "broken JSON", "wrong type", "null value", "no attributes"],
)
async def test_poison_becomes_a_dead_letter_and_the_rest_goes_on(
    kafka: str, postgres: str, headers: list[tuple[str, bytes | None]], value: bytes | None, reason: str
) -> None:
    """Breaks if one unreadable record fails its batch, is lost, or is kept without its bytes and reason."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        for number in range(4):
            await stage.publish(BookReported(book=f"b{number}", shelf="s", title="good"))
            if number == 1:
                await stage.publish_raw("library-intake", b"b", value, headers)
        await stage.quiet()
        assert len(await stage.query("library", "SELECT * FROM book")) == 4
        (dead,) = await stage.query("library", "SELECT * FROM b40.set_aside")
        assert (dead["state"], dead["value"], dead["key"]) == ("unreadable", value, b"b")
        assert list(zip(dead["header_names"], dead["header_values"], strict=True)) == headers
        assert f"{dead['reason']}: {dead['detail']}".startswith(reason)


async def test_an_unknown_type_on_intake_is_refused_once(kafka: str, postgres: str) -> None:
    """Breaks if it is passed over, or if its sender is told again for a duplicate (it does not enter the inbox)."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        headers = [*GOOD, ("ce_type", b"org.b40.library.book.burned.v1"), JSON]
        for _ in range(2):
            await stage.publish_raw("library-intake", b"b", DATA, headers)
            await stage.quiet()
        assert sum(heard.event.type == EventRefused.type for heard in stage.heard) == 1
        (refusal,) = stage.refusals()
        assert (refusal.source, refusal.id, refusal.reason) == ("//x", "g1", "unknown-type")
        assert "org.b40.library.book.burned.v1" in refusal.detail


async def test_a_refusal_is_told_once_and_uses_up_the_id(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for _ in range(2):
            await stage.publish(BookReported(book="b", shelf="s", title="forbidden"), id="no")
        await stage.quiet()
        (refusal,) = stage.refusals()
        assert (refusal.id, refusal.reason) == ("no", "forbidden-title")
        assert not await stage.query("library", "SELECT * FROM b40.set_aside")


async def test_a_failing_event_is_set_aside_alone_and_its_replay_is_as_if_it_had_been_applied(
    kafka: str, postgres: str
) -> None:
    """Breaks if the failure takes others with it, if the dead id stays in the inbox, or if a replay works twice."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        for title in ("one", "crash", "two"):
            await stage.publish(BookReported(book=title, shelf="s", title=title))
        await stage.quiet()
        assert {each.title for each in stage.said(BookShelved)} == {"one", "two"}
        async with stage.operations("library") as operations:
            (dead,) = (await operations.get("/set-aside?state=failed")).json()
            assert "RuntimeError at tests.chassis.library:" in dead["detail"]
            again = (await operations.post(f"/set-aside/{dead['id']}/replay")).json()
            assert again["result"].startswith("failed again")
            switches.crashing.clear()
            replayed = (await operations.post(f"/set-aside/{dead['id']}/replay")).json()
            assert replayed["result"] == "applied"
            assert (await operations.post(f"/set-aside/{dead['id']}/replay")).status_code == 409
        await stage.quiet()
        assert sorted(each.title for each in stage.said(BookShelved)) == ["crash", "one", "two"]
        assert not await stage.query("library", "SELECT * FROM b40.set_aside")


async def test_bisection_finds_the_one_event_that_the_database_does_not_take(kafka: str, postgres: str) -> None:
    """Breaks if a batch handler's failure sets aside more than the guilty record, or loses or doubles another."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.stop("library")
        for number in range(1, 41):
            book = "torn" if number == 23 else f"b{number % 7}"
            await stage.publish(PageReported(book=book, number=-1 if number == 23 else number))
        await stage.start("library")
        await stage.quiet()
        pages = [row["number"] for row in await stage.query("library", "SELECT number FROM page ORDER BY number")]
        assert pages == [number for number in range(1, 41) if number != 23]
        (dead,) = await stage.query("library", "SELECT * FROM b40.set_aside")
        assert (dead["state"], json.loads(dead["value"])["number"]) == ("failed", -1)
        assert "page_number_check" in dead["detail"]


async def test_what_is_discarded_keeps_its_reason(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish_raw("library-intake", b"b", b"{", [*GOOD, BOOK, JSON])
        await stage.quiet()
        async with stage.operations("library") as operations:
            (dead,) = (await operations.get("/set-aside")).json()
            discarded = await operations.post(f"/set-aside/{dead['id']}/discard", json={"reason": "sender told"})
            assert discarded.status_code == 200
            (kept,) = (await operations.get("/set-aside?state=discarded")).json()
            assert kept["detail"].endswith("Discarded: sender told")
            assert (await operations.post(f"/set-aside/{dead['id']}/replay")).status_code == 409
