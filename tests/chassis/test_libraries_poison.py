"""What one bad record does to its batch with FastStream's own parser and decoder: why the chassis brings its own.

A policy that commits loses the good records with the bad one; NACK_ON_ERROR loses them too if the parser raised, else
it tries for ever. Each row that changes here lets the parser or decoder in Subscribers be simplified.
"""

from collections.abc import Callable
from typing import Any

import pytest
from faststream import AckPolicy
from pydantic import BaseModel

from tests.chassis.listening import Header, committed, listening, new_topic, producing, send, until

JSON: Header = ("content-type", b"application/json")
POLICIES = pytest.mark.parametrize("policy", [AckPolicy.ACK, AckPolicy.NACK_ON_ERROR], ids=lambda policy: policy.name)
TRIES = 5


class Loan(BaseModel):
    number: int


def loan(number: int) -> bytes:
    return Loan(number=number).model_dump_json().encode()


async def a_bad_one_among_good(kafka: str, value: bytes | None, *headers: Header) -> str:
    """One batch of five: the producer sends it as one."""
    topic = new_topic(kafka)
    async with producing(kafka, linger_ms=200) as producer:
        for number in range(5):
            bad = number == 2
            sent = list(headers) if bad else [JSON]
            await producer.send(topic, value if bad else loan(number), key=b"key", headers=sent, partition=0)
    return topic


async def say_last(kafka: str, topic: str, done: Callable[[], bool]) -> None:
    """A good record now and then, until one comes through."""
    numbers = iter(range(100, 200))

    async def one_more() -> None:
        await send(kafka, topic, [loan(next(numbers))], [JSON])

    await one_more()
    while not done():
        await one_more()


@POLICIES
@pytest.mark.parametrize("poison", [None, b"\xff\xfe"], ids=["header null", "header not UTF-8"])
async def test_a_bad_header_takes_the_good_records_with_it(kafka: str, policy: AckPolicy, poison: bytes | None) -> None:
    """The parser raises, and then nothing is left to seek back: if that is mended, parse may be FastStream's."""
    topic = await a_bad_one_among_good(kafka, loan(2), JSON, ("x", poison))
    heard: list[int] = []

    async def hear(loans: list[Loan]) -> None:
        heard.extend(each.number for each in loans)

    async with listening(kafka, topic, policy, hear, apply_types=True) as group:
        await say_last(kafka, topic, lambda: any(number >= 100 for number in heard))
    assert not {3, 4} & set(heard), "the good ones after it"
    assert await committed(kafka, topic, group) > 5, "and its offset was committed past them"


@POLICIES
@pytest.mark.parametrize(
    ("value", "headers"),
    [(b"{", [JSON]), (b'{"number": "none"}', [JSON]), (None, [])],
    ids=["JSON broken", "schema invalid", "tombstone"],
)
async def test_a_bad_value_takes_the_good_records_with_it_or_blocks_its_partition(
    kafka: str, policy: AckPolicy, value: bytes | None, headers: list[Header]
) -> None:
    """If this fails, FastStream isolates a bad record: then the raw decoder may be reconsidered (it is also faster)."""
    topic = await a_bad_one_among_good(kafka, value, *headers)
    heard: list[int] = []
    tries = 0

    async def counted(message: Any, original: Any) -> Any:
        nonlocal tries
        tries += any(record.offset == 2 for record in message.raw_message)
        return await original(message)

    async def hear(loans: list[Loan]) -> None:
        heard.extend(each.number for each in loans)

    async with listening(kafka, topic, policy, hear, decoder=counted, apply_types=True) as group:
        if policy is AckPolicy.NACK_ON_ERROR:
            await until(lambda: tries >= TRIES)
        else:
            await say_last(kafka, topic, lambda: any(number >= 100 for number in heard))
    assert not {3, 4} & set(heard), "the good ones after it"
    if policy is AckPolicy.NACK_ON_ERROR:
        assert await committed(kafka, topic, group) <= 2, "it is tried for ever"
    else:
        assert tries == 1
        assert await committed(kafka, topic, group) > 5
