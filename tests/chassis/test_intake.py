"""Intake over HTTPS: 202 once durable, problems that name the field, and the fate of every event."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from b40_chassis import bounds
from b40_contracts.cloudevents import describe, to_http, to_http_batch, to_http_structured

from tests.chassis.library import BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.stage import Stage, moment


def book(id_: str, title: str = "t", shelf: str = "s") -> Any:
    event = BookReported(book="b", shelf=shelf, title=title)
    return describe(event, id=id_, source="//integrator.example", time=moment("2022-06-20"))


def shelf(id_: str) -> Any:
    return describe(ShelfReported(shelf="s"), id=id_, source="//integrator.example", time=moment("2022-06-20"))


async def post(client: Any, message: Any) -> Any:
    return await client.post("/intake", headers=dict(message.headers), content=message.body)


async def fate(client: Any, id_: str) -> str:
    path = f"/intake/{quote('//integrator.example', safe='')}/{id_}"
    return str((await client.get(path)).json()["state"])


async def test_all_three_modes_are_taken_and_take_effect(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        assert (await post(client, to_http(shelf("1")))).status_code == 202
        assert (await post(client, to_http_structured(book("2", "two")))).status_code == 202
        batch = await post(client, to_http_batch([book("3", "three"), book("4", "four")]))
        assert [each["id"] for each in batch.json()["accepted"]] == ["3", "4"]
        await stage.quiet()
        assert sorted(each.title for each in stage.said(BookShelved)) == ["four", "three", "two"]
        assert await fate(client, "2") == "applied"
        assert (await client.get(batch.json()["accepted"][0]["fate"])).json()["state"] == "applied"


async def test_the_same_request_again_gets_the_same_answer_and_other_content_a_conflict(
    kafka: str, postgres: str
) -> None:
    """Breaks if parallel posts of one id enter twice, or if a reused id is taken."""
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await post(client, to_http(shelf("1")))
        answers = await asyncio.gather(*(post(client, to_http(book("same"))) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        conflict = await post(client, to_http(book("same", "other")))
        assert conflict.status_code == 409
        assert conflict.json()["field"] == "id"
        await stage.quiet()
        assert len(stage.said(BookShelved)) == 1
        assert (await stage.services["library"].status())["duplicates"] == 0


async def test_the_same_request_again_is_answered_after_a_commit_of_its_own(kafka: str, postgres: str) -> None:
    """INVARIANT: 202 means that nothing can lose it. Breaks if it is said of a commit that was given up."""

    async def transactions_that_wrote() -> int:
        (row,) = await stage.query("library", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next")
        return int(row["next"])

    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await post(client, to_http(shelf("1")))
        await stage.quiet()
        before = await transactions_that_wrote()
        assert (await post(client, to_http(shelf("1")))).status_code == 202
        assert await transactions_that_wrote() > before


async def test_what_is_wrong_is_named_and_nothing_enters(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        message = to_http_structured(book("1"))
        document = json.loads(message.body)
        for field, value, expected, status in [
            ("data", {"book": "b", "shelf": 7, "title": "t"}, "data.shelf", 422),
            ("data", {"book": "b", "shelf": "s"}, "data.title", 422),
            ("type", "org.b40.library.book.burned.v1", "type", 422),
            ("time", "yesterday", "time", 400),
            ("id", "", "id", 400),
            ("specversion", "0.3", "specversion", 400),
        ]:
            wrong = json.dumps(document | {field: value}).encode()
            answer = await client.post("/intake", headers=dict(message.headers), content=wrong)
            assert (answer.status_code, answer.json()["field"]) == (status, expected), answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        truncated = await client.post("/intake", headers=dict(message.headers), content=message.body[:-9])
        assert truncated.status_code == 400
        large = await post(client, to_http(book("big", "x" * 2_000_000)))
        assert large.status_code == 413
        await stage.quiet()
        assert stage.heard == []


async def test_what_would_not_fit_into_a_record_is_refused_at_the_door(kafka: str, postgres: str) -> None:
    """Breaks if only the data are measured: in Kafka the attributes stand beside them, and a record that the broker
    refuses would hold up all that the app announces."""
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await post(client, to_http(shelf("1")))
        message = to_http(book("2"))
        unknown = '"unknown": "' + "x" * (999_990 - len(message.body) - 16) + '", '
        inflated = b"{" + unknown.encode() + message.body[1:]
        assert len(inflated) < 1_000_000, "the body alone would be taken"
        answer = await client.post("/intake", headers=dict(message.headers), content=inflated)
        assert (answer.status_code, answer.json()["title"]) == (413, "Too large"), answer.text
        await post(client, to_http(book("3", "three")))
        await stage.quiet()
        assert [each.title for each in stage.said(BookShelved)] == ["three"]


async def test_a_batch_with_one_wrong_event_is_refused_whole_and_names_its_place(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        message = to_http_batch([book("1"), book("2")])
        documents = json.loads(message.body)
        documents[1]["data"]["title"] = None
        answer = await client.post("/intake", headers=dict(message.headers), content=json.dumps(documents))
        assert (answer.status_code, answer.json()["field"]) == (422, "[1].data.title")
        assert (await client.get("/intake/x/1")).status_code == 404
        await stage.quiet()
        assert stage.heard == []


async def test_a_sender_learns_what_became_of_its_event(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await post(client, to_http(shelf("1")))
        await stage.quiet()
        for id_, title, name in (
            ("a", "t", "s"), ("b", "forbidden", "s"), ("c", "crash", "s"), ("d", "t", "unknown")
        ):  # fmt: skip
            event = BookReported(book=id_, shelf=name, title=title)
            cloud_event = describe(event, id=id_, source="//integrator.example", time=moment("2022-06-20"))
            await post(client, to_http(cloud_event))
        await stage.quiet()
        fates = {id_: await fate(client, id_) for id_ in ("a", "b", "c", "d")}
        assert fates == {"a": "applied", "b": "refused", "c": "set aside", "d": "waiting"}


async def test_a_batch_keeps_its_order_and_takes_what_it_holds_twice_once(kafka: str, postgres: str) -> None:
    """Breaks if events of one key come in another order than their sender put them in, or one of them twice."""
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await post(client, to_http(shelf("0")))
        batch = [book("z", "first"), book("a", "second"), book("z", "first"), book("m", "third")]
        answer = await post(client, to_http_batch(batch))
        assert [each["id"] for each in answer.json()["accepted"]] == ["z", "a", "z", "m"]
        again = await post(client, to_http_batch([book("m", "third"), book("n", "fourth")]))
        assert again.status_code == 202, again.text
        await stage.quiet()
        assert [each.title for each in stage.said(BookShelved)] == ["first", "second", "third", "fourth"]
        assert (await stage.services["library"].status())["duplicates"] == 0


@pytest.mark.parametrize("second", ["b1", "known"])
async def test_a_batch_that_says_two_things_under_one_id_is_refused_whole(
    kafka: str, postgres: str, second: str
) -> None:
    """Whether the first stands in the batch itself or came before it."""
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await post(client, to_http(shelf("0")))
        await post(client, to_http(book("known", "known")))
        answer = await post(client, to_http_batch([book("b1", "one"), book(second, "two")]))
        assert (answer.status_code, answer.json()["field"]) == (409, "id")
        await stage.quiet()
        assert [each.title for each in stage.said(BookShelved)] == ["known"]


async def test_a_body_that_does_not_come_to_its_end_is_given_up(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a sender can keep a request open for as long as it likes by sending a byte now and then."""
    monkeypatch.setattr(bounds, "BODY_SECONDS_MAX", 0.1)
    message = to_http(book("1"))

    async def slowly() -> AsyncIterator[bytes]:
        yield message.body[:5]
        await asyncio.Event().wait()

    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        answer = await client.post("/intake", headers=dict(message.headers), content=slowly())
        assert (answer.status_code, answer.json()["title"]) == (408, "Too slow")
