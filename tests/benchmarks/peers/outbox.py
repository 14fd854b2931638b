"""faststream-outbox, tuned: batches taken set-based, rows of the outbox written by the batch, 32 workers relaying.

``python -m tests.benchmarks.peers.outbox KAFKA DATABASE PREFIX consumer|relay``, in an environment of its own (it needs
SQLAlchemy). The order per key is not kept: what it relays in parallel it cannot keep in order.
"""

import asyncio
import json
import logging
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream_outbox import OutboxBroker, make_outbox_table  # type: ignore[import-not-found]
from sqlalchemy import MetaData, text  # type: ignore[import-not-found]
from sqlalchemy.ext.asyncio import create_async_engine  # type: ignore[import-not-found]

TABLES = Path(__file__).with_name("tables.sql")
QUEUE = "books"
BATCH_RECORDS_MAX = 500
WORKERS = 32
FETCHED_AT_ONCE = 1_000
DELETED_AT_ONCE = 100

ENTER = """INSERT INTO inbox SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]))
           ON CONFLICT DO NOTHING RETURNING source, id"""
BOOK = """INSERT INTO transfer (account, number, receiver, amount)
          SELECT * FROM unnest(CAST(:accounts AS text[]), CAST(:numbers AS bigint[]), CAST(:receivers AS text[]),
            CAST(:amounts AS bigint[]))"""
BALANCE = """INSERT INTO balance AS old SELECT * FROM unnest(CAST(:accounts AS text[]), CAST(:amounts AS bigint[]))
             ON CONFLICT (account) DO UPDATE SET amount = old.amount + excluded.amount"""


def announced(transfer: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """What stands in the outbox: the transfer and the attributes of its announcement."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid5(NAMESPACE_URL, headers["ce_source"] + headers["ce_id"])),
        "ce_source": "//b40/ledger",
        "ce_type": "org.b40.ledger.transfer.booked.v1",
        "ce_time": headers["ce_time"],
        "ce_subject": transfer["account"],
        "ce_correlationid": headers["ce_id"],
        "ce_causationid": headers["ce_id"],
    }
    return {"transfer": transfer, "headers": attributes}


async def book(connection: Any, transfers: list[dict[str, Any]]) -> None:
    """Enter transfers into the books."""
    columns = {f"{name}s": [each[name] for each in transfers] for name in ("account", "number", "receiver", "amount")}
    await connection.execute(text(BOOK), columns)
    changes: Counter[str] = Counter()
    for each in transfers:
        changes[each["account"]] -= each["amount"]
        changes[each["receiver"]] += each["amount"]
    accounts = sorted(changes)
    await connection.execute(
        text(BALANCE), {"accounts": accounts, "amounts": [changes[account] for account in accounts]}
    )


def add_consumer(kafka: KafkaBroker, outbox: Any, engine: Any, prefix: str) -> None:
    """Take batches of transfers: inbox, books and outbox in one transaction."""

    async def take(transfers: list[dict[str, Any]], message: KafkaMessage) -> None:
        headers = [{name: raw.decode() for name, raw in each.headers} for each in message.raw_message]
        keys = {(own["ce_source"], own["ce_id"]): index for index, own in reversed(list(enumerate(headers)))}
        ordered = sorted(keys)
        async with engine.begin() as connection:
            rows = await connection.execute(
                text(ENTER), {"sources": [source for source, _ in ordered], "ids": [id_ for _, id_ in ordered]}
            )
            new = sorted(keys[row.source, row.id] for row in rows)
            if new:
                await book(connection, [transfers[index] for index in new])
                bodies = [announced(transfers[index], headers[index]) for index in new]
                await outbox.publish_batch(*bodies, queue=QUEUE, session=connection)

    kafka.subscriber(
        f"{prefix}ledger-intake",
        group_id=f"{prefix}outbox",
        batch=True,
        max_records=BATCH_RECORDS_MAX,
        batch_timeout_ms=10,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )(take)


def add_relay(kafka: KafkaBroker, outbox: Any, prefix: str) -> None:
    """Send rows of the outbox."""

    async def relay(row: dict[str, Any]) -> None:
        transfer = row["transfer"]
        await kafka.publish(
            json.dumps(transfer).encode(),
            topic=f"{prefix}ledger-books",
            key=transfer["account"].encode(),
            headers={**row["headers"], "content-type": "application/json"},
        )

    outbox.subscriber(
        QUEUE,
        max_workers=WORKERS,
        fetch_batch_size=FETCHED_AT_ONCE,
        min_fetch_interval=0.01,
        max_fetch_interval=0.05,
        terminal_flush_batch_size=DELETED_AT_ONCE,
    )(relay)


async def main(address: str, database: str, prefix: str, role: str) -> None:
    """Run until a signal. The relay makes the tables: it is started first."""
    metadata = MetaData()
    table = make_outbox_table(metadata, table_name="outbox")
    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://"), pool_size=40)
    kafka = KafkaBroker(address, allow_auto_create_topics=False, log_level=logging.DEBUG)
    outbox = OutboxBroker(engine, outbox_table=table)
    if role == "relay":
        async with engine.begin() as connection:
            for statement in TABLES.read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    await connection.execute(text(statement))
            await connection.run_sync(metadata.create_all)
        add_relay(kafka, outbox, prefix)
        await FastStream(outbox, on_startup=[kafka.start]).run()
    else:
        add_consumer(kafka, outbox, engine, prefix)
        await FastStream(kafka).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
