"""The ledger as an application: booking a wave of transfers set-based, or one at a time."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from b40_chassis.application import Application
from b40_chassis.hears import Connection, Heard, Hears
from b40_chassis.work import Work

from tests.support.ledger.facts import TOPICS, TransferBooked, TransferReported

MIGRATIONS = Path(__file__).parent / "migrations"


def ledger(*, each: bool = False) -> Application:
    """The app; with ``each`` its handler is called once per transfer."""
    hears = Hears("ledger")
    if each:
        hears.each(TransferReported)(_book_one)
    else:
        hears.batch(TransferReported, many_per_key=True)(_book)
    return Application(name="ledger", topics=TOPICS, hears=hears, migrations=MIGRATIONS)


async def _book(heard: Sequence[Heard[TransferReported]], work: Work) -> None:
    transfers = [each.event for each in heard]
    await enter(work.connection, transfers)
    for each in heard:
        work.announce(booked(each.event), cause=each)


async def _book_one(heard: Heard[TransferReported], work: Work) -> None:
    await enter(work.connection, [heard.event])
    work.announce(booked(heard.event), cause=heard)


def booked(transfer: TransferReported) -> TransferBooked:
    return TransferBooked(
        account=transfer.account, number=transfer.number, receiver=transfer.receiver, amount=transfer.amount
    )


async def enter(connection: Connection, transfers: Sequence[TransferReported]) -> None:
    await connection.execute(
        """INSERT INTO transfer (account, number, receiver, amount)
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[])""",
        [each.account for each in transfers],
        [each.number for each in transfers],
        [each.receiver for each in transfers],
        [each.amount for each in transfers],
    )
    changes: Counter[str] = Counter()
    for each in transfers:
        changes[each.account] -= each.amount
        changes[each.receiver] += each.amount
    accounts = sorted(changes)
    await connection.execute(
        """INSERT INTO balance AS old (account, amount) SELECT * FROM unnest($1::text[], $2::bigint[])
           ON CONFLICT (account) DO UPDATE SET amount = old.amount + excluded.amount""",
        accounts,
        [changes[account] for account in accounts],
    )
