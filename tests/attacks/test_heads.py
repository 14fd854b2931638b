"""Heads that are no HTTP, say two things, or are too large: refused as problems that repeat nothing."""

import pytest

from tests.attacks.conftest import Target
from tests.attacks.raw import ask, line, request

SECRET = "hunter2-of-the-desk"
POST = f"POST /intake HTTP/1.1\r\nhost: b40.example\r\nauthorization: Bearer {SECRET}\r\n"
SMUGGLED = "GET /docs HTTP/1.1\r\nhost: b40.example\r\n\r\n"

NO_HTTP = {
    "noise": f"{SECRET}\r\n\r\n",
    "a handshake of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no host": f"GET /docs HTTP/1.1\r\nx: {SECRET}\r\n\r\n",
    "two hosts": "GET /docs HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    "a space in a header's name": f"GET /docs HTTP/1.1\r\nhost: a\r\nx y: {SECRET}\r\n\r\n",
    "a space before the colon": "POST /intake HTTP/1.1\r\nhost: a\r\ncontent-length : 5\r\n\r\nabcde",
    "NUL in a header": f"{POST}ce-id: a\0b\r\n\r\n",
    "CR alone in a header": f"{POST}ce-id: a\rx: y\r\n\r\n",
    "NUL in the target": "GET /intake/\0/1 HTTP/1.1\r\nhost: a\r\n\r\n",
    "letters beyond ASCII in the target": "GET /intake/\xfc/1 HTTP/1.1\r\nhost: a\r\n\r\n",
    "two lengths": f"{POST}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    "two lengths in one": f"{POST}content-length: 5, 6\r\n\r\nabcdef",
    "a length below nothing": f"{POST}content-length: -1\r\n\r\n",
    "a length in words": f"{POST}content-length: five\r\n\r\nabcde",
    "a length too long to be one": f"{POST}content-length: {'9' * 40}\r\n\r\n",
    "a framing that nobody knows": f"{POST}transfer-encoding: gzip, chunked\r\n\r\n",
    "two framings": f"{POST}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a framing in disguise": f"{POST}transfer-encoding: x\r\ncontent-length: 5\r\n\r\nabcde",
}


@pytest.mark.parametrize("raw", NO_HTTP.values(), ids=NO_HTTP.keys())
async def test_what_is_no_http_is_refused_and_the_connection_ends(target: Target, raw: str) -> None:
    """Breaks if it is read in any way, answered by something else than a problem, or repeated in the answer."""
    for port in (target.public, target.operations):
        async with line(port) as connection:
            await connection.send(raw.encode("latin-1"))
            answer = await connection.answer()
            assert answer.status == 400, answer
            assert answer.problem["title"] == "No HTTP"
            assert SECRET not in str(answer)
            assert await connection.ended() == b""


async def test_another_version_is_told_which_one_is_spoken(target: Target) -> None:
    for raw in (b"GET /docs HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        async with line(target.public) as connection:
            await connection.send(raw)
            assert (await connection.answer()).problem["status"] == 505
            assert b"200 OK" not in await connection.ended()


async def test_a_broken_chunk_ends_the_connection_without_an_effect(target: Target) -> None:
    async with line(target.public) as connection:
        await connection.send(f"{POST}transfer-encoding: chunked\r\n\r\nzz\r\n{SMUGGLED}".encode())
        assert 400 <= (await connection.answer()).problem["status"] < 500
        assert await connection.ended() == b""


@pytest.mark.parametrize("first", ["content-length", "transfer-encoding"])
async def test_two_framings_smuggle_no_second_request(target: Target, first: str) -> None:
    """Breaks if a proxy before us and we can see different requests in the same bytes (RFC 9112, 6.3)."""
    framings = [f"content-length: {5 + len(SMUGGLED)}", "transfer-encoding: chunked"]
    framings.sort(key=lambda each: not each.startswith(first))
    async with line(target.public) as connection:
        await connection.send(f"{POST}{framings[0]}\r\n{framings[1]}\r\n\r\n0\r\n\r\n{SMUGGLED}".encode())
        answer = await connection.answer()
        assert (answer.status, answer.problem["field"]) == (400, "content-length")
        assert await connection.ended() == b"", "the smuggled request is answered"


@pytest.mark.parametrize(
    "raw",
    [
        "GET /" + "a" * 70_000,
        "GET /docs HTTP/1.1\r\nhost: a\r\nx: " + "a" * 70_000,
        "GET /docs HTTP/1.1\r\nhost: a\r\n" + "x: y\r\n" * 10_000,
    ],
    ids=["target", "header", "headers"],
)
async def test_a_head_without_an_end_is_not_kept(target: Target, raw: str) -> None:
    """Breaks if the memory is the only bound of what a head may have."""
    async with line(target.public) as connection:
        await connection.send(raw.encode())
        answer = await connection.answer()
        assert (answer.status, answer.problem["title"]) == (431, "Too large")
        assert await connection.ended() == b""


async def test_an_upgrade_is_not_offered(target: Target) -> None:
    for protocol in ("websocket", "h2c"):
        raw = request("/docs", "GET", "connection: upgrade", f"upgrade: {protocol}", "sec-websocket-key: x")
        assert (await ask(target.public, raw)).status == 200, "answered as what it is: a request"


METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW", "GET")


@pytest.mark.parametrize("method", METHODS)
async def test_a_method_that_is_not_offered_names_those_that_are(target: Target, method: str) -> None:
    for port, path, offered in (
        (target.public, "/intake", "POST"),
        (target.operations, "/unsendable/send-again", "POST"),
    ):
        async with line(port) as connection:
            await connection.send(request(path, method, f"x-secret: {SECRET}"))
            head = await connection.answer() if method != "HEAD" else None
        if head is not None:
            assert (head.status, head.headers["allow"], head.problem["title"]) == (405, offered, "Not offered")
            assert SECRET not in str(head)


async def test_a_tunnel_is_not_offered(target: Target) -> None:
    answer = await ask(target.public, b"CONNECT mail.example:25 HTTP/1.1\r\nhost: mail.example:25\r\n\r\n")
    assert answer.status in (400, 404, 405)


async def test_whose_software_answers_is_not_told(target: Target) -> None:
    answer = await ask(target.public, request("/docs"))
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers


async def test_no_answer_sends_a_client_where_it_was_not_asked(target: Target) -> None:
    """Breaks if the host that somebody names comes back as the address to go to."""
    for path in ("/intake/", "/docs/", "/openapi.json/", "//docs"):
        answer = await ask(target.public, request(path).replace(b"b40.example", b"thief.example"))
        assert (answer.status, "thief" in str(answer)) == (404, False), path


async def test_a_target_with_a_host_of_its_own_goes_nowhere(target: Target) -> None:
    """Breaks if the port fetches what it is asked for elsewhere."""
    assert (await ask(target.public, request("http://127.0.0.1:9/live"))).status == 404
