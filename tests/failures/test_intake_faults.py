"""Reports by HTTPS while the database fails: an answer says what is true, and the same report again counts once."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from b40_chassis import database, frame
from b40_contracts.cloudevents import describe, to_http

from tests.chassis.library import BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.ambiguity import LosesAnswers, through
from tests.support.stage import Stage, moment


async def report(client: httpx.AsyncClient, id_: str) -> httpx.Response:
    event: Any = ShelfReported(shelf="s") if id_ == "shelf" else BookReported(book=id_, shelf="s", title="t")
    message = to_http(describe(event, id=id_, source="//integrator.example", time=moment("2022-06-20")))
    return await client.post("/intake", content=message.body, headers=dict(message.headers))


async def test_the_same_report_many_times_at_once_counts_once(kafka: str, postgres: str) -> None:
    """Breaks if a report is looked for before it is entered: several of them would find nothing."""
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.http("library") as client:
        await report(client, "shelf")
        answers = await asyncio.gather(*(report(client, "book") for _ in range(10)))
        assert {answer.status_code for answer in answers} == {202}
        await stage.quiet()
        assert len([heard for heard in stage.heard if heard.id == "book"]) == 1
        assert [shelved.book for shelved in stage.said(BookShelved)] == ["book"]


async def test_a_report_whose_commit_got_no_answer_may_be_sent_again(kafka: str, postgres: str) -> None:
    """Breaks if the second report is a conflict, counts again, or if the first one is answered with 202 or 500."""
    port = urlsplit(postgres).port
    assert port is not None
    async with (
        LosesAnswers(port) as proxy,
        Stage(kafka, through(proxy, postgres), library(Switches())) as stage,
        stage.http("library") as client,
    ):
        await report(client, "shelf")
        await stage.quiet()
        proxy.armed = 1
        answer = await report(client, "book")
        assert (answer.status_code, answer.json()["title"]) == (503, "Not available")
        assert proxy.lost == 1
        assert (await report(client, "book")).status_code == 202
        await stage.quiet()
        assert [shelved.book for shelved in stage.said(BookShelved)] == ["book"]


async def test_a_slow_database_is_told_and_bounded(kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if requests wait for a connection without end: their senders learn nothing, and the queue grows."""
    monkeypatch.setattr(database, "COMMAND_SECONDS_MAX", 3)
    monkeypatch.setattr(frame, "REQUEST_SECONDS_MAX", 0.5)
    async with Stage(kafka, postgres, library(Switches()), pool_size=5) as stage, stage.http("library") as client:
        await report(client, "shelf")
        other = await asyncpg.connect(stage.settings["library"].database.get_secret_value())
        async with other.transaction():
            await other.execute("LOCK TABLE b40.intake IN EXCLUSIVE MODE")
            answers = await asyncio.gather(*(report(client, f"book-{number}") for number in range(6)))
        await other.close()
        titles = sorted(answer.json()["title"] for answer in answers)
        assert titles == ["Busy"] * 4 + ["Not available"] * 2
        assert {answer.status_code for answer in answers} == {503}
        assert {(await report(client, f"book-{number}")).status_code for number in range(6)} == {202}
        await stage.quiet()
        assert len(stage.said(BookShelved)) == 6
