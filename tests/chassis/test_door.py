"""Over HTTPS: who may report under a source, how fast, and who learns what became of it."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from b40_chassis import bounds
from b40_chassis.rates import SENDERS_KNOWN_MAX, Rates
from b40_contracts.cloudevents import CloudEvent, to_http, to_http_batch
from b40_contracts.integrators import ApiKey

from tests.chassis.library import INTAKE, TOPICS, BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.integrators import Partner, send, state, topic
from tests.support.stage import Stage

DESK = Partner()
RIVAL = Partner(name="rival", source="https://rival.example", api_key="b40_of-the-rival")
SHELF = ShelfReported(shelf="s")
NOBODY: dict[str, str] = {}


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The library, which has heard of the desk and of its rival."""
    application = replace(library(Switches()), topics=(*TOPICS, topic("library")))
    async with Stage(kafka, postgres, application) as stage:
        await state(stage, DESK.state(), RIVAL.state())
        yield stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with stage.http("library") as client:
        yield client


def book(title: str) -> BookReported:
    return BookReported(book="b", shelf="s", title=title)


async def post(client: httpx.AsyncClient, event: CloudEvent, shown: Mapping[str, str]) -> httpx.Response:
    message = to_http(event)
    return await client.post("/intake", headers={**dict(message.headers), **shown}, content=message.body)


def told(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["field"]


async def test_a_source_needs_the_key_of_whom_it_belongs_to(stage: Stage, client: httpx.AsyncClient) -> None:
    """INVARIANT: nobody reports under the source of another, and a reused id of a stranger stops nobody."""
    event = DESK.event(SHELF, "1")
    wrong = {
        "no key": (NOBODY, (401, "source")),
        "one that nobody has": ({"authorization": "Bearer b40_guess"}, (401, "authorization")),
        "another scheme": ({"authorization": f"Basic {DESK.api_key}"}, (401, "authorization")),
        "the digest of the key": (
            {"authorization": f"Bearer {hashlib.sha256(DESK.api_key.encode()).hexdigest()}"},
            (401, "authorization"),
        ),
        "that of another integrator": (RIVAL.headers, (403, "source")),
    }
    for what, (shown, expected) in wrong.items():
        answer = await post(client, event, shown)
        assert told(answer) == expected, what
        assert ("www-authenticate" in answer.headers) is (expected[0] == 401)
        assert DESK.api_key not in answer.text
    assert (await post(client, event, DESK.headers)).status_code == 202
    await stage.quiet()
    assert [heard.id for heard in stage.heard if heard.topic == INTAKE.name] == ["1"]


async def test_two_keys_in_one_request_are_none(client: httpx.AsyncClient) -> None:
    message = to_http(DESK.event(SHELF, "1"))
    headers = [*message.headers, *RIVAL.headers.items(), *DESK.headers.items()]
    assert told(await client.post("/intake", headers=headers, content=message.body)) == (401, "authorization")


async def test_no_spelling_of_a_source_slips_past_its_owner(client: httpx.AsyncClient) -> None:
    for source in (
        "https://desk.example/books/x",
        "https://desk.example/books?x",
        "HTTPS://DESK.EXAMPLE/Books",
        "https://desk%2Eexample/books",
    ):
        answer = await post(client, replace(DESK.event(SHELF, "1"), source=source), NOBODY)
        assert told(answer) == (401, "source"), source


async def test_a_source_that_only_looks_alike_is_a_strangers(client: httpx.AsyncClient) -> None:
    for source in ("https://desk.example/bookshop", "https://desk.example", "https://desk.example.net"):
        event = replace(DESK.event(SHELF, "1"), source=source)
        assert (await post(client, event, NOBODY)).status_code == 202, source
        assert told(await post(client, event, DESK.headers)) == (403, "source"), source


async def test_a_batch_is_refused_whole_for_one_source_that_is_not_the_senders(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    message = to_http_batch([DESK.event(SHELF, "1"), RIVAL.event(SHELF, "1")])
    answer = await client.post("/intake", headers={**dict(message.headers), **DESK.headers}, content=message.body)
    assert told(answer) == (403, "[1].source")
    await stage.quiet()
    assert [heard for heard in stage.heard if heard.topic == INTAKE.name] == []


async def test_what_is_beyond_its_scope_names_the_field(stage: Stage, client: httpx.AsyncClient) -> None:
    await state(stage, DESK.state(2, types=(ShelfReported.type,)))
    answer = await post(client, DESK.event(book("t"), "1"), DESK.headers)
    assert told(answer) == (403, "type")
    assert answer.json()["detail"] == "type: is not one of the types that library-desk may report"


async def test_keys_end_and_a_revoked_integrator_has_none(stage: Stage, client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    keys = [ApiKey(digest=hashlib.sha256(key.encode()).hexdigest(), ends=ends)
            for key, ends in (("ended", now), ("ending", now + timedelta(hours=1)), ("new", None))]  # fmt: skip
    await state(stage, DESK.state(2, api_keys=tuple(keys)))
    shown = {key: {"authorization": f"bearer {key}"} for key in ("ended", "ending", "new")}
    answers = {key: (await post(client, DESK.event(SHELF, key), shown[key])).status_code for key in shown}
    assert answers == {"ended": 401, "ending": 202, "new": 202}
    await state(stage, DESK.state(3, api_keys=tuple(keys), revoked=now))
    assert told(await post(client, DESK.event(SHELF, "4"), shown["new"])) == (401, "authorization")
    assert told(await post(client, DESK.event(SHELF, "5"), NOBODY)) == (401, "source")


async def test_only_its_sender_learns_what_became_of_an_event(stage: Stage, client: httpx.AsyncClient) -> None:
    """INVARIANT: nobody reads states or refusals of another. Breaks if a path can be read in two ways."""
    await post(client, DESK.event(SHELF, "0"), DESK.headers)
    answer = await post(client, DESK.event(book("forbidden"), "a/b"), DESK.headers)
    path = answer.json()["accepted"][0]["fate"]
    await stage.quiet()
    assert (await client.get(path, headers=DESK.headers)).json()["state"] == "refused"
    assert told(await client.get(path)) == (401, "source")
    assert told(await client.get(path, headers=RIVAL.headers)) == (403, "source")
    source = quote(DESK.source, safe="")
    for trick in (
        f"/intake/{source}/x%2F..%2Fa%2Fb",
        f"/intake/https://rival.example/../desk.example/books/{quote('a/b', safe='')}",
        "/intake/https%3A%2F%2Frival.example/..%2F..%2Fdesk.example%2Fbooks/a%2Fb",
        f"/intake//{source}/a%2Fb",
        f"/intake/{source}%00/a%2Fb",
        f"/intake/{quote(source, safe='')}/a%2Fb",
    ):
        answer = await client.get(trick, headers=RIVAL.headers)
        assert answer.status_code in (403, 404, 422), (trick, answer.text)
        assert "forbidden-title" not in answer.text, trick


async def test_no_other_header_opens_the_door(client: httpx.AsyncClient) -> None:
    message = to_http(DESK.event(SHELF, "1"))
    for header in ("x-original-url", "x-forwarded-authorization", "proxy-authorization", "cookie", "ce-authorization"):
        shown = {header: f"Bearer {DESK.api_key}"}
        answer = await client.get(f"/intake/{quote(DESK.source, safe='')}/1", headers=shown)
        assert told(answer) == (401, "source"), header
        answer = await client.post("/intake", headers={**dict(message.headers), **shown}, content=message.body)
        assert told(answer) == (401, "source"), header


async def test_a_sender_lists_what_was_refused_of_its_source(stage: Stage, client: httpx.AsyncClient) -> None:
    await post(client, DESK.event(SHELF, "0"), DESK.headers)
    for id_ in ("1", "2", "3"):
        await post(client, DESK.event(book("forbidden"), id_), DESK.headers)
    await stage.quiet()
    asked: dict[str, Any] = {"source": DESK.source, "after": "1", "limit": 1}
    answer = await client.get("/intake/refusals", params=asked, headers=DESK.headers)
    assert answer.json() == [{"id": "2", "reason": "forbidden-title", "detail": "title: this title is not taken"}]
    assert told(await client.get("/intake/refusals", params=asked)) == (401, "source")
    assert told(await client.get("/intake/refusals", params=asked, headers=RIVAL.headers)) == (403, "source")
    assert told(await client.get("/intake/refusals", params={"source": "\0"}, headers=DESK.headers)) == (422, "source")


async def test_a_forgery_does_not_hide_what_became_of_the_genuine_event(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    """Breaks if a sender is told of a dead letter that somebody else wrote under its id."""
    path = f"/intake/{quote(DESK.source, safe='')}/1"
    await send(stage, INTAKE.name, DESK.event(book("forged"), "1"))
    await stage.publish_raw(INTAKE.name, b"b", b"{", to_headers(DESK.event(book("forged"), "1")))
    await stage.quiet()
    answer = (await client.get(path, headers=DESK.headers)).json()
    assert (answer["state"], answer["reason"].partition(":")[0]) == ("set aside", "not-signed")
    await stage.query("library", "INSERT INTO b40.intake (source, id, digest) VALUES ($1, '1', '')", DESK.source)
    assert (await client.get(path, headers=DESK.headers)).json()["state"] == "accepted"


def to_headers(event: CloudEvent) -> list[tuple[str, bytes]]:
    return [("content-type" if name == "datacontenttype" else f"ce_{name}", value.encode())
            for name, value in event.attributes().items()]  # fmt: skip


async def test_who_comes_too_fast_waits_and_nobody_else_does(kafka: str, postgres: str) -> None:
    """Breaks if one sender's flood keeps another out, or if a batch counts as one event."""
    application = replace(library(Switches()), topics=(*TOPICS, topic("library")))
    async with (
        Stage(kafka, postgres, application, intake_rate=0.01, intake_burst=5) as stage,
        stage.http("library") as client,
    ):
        await state(stage, DESK.state(), RIVAL.state())
        message = to_http_batch([DESK.event(SHELF, str(number)) for number in range(8)])
        answer = await client.post("/intake", headers={**dict(message.headers), **DESK.headers}, content=message.body)
        assert answer.status_code == 202
        answer = await post(client, DESK.event(SHELF, "8"), DESK.headers)
        assert (answer.status_code, answer.json()["title"], answer.headers["retry-after"]) == (429, "Too fast", "400")
        assert (await post(client, RIVAL.event(SHELF, "1"), RIVAL.headers)).status_code == 202
        stranger = [await client.get("/intake/x/1") for _ in range(6)]
        assert [answer.status_code for answer in stranger] == [404] * 5 + [429]


async def test_a_body_that_is_too_large_is_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    taken: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            taken.append(100_000)
            yield b"x" * 100_000

    message = to_http(DESK.event(SHELF, "1"))
    shown = {**dict(message.headers), **DESK.headers}
    answer = await client.post("/intake", headers=shown, content=endless())
    assert answer.status_code == 413
    assert sum(taken) <= bounds.BODY_BYTES_MAX + 200_000


async def test_where_strangers_are_refused_nothing_of_theirs_is_read(kafka: str, postgres: str) -> None:
    application = replace(library(Switches()), topics=(*TOPICS, topic("library")))
    async with Stage(kafka, postgres, application, strangers="refused") as stage, stage.http("library") as client:
        await state(stage, DESK.state())

        async def never() -> AsyncIterator[bytes]:
            raise AssertionError("the body is read")
            yield b""

        message = to_http(replace(DESK.event(SHELF, "1"), source="https://stranger.example"))
        answer = await client.post("/intake", headers=dict(message.headers), content=never())
        assert told(answer) == (401, "authorization")
        assert told(await client.get("/intake/x/1")) == (401, "authorization")
        assert (await post(client, DESK.event(SHELF, "1"), DESK.headers)).status_code == 202
        await stage.quiet()
        assert stage.said(BookShelved) == []


def test_a_bucket_fills_again_at_its_rate() -> None:
    now = [0.0]
    rates = Rates(per_second=2, burst=3, now=lambda: now[0])
    for _ in range(3):
        assert rates.wait("a") == 0
        rates.take("a")
    assert rates.wait("a") == 1
    assert rates.wait("b") == 0
    now[0] += 0.5
    assert rates.wait("a") == 0
    rates.take("a", 9)
    assert rates.wait("a") == 5


def test_only_so_many_senders_are_remembered_and_those_that_owe_longest() -> None:
    """Breaks if an attacker with many addresses fills the memory, or washes its own debt away with them."""
    rates = Rates(per_second=1, burst=1, now=lambda: 0.0)
    rates.take("debtor", 1_000_000)
    for number in range(2 * SENDERS_KNOWN_MAX):
        rates.take(f"sender {number}")
    assert len(rates._full_again) <= SENDERS_KNOWN_MAX + 1
    assert rates.wait("debtor") > 0
