"""What each payer gave within an epoch of its token: kept until some time after its end, and under no name."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from b40_chassis.hears import Connection

from b40_solidarity.epochs import first_day_after


class PayerEpoch(NamedTuple):
    """A payer, by the keyed hash of its token, in an epoch and a currency."""

    payer: UUID
    epoch: str
    currency: str


async def lock(connection: Connection, payers: Collection[PayerEpoch]) -> dict[PayerEpoch, int]:
    """What these payers gave so far, minor units, locked until the transaction ends."""
    ordered = sorted(payers)
    await connection.execute(
        """INSERT INTO payer_epoch (payer, epoch, currency, given_minor, ends)
           SELECT payer, epoch, currency, 0, ends
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[]) AS one (payer, epoch, currency, ends)
           ON CONFLICT DO NOTHING""",
        *_columns(ordered),
        [first_day_after(one.epoch) for one in ordered],
    )
    rows = await connection.fetch(
        """SELECT payer, epoch, currency, given_minor FROM payer_epoch
           JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS one (payer, epoch, currency)
             USING (payer, epoch, currency)
           ORDER BY payer, epoch, currency FOR UPDATE OF payer_epoch""",
        *_columns(ordered),
    )
    return {PayerEpoch(row["payer"], row["epoch"], row["currency"]): row["given_minor"] for row in rows}


async def put(connection: Connection, given_minor: Mapping[PayerEpoch, int]) -> None:
    """This is what these payers, who are locked, gave by now."""
    await connection.execute(
        """UPDATE payer_epoch SET given_minor = one.given_minor
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS one (payer, epoch, currency, given_minor)
           WHERE payer_epoch.payer = one.payer AND payer_epoch.epoch = one.epoch
             AND payer_epoch.currency = one.currency""",
        *_columns(list(given_minor)),
        list(given_minor.values()),
    )


async def forget_ended(connection: Connection, before: date) -> None:
    """Nobody can say any more what a payer gave in an epoch that ended before then."""
    await connection.execute("DELETE FROM payer_epoch WHERE ends < $1", before)


def _columns(payers: Collection[PayerEpoch]) -> tuple[list[UUID], list[str], list[str]]:
    return [one.payer for one in payers], [one.epoch for one in payers], [one.currency for one in payers]
