"""Reports events over HTTPS: ``python -m tests.benchmarks.caller PORT AUTHORITY CONNECTIONS BATCH SECONDS``.

Requests are written by hand, answers read no further than needed: what is measured is the other side.
Prints, of each request, when it was answered and how long that took.
"""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Iterator

import uvloop
from b40_contracts.cloudevents import KafkaRecord
from b40_infra.local import ports

from tests.benchmarks import events

ACCEPTED = b"HTTP/1.1 202"


def single(record: KafkaRecord) -> bytes:
    """A report of one event, in binary mode."""
    headers = [(name.replace("ce_", "ce-"), (value or b"").decode()) for name, value in record.headers]
    return _request(headers, record.value or b"")


def batch(records: list[KafkaRecord]) -> bytes:
    """A report of several events."""
    documents = []
    for record in records:
        attributes = {
            name.removeprefix("ce_"): (value or b"").decode()
            for name, value in record.headers
            if name.startswith("ce_")
        }
        documents.append({**attributes, "data": json.loads(record.value or b"")})
    return _request([("content-type", "application/cloudevents-batch+json")], json.dumps(documents).encode())


def _request(headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = ["POST /intake HTTP/1.1", "host: b40.example", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _requests(size: int, connection: int, connections: int) -> Iterator[bytes]:
    """Those of one connection: all events together are distinct."""
    begin = connection * size
    while True:
        records = list(events.transfers(size, begin=begin))
        yield batch(records) if size > 1 else single(records[0])
        begin += connections * size


async def _call(
    port: int, trusted: ssl.SSLContext, requests: Iterator[bytes], begun: float, seconds: float
) -> list[tuple[float, float]]:
    reader, writer = await asyncio.open_connection(ports.HOST, port, ssl=trusted)
    answered: list[tuple[float, float]] = []
    while (sent := time.monotonic()) < begun + seconds:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(ACCEPTED), head
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        now = time.monotonic()
        answered.append((now - begun, now - sent))
    writer.close()
    return answered


async def main(port: int, authority: str, connections: int, size: int, seconds: float) -> None:
    """Call until the time is over."""
    trusted = ssl.create_default_context(cafile=authority)
    begun = time.monotonic()
    async with asyncio.timeout(seconds + 20):
        found = await asyncio.gather(
            *(
                _call(port, trusted, _requests(size, number, connections), begun, seconds)
                for number in range(connections)
            )
        )
    json.dump([each for answered in found for each in answered], sys.stdout)


if __name__ == "__main__":
    port, authority, connections, size, seconds = sys.argv[1:]
    uvloop.run(main(int(port), authority, int(connections), int(size), float(seconds)))
