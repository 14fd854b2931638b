"""FastStream as its documentation teaches: a subscriber per message, a transaction per message, publish inside it.

``python -m tests.benchmarks.peers.documented KAFKA DATABASE PREFIX``. It acknowledges after the work (NACK_ON_ERROR):
by its default it would do so before, and lose what was taken when it is killed.
"""

import asyncio
import logging
import sys
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import asyncpg
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel

TABLES = Path(__file__).with_name("tables.sql")


class Transfer(BaseModel):
    """A transfer, as it is reported and as it is booked."""

    account: str
    number: int
    receiver: str
    amount: int


def announcement(headers: dict[str, str], account: str) -> dict[str, str]:
    """The attributes of the announcement of a transfer that came with these."""
    return {
        "ce_specversion": "1.0",
        "ce_id": str(uuid5(NAMESPACE_URL, headers["ce_source"] + headers["ce_id"])),
        "ce_source": "//b40/ledger",
        "ce_type": "org.b40.ledger.transfer.booked.v1",
        "ce_time": headers["ce_time"],
        "ce_subject": account,
        "ce_correlationid": headers["ce_id"],
        "ce_causationid": headers["ce_id"],
    }


async def book(connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", transfer: Transfer) -> None:
    """Enter one transfer into the books."""
    await connection.execute(
        "INSERT INTO transfer (account, number, receiver, amount) VALUES ($1, $2, $3, $4)",
        transfer.account,
        transfer.number,
        transfer.receiver,
        transfer.amount,
    )
    for account, amount in sorted({transfer.account: -transfer.amount, transfer.receiver: transfer.amount}.items()):
        await connection.execute(
            """INSERT INTO balance AS old VALUES ($1, $2)
               ON CONFLICT (account) DO UPDATE SET amount = old.amount + excluded.amount""",
            account,
            amount,
        )


async def main(kafka: str, database: str, prefix: str) -> None:
    """Run until a signal."""
    broker = KafkaBroker(kafka, allow_auto_create_topics=False, log_level=logging.DEBUG)
    async with asyncpg.create_pool(database, min_size=2, max_size=4) as pool:
        await pool.execute(TABLES.read_text(encoding="utf-8"))

        async def take(transfer: Transfer, message: KafkaMessage) -> None:
            source, id_ = message.headers["ce_source"], message.headers["ce_id"]
            async with pool.acquire() as connection, connection.transaction():
                new = await connection.fetchval(
                    "INSERT INTO inbox VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true", source, id_
                )
                if new:
                    await book(connection, transfer)
                    await broker.publish(
                        transfer,
                        topic=f"{prefix}ledger-books",
                        key=transfer.account.encode(),
                        headers=announcement(message.headers, transfer.account),
                    )

        broker.subscriber(
            f"{prefix}ledger-intake",
            group_id=f"{prefix}documented",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )(take)
        await FastStream(broker).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
