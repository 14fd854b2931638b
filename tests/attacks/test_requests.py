"""Requests that are HTTP and mean harm: bodies, encodings, paths and headers, against both ports of a running app."""

import asyncio
import gzip
import json
from urllib.parse import quote

import pytest
from b40_chassis.bounds import BODY_BYTES_MAX
from b40_contracts.cloudevents import to_http, to_http_structured

from tests.attacks.conftest import DESK, Target
from tests.attacks.raw import Answer, ask, line, request
from tests.chassis.library import INTAKE, BookReported, ShelfReported

SECRET = "hunter2-of-the-desk"
AUTHORIZATION = f"authorization: Bearer {DESK.api_key}"
SHELF = ShelfReported(shelf="s")
SOURCE = quote(DESK.source, safe="")


def intake(*headers: str, id_: str = "1", body: bytes | None = None) -> bytes:
    """A report of the desk, with further headers."""
    message = to_http(DESK.event(SHELF, id_))
    given = [f"{name}: {value}" for name, value in message.headers]
    return request("/intake", "POST", *given, AUTHORIZATION, *headers, body=message.body if body is None else body)


async def fate(target: Target, id_: str) -> Answer:
    return await ask(target.public, request(f"/intake/{SOURCE}/{id_}", "GET", AUTHORIZATION))


WRITING = [("public", "/intake"), ("operations", "/set-aside/1/discard"), ("operations", "/archive/republish")]


@pytest.mark.parametrize(("name", "path"), WRITING)
async def test_a_body_that_says_it_is_too_large_is_not_read(target: Target, name: str, path: str) -> None:
    raw = request(path, "POST", f"content-length: {BODY_BYTES_MAX + 1}", "content-type: application/json")
    answer = await ask(getattr(target, name), raw)
    assert (answer.status, answer.problem["field"]) == (413, "body")


@pytest.mark.parametrize(("name", "path"), WRITING)
async def test_a_body_without_a_length_is_not_read_to_its_end(target: Target, name: str, path: str) -> None:
    """Breaks if a route reads whatever comes: FastAPI does, before anything else of ours runs."""
    chunk = b"%x\r\n%b\r\n" % (50_000, b"x" * 50_000)
    async with line(getattr(target, name)) as connection:
        await connection.send(request(path, "POST", "transfer-encoding: chunked", "content-type: application/json"))

        async def pour() -> None:
            for _ in range(100_000_000 // 50_000):
                await connection.send(chunk)

        pouring = asyncio.create_task(pour())
        answer = await connection.answer()
        assert (answer.status, answer.problem["field"]) == (413, "body")
        assert not pouring.done(), "all of it was taken"
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)


BOMB = gzip.compress(bytes(20_000_000))


@pytest.mark.parametrize("name", ["public", "operations"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "identity, gzip", "zip-bomb"])
async def test_an_encoded_body_is_not_unpacked(target: Target, name: str, encoding: str) -> None:
    path = "/intake" if name == "public" else "/set-aside/1/discard"
    answer = await ask(getattr(target, name), request(path, "POST", f"content-encoding: {encoding}", body=BOMB))
    assert (answer.status, answer.problem["field"]) == (415, "content-encoding")


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "latin-1", "x\x80"])
async def test_another_charset_than_utf_8_is_named(target: Target, charset: str) -> None:
    """Breaks if what one reads of a body is not what another reads of it."""
    event = to_http(DESK.event(SHELF, "1"))
    given = [f"{name}: {value}" for name, value in event.headers if name != "content-type"]
    raw = request(
        "/intake", "POST", *given, AUTHORIZATION, f"content-type: application/json; charset={charset}", body=event.body
    )
    answer = await ask(target.public, raw)
    assert answer.status in (400, 422)
    assert answer.problem["field"] == "datacontenttype"


async def test_a_body_that_is_not_utf_8_is_refused(target: Target) -> None:
    for body in (b'{"shelf": "\xff\xfe"}', '{"shelf": "s"}'.encode("utf-16"), b'{"shelf": "\\ud800"}'):
        answer = await ask(target.public, intake(body=body))
        assert answer.status == 422, answer


DEEP = b"[" * 200_000


@pytest.mark.parametrize("body", [DEEP, b'{"a":' * 100_000, b'{"shelf": ' + b"9" * 100_000 + b"}"])
async def test_deep_and_long_json_is_refused(target: Target, body: bytes) -> None:
    """Breaks if nesting ends the process, or if a number costs the square of its digits."""
    for content_type in ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json"):
        event = to_http(DESK.event(SHELF, "1"))
        given = [f"{name}: {value}" for name, value in event.headers if name != "content-type"]
        raw = request("/intake", "POST", *given, AUTHORIZATION, f"content-type: {content_type}", body=body)
        assert (await ask(target.public, raw)).status in (400, 422)
    raw = request("/set-aside/1/discard", "POST", "content-type: application/json", body=body)
    assert (await ask(target.operations, raw)).status in (400, 422)


TWICE = ["ce-id: 2", "ce-source: https://rival.example", "ce-type: x", "CE-ID: 2", "content-type: application/json"]


@pytest.mark.parametrize("header", TWICE)
async def test_an_attribute_that_is_given_twice_is_refused(target: Target, header: str) -> None:
    """Breaks if the door judges one of the two and the event carries the other."""
    answer = await ask(target.public, intake(header))
    assert answer.status == 400
    assert answer.problem["field"] == header.partition(":")[0].lower().removeprefix("ce-")


INJECTED = ["a%0d%0ax-injected: 1", "a%00b", "a%", "a%ff", "%ed%a0%80", '"a%0ab"']


@pytest.mark.parametrize("id_", INJECTED)
async def test_no_attribute_carries_a_line_break_or_half_a_character(target: Target, id_: str) -> None:
    given = intake().replace(b"ce-id: 1", b"ce-id: " + id_.encode())
    answer = await ask(target.public, given)
    assert (answer.status, answer.problem["field"]) == (400, "id")
    assert "x-injected" not in answer.headers


async def test_what_the_door_adds_cannot_be_brought(target: Target) -> None:
    """Breaks if a sender's own ``accepted`` stands where the door's would, or beside it."""
    answer = await ask(target.public, intake("ce-accepted: 2026-01-01T00:00:00Z " + "0" * 64, id_="brought"))
    assert answer.status == 202
    await target.stage.quiet()
    assert (await fate(target, "brought")).body.endswith(b'"state":"applied"}')


PATHS = [
    "/intake/..%2f..%2fetc%2fpasswd/1",
    "/intake/../docs",
    "/intake/%2e%2e/%2e%2e/status",
    "/intake/%252e%252e%252f%252e%252e/status",
    "/intake//",
    "/intake///",
    "/intake/%2f/%2f",
    "/intake/a%00b/1",
    "/intake/a/1%00",
    "/intake/a/1%0d%0ax-injected:%201",
    "/intake/%ff/%fe",
    "/intake/%ed%a0%80/1",
    "/intake/%zz/%",
    "/intake/" + "a" * 10_000 + "/1",
    "/intake/a/" + "1" * 10_000,
    "/intake/a/1;admin=true",
    "/intake/a/1?id=2&source=b",
    "/intake/*/*",
    "/intake/'%20OR%201=1--/1",
    "/intake/$%7Bjndi:ldap:%2f%2fx%7D/1",
    "/./status",
    "//status",
    "/status/",
    "/STATUS",
    "/.git/config",
    "/%2e%2e/%2e%2e/etc/passwd",
]


@pytest.mark.parametrize("path", PATHS, ids=[path[:40] for path in PATHS])
async def test_no_path_leads_elsewhere(target: Target, path: str) -> None:
    """Breaks if a path is read twice, fails inside, or answers with something that nobody reported."""
    answer = await ask(target.public, request(path, "GET", AUTHORIZATION))
    assert answer.status in (401, 403, 404, 422), answer
    assert "x-injected" not in answer.headers
    if answer.status == 422:
        assert answer.problem["field"] in ("source", "id")


async def test_the_public_port_knows_nothing_of_operations(target: Target) -> None:
    """Breaks if a route of operations, or a word of its documentation, is offered to all."""
    service = target.stage.services["library"]
    operations, public = service.operations_api().openapi()["paths"], service.public_api().openapi()["paths"]
    assert len(operations) > 10
    assert public.keys() & operations.keys() == set()
    told = (await ask(target.public, request("/openapi.json"))).body.decode()
    for path, methods in operations.items():
        assert f'"{path}"' not in told
        for method in methods:
            concrete = path.replace("{number}", "1").replace("{topic}", INTAKE.name).replace("{partition}", "0")
            assert (await ask(target.public, request(concrete, method.upper()))).status in (404, 405), path


async def test_errors_repeat_no_secret_and_show_no_inside(target: Target) -> None:
    event = DESK.event(BookReported(book=SECRET, shelf="s", title="t"), SECRET)
    document = json.loads(to_http_structured(event).body)
    wrong = [
        (document | {"data": {"book": SECRET, "shelf": [SECRET], "title": SECRET}}, AUTHORIZATION),
        (document | {"time": SECRET}, AUTHORIZATION),
        (document | {"specversion": SECRET}, AUTHORIZATION),
        (document | {"source": f"https://rival.example/{SECRET}"}, AUTHORIZATION),
        (document | {"type": SECRET}, AUTHORIZATION),
        (document, f"authorization: Bearer {SECRET}"),
        (document, f"authorization: Basic {SECRET}"),
        ([SECRET], AUTHORIZATION),
    ]
    for content, shown in wrong:
        body = json.dumps(content).encode()
        raw = request("/intake", "POST", shown, "content-type: application/cloudevents+json", body=body)
        answer = await ask(target.public, raw)
        assert 400 <= answer.status < 500, answer
        assert SECRET not in str(answer), content
        assert "Traceback" not in str(answer)
    body = json.dumps({"reason": [SECRET]}).encode()
    answer = await ask(
        target.operations, request("/set-aside/1/discard", "POST", "content-type: application/json", body=body)
    )
    assert (answer.status, answer.problem["field"]) == (422, "body.reason")
    assert SECRET not in str(answer)


async def test_after_all_that_the_app_works(target: Target) -> None:
    """Breaks if an attack left something behind: a held connection, a stopped partition, an ended task."""
    assert (await ask(target.public, intake(id_="after"))).status == 202
    await target.stage.quiet()
    assert (await fate(target, "after")).body.endswith(b'"state":"applied"}')
    assert (await ask(target.operations, request("/live"))).status == 200
    assert not (await target.stage.services["library"].status())["stopped"]
