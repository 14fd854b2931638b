"""This side's trees in the public record, what they are made of, and the keys that salt their leaves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection

from b40_solidarity.holdings import Held, Share
from b40_solidarity.leaves import GIFTS
from b40_solidarity.trees import Tree

HELD = """SELECT gift.id AS of, coalesce(gift.person, gift.id) AS subject, leaf.amount_minor,
    encode(gift.receipt, 'hex') AS receipt, leaf.part
  FROM leaf JOIN gift ON gift.id = leaf.gift"""


async def enter(connection: Connection, part: UUID, currency: str, due: datetime, batches: Collection[UUID]) -> None:
    """Enter a tree that is to be made over these batches."""
    await connection.execute("INSERT INTO tree (part, currency, due) VALUES ($1, $2, $3)", part, currency, due)
    await connection.execute(
        "INSERT INTO tree_batch (part, batch) SELECT $1, batch FROM unnest($2::uuid[]) AS batch", part, batches
    )


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


async def currency_and_due(connection: Connection, part: UUID) -> tuple[str, datetime]:
    """The currency of a tree, and when its week ended."""
    row = await connection.fetchrow("SELECT currency, due FROM tree WHERE part = $1", part)
    assert row is not None, "a tree is entered before it is made"
    return row["currency"], row["due"]


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


async def clearing_minor(connection: Connection, part: UUID) -> dict[UUID, int]:
    """What the clearing account says of a tree's batches; of those from before it was kept by batch, nothing."""
    rows = await connection.fetch(
        """SELECT transfer.batch, sum(transfer.amount_minor)::bigint AS minor FROM transfer
           JOIN tree_batch ON tree_batch.batch = transfer.batch WHERE tree_batch.part = $1 GROUP BY 1""",
        part,
    )
    return {row["batch"]: row["minor"] for row in rows}


async def hold(connection: Connection, part: UUID, sums_minor: Mapping[UUID, int]) -> list[Held]:
    """What each of these gifts has in a tree now. What an earlier tree had of the same batches was held over."""
    await connection.execute(
        """DELETE FROM leaf USING tree_batch AS earlier JOIN tree_batch AS later ON later.batch = earlier.batch
           WHERE leaf.part = earlier.part AND later.part = $1 AND earlier.part <> $1""",
        part,
    )
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
    return [_held(row) for row in await connection.fetch(f"{HELD} WHERE leaf.part = $1 ORDER BY 1", part)]


async def plant(connection: Connection, tree: Tree) -> None:
    """Keep a tree that was made."""
    await connection.execute(
        "UPDATE tree SET seed = $2, root = $3, leaves = $4 WHERE part = $1",
        tree.part,
        tree.seed,
        tree.root,
        tree.leaves,
    )


async def note_published(connection: Connection, root: str, number: int, due: datetime) -> None:
    """A record with this root is published: receipts of its tree may be given."""
    await connection.execute(
        "INSERT INTO published_root (root, number, due) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", root, number, due
    )


async def forget_batches(connection: Connection, before: datetime) -> None:
    """Of records of weeks that ended before then nobody can say any more which gifts shared a batch.

    Nor, of what is in no other batch and waits no more, which gifts had the same payer.
    """
    rows = await connection.fetch(
        """DELETE FROM tree_batch USING tree JOIN published_root USING (root)
           WHERE tree.part = tree_batch.part AND published_root.due < $1 RETURNING tree_batch.batch""",
        before,
    )
    batches = [row["batch"] for row in rows]
    await connection.execute("DELETE FROM share WHERE batch = ANY($1)", batches)
    await connection.execute("UPDATE gift SET batch = NULL WHERE batch = ANY($1)", batches)
    await connection.execute(
        """UPDATE gift SET payer = NULL WHERE waiting_minor = 0 AND payer IS NOT NULL
             AND NOT EXISTS (SELECT FROM share WHERE share.gift = gift.id)"""
    )


async def with_root(connection: Connection, root: str) -> Tree | None:
    """The tree with this root, or None."""
    row = await connection.fetchrow("SELECT part, currency, seed, leaves FROM tree WHERE root = $1", root)
    return Tree(side=GIFTS, **row) if row else None


async def of_receipt(connection: Connection, secret_digest: str) -> list[tuple[Tree, list[Held]]]:
    """The trees of published records with leaves of who keeps this secret, each with these, oldest first."""
    rows = await connection.fetch(f"{HELD} WHERE gift.receipt = decode($1, 'hex') ORDER BY 1", secret_digest)
    trees = await connection.fetch(
        """SELECT part, currency, seed, leaves FROM tree JOIN published_root USING (root)
           WHERE part = ANY($1) ORDER BY tree.due, part""",
        [row["part"] for row in rows],
    )
    return [(Tree(side=GIFTS, **tree), [_held(row) for row in rows if row["part"] == tree["part"]]) for tree in trees]


async def keys_of(connection: Connection, subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """The keys of those of these subjects who are not forgotten."""
    rows = await connection.fetch("SELECT subject, key FROM subject_key WHERE subject = ANY($1)", list(subjects))
    return {row["subject"]: row["key"] for row in rows}


async def enter_keys(connection: Connection, keys: Sequence[tuple[UUID, bytes]]) -> None:
    """Enter the keys of subjects that have none."""
    await connection.execute(
        """INSERT INTO subject_key (subject, key) SELECT * FROM unnest($1::uuid[], $2::bytea[])
           ON CONFLICT DO NOTHING""",
        [subject for subject, _ in keys],
        [key for _, key in keys],
    )


def _held(row: Record) -> Held:
    return Held(**{name: row[name] for name in Held.__dataclass_fields__})
