"""Mistakes in what a client may keep, bring and be told over HTTP."""

from tests.mutants.mistake import Mistake

CONNECTIONS = "tests/attacks/test_connections.py"
HEADS = "tests/attacks/test_heads.py"
REQUESTS = "tests/attacks/test_requests.py"

BOUNDING = [
    Mistake(
        "a connection has no bound from its beginning",
        "port.py",
        "        super().connection_made(transport)\n        self._bound(HEAD_SECONDS_MAX)\n",
        "        super().connection_made(transport)\n",
        CONNECTIONS,
        "byte_by_byte",
    ),
    Mistake(
        "an answer buys a connection for ever",
        "port.py",
        "        self._bound(EXCHANGE_SECONDS_MAX if self.transport.get_write_buffer_size() else HEAD_SECONDS_MAX)\n",
        "        self._limit and self._limit.cancel()\n",
        CONNECTIONS,
        "second_request or nobody_reads",
    ),
    Mistake(
        "a client that does not read is waited for",
        "port.py",
        "            self.transport.abort()  # closing would wait for a client that does not read\n",
        "            self.transport.close()\n",
        CONNECTIONS,
        "does_not_read",
    ),
    Mistake(
        "connections are not counted",
        "port.py",
        "len(self.connections) > settings.connections or",
        "False or",
        CONNECTIONS,
        "only_so_many",
    ),
    Mistake(
        "connections of one address are not counted",
        "port.py",
        " or len(of_one) > settings.connections_of_one",
        "",
        CONNECTIONS,
        "one_address",
    ),
    Mistake(
        "a handshake has no bound",
        "port.py",
        ", ssl_handshake_timeout=seconds",
        "",
        CONNECTIONS,
        "handshake",
    ),
    Mistake(
        "a body has no bound in time",
        "bounds.py",
        "            async with asyncio.timeout_at(self._seconds_end):\n",
        "            async with asyncio.timeout_at(None):\n",
        CONNECTIONS,
        "body_that_does_not_come",
    ),
    Mistake(
        "a body has no bound but what it says of itself",
        "bounds.py",
        "        if self._bytes > BODY_BYTES_MAX:\n",
        "        if not message:\n",
        REQUESTS,
        "without_a_length",
    ),
    Mistake(
        "two framings are taken",
        "bounds.py",
        "    if length is not None and framing is not None:",
        "    if not headers:",
        HEADS,
        "smuggle",
    ),
    Mistake(
        "an encoded body is read as it is",
        "bounds.py",
        '    if headers.get("content-encoding", "identity").lower() != "identity":\n',
        "    if not headers:\n",
        REQUESTS,
        "unpacked",
    ),
    Mistake(
        "a slash more sends a client where the request says",
        "bounds.py",
        "redirect_slashes=False",
        "redirect_slashes=True",
        HEADS,
        "where_it_was_not_asked",
    ),
    Mistake(
        "a route that there is not answers as the library does",
        "problems.py",
        "    @api.exception_handler(HTTPExceptionOfRouting)\n",
        "    @api.exception_handler(BlockingIOError)\n",
        HEADS,
        "not_offered",
    ),
]
