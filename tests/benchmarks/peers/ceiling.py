"""PostgreSQL alone: COPY of the same rows into the same tables, 2,000 events a transaction, no Kafka: the ceiling."""

import json
import time
from collections.abc import Sequence
from typing import Any

from b40_chassis.database import migrate, open_pool
from b40_chassis.hears import Connection
from b40_contracts.cloudevents import KafkaRecord

from tests.benchmarks import events
from tests.benchmarks.meter import Meter
from tests.benchmarks.pipeline import Load, Run
from tests.benchmarks.site import Machine, Site
from tests.support.ledger.app import MIGRATIONS
from tests.support.ledger.facts import BOOKS

TRANSACTION_EVENTS = 2_000
OUTBOX_RECORD = """INSERT INTO b40.outbox (topics, keys, payloads, headers, size, records)
                    SELECT array_fill($1::text, ARRAY[records]), $2, $3, $4, 1, records
                   FROM cardinality($2::bytea[]) AS records"""

Rows = list[tuple[Any, ...]]
Lot = tuple[Rows, Rows, tuple[list[bytes], list[bytes], list[str]]]
"""Rows of the inbox and of the books, and the arrays of a packed row of the outbox."""


async def measure_ceiling(machine: Machine, load: Load) -> Run:
    """One run: rows are made before, so that only writing them is measured."""
    async with Site(machine) as site:
        pool = await open_pool(site.database, 2)
        try:
            await migrate(pool, MIGRATIONS)
            lots = _lots(list(events.transfers(load.count, load.ids)))
            meter = Meter(machine.processes())
            async with pool.acquire() as connection:
                before, begun = meter.seconds(), time.monotonic()
                for lot in lots:
                    await _write(connection, lot)
                seconds = time.monotonic() - begun
            spent = {name: after - before[name] for name, after in meter.seconds().items()}
        finally:
            await pool.close()
    speed = load.count / seconds
    return Run(load.count, seconds, speed, speed, {name: each / load.count * 1e6 for name, each in spent.items()})


async def _write(connection: Connection, lot: Lot) -> None:
    inbox, transfers, outbox = lot
    async with connection.transaction():
        await connection.copy_records_to_table(
            "inbox", schema_name="b40", columns=["source", "id", "digest", "appended"], records=inbox
        )
        await connection.copy_records_to_table(
            "transfer", columns=["account", "number", "receiver", "amount"], records=transfers
        )
        await connection.execute(OUTBOX_RECORD, BOOKS.name, *outbox)


def _lots(records: Sequence[KafkaRecord]) -> list[Lot]:
    begins = range(0, len(records), TRANSACTION_EVENTS)
    return [_lot(records[begin : begin + TRANSACTION_EVENTS], begin) for begin in begins]


def _lot(records: Sequence[KafkaRecord], begin: int) -> Lot:
    inbox: Rows = [
        (1, events.time_ordered(number), bytes(8), events.BEGUN) for number in range(begin, begin + len(records))
    ]
    told = [json.loads(record.value or b"") for record in records]
    transfers: Rows = [(each["account"], each["number"], each["receiver"], each["amount"]) for each in told]
    headers = [json.dumps([(name, value.decode()) for name, value in record.headers]) for record in records]
    return inbox, transfers, ([each.key or b"" for each in records], [each.value or b"" for each in records], headers)
