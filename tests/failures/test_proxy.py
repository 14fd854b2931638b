"""The proxy harms connections as it says, and heals them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from b40_infra.local import ports
from b40_infra.local.kafka import Kafka

from tests.support.proxy import Proxy

SECONDS_MAX = 20
SILENCE_SECONDS = 0.3


class Caller:
    """A client of the echo that stands behind the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def echo(self, line: bytes, seconds_max: float = SECONDS_MAX) -> bytes:
        self._writer.write(line + b"\n")
        async with asyncio.timeout(seconds_max):
            return (await self._reader.readuntil(b"\n"))[:-1]

    async def ended(self) -> bool:
        async with asyncio.timeout(SECONDS_MAX):
            try:
                return await self._reader.read() == b""
            except ConnectionError:
                return True

    def close(self) -> None:
        self._writer.transport.abort()


class Place:
    """An echo behind a proxy, and its callers."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._callers: list[Caller] = []

    async def call(self) -> Caller:
        self._callers.append(Caller(*await asyncio.open_connection(ports.HOST, self.proxy.port)))
        return self._callers[-1]

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(line)
        writer.close()

    port = ports.free()
    async with await asyncio.start_server(echo, ports.HOST, port), Proxy(port) as proxy:
        with closing(Place(proxy)) as made:
            yield made


async def test_it_forwards_there_and_back(place: Place) -> None:
    caller = await place.call()
    assert [await caller.echo(word) for word in (b"one", b"two")] == [b"one", b"two"]


async def test_what_passes_is_delayed_in_each_direction(place: Place) -> None:
    caller = await place.call()
    place.proxy.delay(0.2, 0.1)
    begun = time.monotonic()
    assert await caller.echo(b"slow") == b"slow"
    assert time.monotonic() - begun >= 0.3


async def test_a_cut_ends_what_is_open_and_not_what_comes_after(place: Place) -> None:
    caller = await place.call()
    await caller.echo(b"before")
    place.proxy.cut()
    assert await caller.ended()
    assert await (await place.call()).echo(b"after") == b"after"


async def test_while_it_refuses_only_what_is_open_goes_on(place: Place) -> None:
    caller = await place.call()
    await caller.echo(b"before")
    place.proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await place.call()
    assert await caller.echo(b"still") == b"still"
    await place.proxy.heal()
    assert await (await place.call()).echo(b"again") == b"again"


async def test_half_open_connections_say_nothing_and_end_when_it_heals(place: Place) -> None:
    old = await place.call()
    await old.echo(b"before")
    place.proxy.swallow()
    new = await place.call()
    for caller in (old, new):
        with pytest.raises(TimeoutError):
            await caller.echo(b"lost", SILENCE_SECONDS)
    await place.proxy.heal()
    assert [await caller.ended() for caller in (old, new)] == [True, True]
    assert await (await place.call()).echo(b"again") == b"again"


async def test_what_is_to_happen_at_a_word_happens_once_and_before_the_answer(place: Place) -> None:
    caller, heard = await place.call(), []
    place.proxy.when_sent(b"now", lambda: heard.append("cut") or place.proxy.cut())  # type: ignore[func-returns-value]
    assert await caller.echo(b"not yet") == b"not yet"
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await caller.echo(b"now")
    assert await (await place.call()).echo(b"now") == b"now"
    assert heard == ["cut"]


async def test_a_connection_that_lost_nothing_goes_on(place: Place) -> None:
    caller = await place.call()
    await caller.echo(b"before")
    place.proxy.swallow()
    await place.proxy.heal()
    assert await caller.echo(b"after") == b"after"


async def test_who_comes_to_kafka_through_a_proxy_stays_behind_it(tmp_path: Path) -> None:
    proxied_port = ports.free()
    async with Proxy(proxied_port) as proxy:
        part = Kafka(tmp_path, ports.free(), ports.free(), proxied=[(proxied_port, proxy.port)])
        try:
            await asyncio.to_thread(part.prepare)
            part.child.start()
            await asyncio.to_thread(part.wait)
            assert await brokers(part.port) == {part.port}
            assert await brokers(proxy.port) == {proxy.port}
        finally:
            await asyncio.to_thread(part.stop)


async def brokers(port: int) -> set[int]:
    """The ports that a client is told to go to."""
    async with AIOKafkaProducer(bootstrap_servers=f"{ports.HOST}:{port}") as producer:
        return {broker.port for broker in producer.client.cluster.brokers() if broker.nodeId != "bootstrap-0"}
