"""What this side's trees in the public record are made of, and whose."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection

from b40_solidarity.holdings import Held, Share
from b40_solidarity.leaves import GIFTS
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.store.trees import held_in_row
from b40_solidarity.trees import Tree

HELD = """SELECT gift.id AS of, gift.subject, leaf.amount_minor,
    encode(gift.receipt, 'hex') AS receipt, leaf.part
  FROM leaf JOIN gift ON gift.id = leaf.gift"""


async def share(connection: Connection, batch: UUID, gifts: Mapping[UUID, int]) -> None:
    """What of these gifts, by their working ids, was spent in a batch, minor units."""
    ordered = sorted(gifts.items())
    await connection.execute(
        """INSERT INTO share (batch, gift, amount_minor)
           SELECT $1, gift.id, spent.minor FROM unnest($2::uuid[], $3::bigint[]) AS spent (working, minor)
           JOIN gift ON gift.working = spent.working ORDER BY gift.id""",
        batch,
        [gift for gift, _ in ordered],
        [amount_minor for _, amount_minor in ordered],
    )


async def unknown(connection: Connection, part: UUID) -> int:
    """How many of a tree's batches this side has not heard of."""
    count: int = await connection.fetchval(
        """SELECT count(*) FROM tree_batch WHERE part = $1
             AND NOT EXISTS (SELECT FROM share WHERE share.batch = tree_batch.batch)""",
        part,
    )
    return count


async def shares_of(connection: Connection, part: UUID) -> list[Share]:
    """What a tree is to be made of, by batch."""
    rows = await connection.fetch(
        """SELECT share.batch, gift.id AS of, gift.payer::text AS party, share.amount_minor
           FROM share JOIN tree_batch ON tree_batch.batch = share.batch
           JOIN gift ON gift.id = share.gift
           WHERE tree_batch.part = $1 ORDER BY 1, 2""",
        part,
    )
    return [Share(**row) for row in rows]


async def hold(connection: Connection, part: UUID, sums_minor: Mapping[UUID, int]) -> list[Held]:
    """What each of these gifts has in a tree now. What an earlier tree had of the same batches was held over."""
    await tree_tables.drop_held_over(connection, part)
    ordered = sorted(sums_minor.items())
    await connection.execute(
        "INSERT INTO leaf (part, gift, amount_minor) SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])",
        part,
        [of for of, _ in ordered],
        [amount_minor for _, amount_minor in ordered],
    )
    return await held_in(connection, part)


async def held_in(connection: Connection, part: UUID) -> list[Held]:
    """What each of the gifts in a tree has there."""
    return [held_in_row(row) for row in await connection.fetch(f"{HELD} WHERE leaf.part = $1 ORDER BY 1", part)]


async def forget_batches(connection: Connection, before: datetime) -> None:
    """Of records of weeks that ended before then nobody can say any more which gifts shared a batch.

    Nor, of what is in no other batch and waits no more, which gifts had the same payer.
    """
    batches = await tree_tables.forget_shares(connection, before)
    await connection.execute("UPDATE gift SET batch = NULL WHERE batch = ANY($1)", batches)
    await connection.execute(
        """UPDATE gift SET payer = NULL WHERE waiting_minor = 0 AND payer IS NOT NULL
             AND NOT EXISTS (SELECT FROM share WHERE share.gift = gift.id)"""
    )


async def of_receipt(connection: Connection, secret_digest: str) -> list[tuple[Tree, list[Held]]]:
    """The trees of published records with leaves of who keeps this secret, each with these, oldest first."""
    rows = await connection.fetch(f"{HELD} WHERE gift.receipt = decode($1, 'hex') ORDER BY 1", secret_digest)
    trees = await tree_tables.published(connection, [row["part"] for row in rows], GIFTS)
    return [(tree, [held_in_row(row) for row in rows if row["part"] == tree.part]) for tree in trees]
