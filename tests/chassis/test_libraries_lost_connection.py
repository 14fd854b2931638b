"""A connection to Kafka that is lost while something is written to it is a lost connection, on uvloop as on asyncio."""

import asyncio
from collections.abc import Iterator

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from b40_chassis import lost_connection


@pytest.fixture
def told() -> Iterator[None]:
    before = AIOKafkaConnection.send
    lost_connection.tell()
    yield
    AIOKafkaConnection.send = before


async def ask_as_it_is_lost(kafka: str) -> None:
    host, port = kafka.split(":")
    connection = await create_conn(host, int(port))
    transport = connection._writer.transport
    transport.abort()
    while "closed=True" not in repr(transport):  # noqa: ASYNC110  (of uvloop, a turn of the loop before others hear of it)
        await asyncio.sleep(0)
    try:
        await connection.send(MetadataRequest([]))
    finally:
        assert not connection.connected(), "it is not used again"


def test_what_is_asked_as_a_connection_is_lost_fails_as_a_lost_connection(kafka: str, told: None) -> None:
    """TRAP: uvloop raises RuntimeError there; aiokafka's task that hears of the cluster ends by it, and all waits."""
    with pytest.raises(KafkaConnectionError, match=r"broken: unable to perform operation on .*closed"):
        uvloop.run(ask_as_it_is_lost(kafka))


def test_without_that_it_is_a_fault_that_aiokafka_does_not_know(kafka: str) -> None:
    """When this fails aiokafka has mended it (its issue 1038), and ``lost_connection`` can go."""
    with pytest.raises(RuntimeError, match="the handler is closed") as raised:
        uvloop.run(ask_as_it_is_lost(kafka))
    assert not isinstance(raised.value, KafkaConnectionError)
