"""What this side's trees in the public record are made of, and whose."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection

from b40_solidarity.holdings import Held, Share
from b40_solidarity.leaves import NEEDS
from b40_solidarity.needs.store import orders
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.store.trees import held_in_row
from b40_solidarity.trees import Tree

HELD = """SELECT need.id AS of, attestation.subject, leaf.amount_minor,
    encode(attestation.receipt, 'hex') AS receipt, leaf.part
  FROM leaf JOIN need ON need.id = leaf.need JOIN attestation ON attestation.id = need.attestation"""


async def share(connection: Connection, batch: UUID, needs: Mapping[UUID, int]) -> None:
    """What of these needs was settled in a batch, minor units."""
    ordered = sorted(needs.items())
    await connection.execute(
        "INSERT INTO share (batch, need, amount_minor) SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])",
        batch,
        [need for need, _ in ordered],
        [amount_minor for _, amount_minor in ordered],
    )


async def unsettled(connection: Connection, part: UUID) -> int:
    """How many of a tree's batches are not known or not answered whole."""
    count: int = await connection.fetchval(
        """SELECT count(*) FROM tree_batch LEFT JOIN batch ON batch.id = tree_batch.batch
           WHERE tree_batch.part = $1 AND (batch.answered = batch.orders) IS NOT TRUE""",
        part,
    )
    return count


async def shares_of(connection: Connection, part: UUID) -> list[Share]:
    """What a tree is to be made of, by batch."""
    rows = await connection.fetch(
        """SELECT share.batch, need.id AS of, attestation.household::text AS party,
             share.amount_minor
           FROM share JOIN tree_batch ON tree_batch.batch = share.batch
           JOIN need ON need.id = share.need JOIN attestation ON attestation.id = need.attestation
           WHERE tree_batch.part = $1 ORDER BY 1, 2""",
        part,
    )
    return [Share(**row) for row in rows]


async def hold(connection: Connection, part: UUID, sums_minor: Mapping[UUID, int]) -> list[Held]:
    """What each of these needs has in a tree now. What an earlier tree had of the same batches was held over."""
    await tree_tables.drop_held_over(connection, part)
    ordered = sorted(sums_minor.items())
    await connection.execute(
        "INSERT INTO leaf (part, need, amount_minor) SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])",
        part,
        [of for of, _ in ordered],
        [amount_minor for _, amount_minor in ordered],
    )
    return await held_in(connection, part)


async def held_in(connection: Connection, part: UUID) -> list[Held]:
    """What each of the needs in a tree has there."""
    return [held_in_row(row) for row in await connection.fetch(f"{HELD} WHERE leaf.part = $1 ORDER BY 1", part)]


async def forget_batches(connection: Connection, before: datetime) -> None:
    """Of records of weeks that ended before then nobody can say any more which needs shared a batch, or an order."""
    batches = await tree_tables.forget_shares(connection, before)
    await connection.execute(
        """UPDATE need SET placed_order = NULL FROM placed_order
           WHERE placed_order.id = need.placed_order AND need.state = 'settled' AND placed_order.batch = ANY($1)""",
        batches,
    )
    await orders.forget_answers(connection, batches)


async def of_receipt(connection: Connection, secret_digest: str) -> list[tuple[Tree, list[Held]]]:
    """The trees of published records with leaves of who keeps this secret, each with these, oldest first."""
    rows = await connection.fetch(f"{HELD} WHERE attestation.receipt = decode($1, 'hex') ORDER BY 1", secret_digest)
    trees = await tree_tables.published(connection, [row["part"] for row in rows], NEEDS)
    return [(tree, [held_in_row(row) for row in rows if row["part"] == tree.part]) for tree in trees]
