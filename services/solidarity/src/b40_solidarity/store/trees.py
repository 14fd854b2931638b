"""The tables of a side's trees that are the same on either side, each side's in its own database.

What a tree is made of, and whose, each side's own ``store/trees.py`` knows; here nothing is known of gifts or needs.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_chassis.identity import Identity

from b40_solidarity.holdings import Held
from b40_solidarity.trees import Tree, plant


async def enter(connection: Connection, part: UUID, currency: str, due: datetime, batches: Collection[UUID]) -> None:
    """Enter a tree that is to be made over these batches."""
    await connection.execute("INSERT INTO tree (part, currency, due) VALUES ($1, $2, $3)", part, currency, due)
    await connection.execute(
        "INSERT INTO tree_batch (part, batch) SELECT $1, batch FROM unnest($2::uuid[]) AS batch", part, batches
    )


async def currency_and_due(connection: Connection, part: UUID) -> tuple[str, datetime]:
    """The currency of a tree, and when its week ended."""
    row = await connection.fetchrow("SELECT currency, due FROM tree WHERE part = $1", part)
    assert row is not None, "a tree is entered before it is made"
    return row["currency"], row["due"]


async def clearing_minor(connection: Connection, part: UUID) -> dict[UUID, int]:
    """What the clearing account says of a tree's batches; of those from before it was kept by batch, nothing."""
    rows = await connection.fetch(
        """SELECT transfer.batch, sum(transfer.amount_minor)::bigint AS minor FROM transfer
           JOIN tree_batch ON tree_batch.batch = transfer.batch WHERE tree_batch.part = $1 GROUP BY 1""",
        part,
    )
    return {row["batch"]: row["minor"] for row in rows}


async def drop_held_over(connection: Connection, part: UUID) -> None:
    """What an earlier tree had of the same batches as this one was held over: it is in this one alone."""
    await connection.execute(
        """DELETE FROM leaf USING tree_batch AS earlier JOIN tree_batch AS later ON later.batch = earlier.batch
           WHERE leaf.part = earlier.part AND later.part = $1 AND earlier.part <> $1""",
        part,
    )


async def grow(
    connection: Connection, identity: Identity, held: Sequence[Held], part: UUID, side: str, currency: str
) -> Tree:
    """Make a tree of what these have in it, with keys of their subjects, and keep it."""
    subjects = sorted({each.subject for each in held})
    await _make_keys(connection, subjects)
    tree = plant(held, part, side, currency, await keys_of(connection, subjects), identity.key(f"tree {part}"))
    await keep(connection, tree)
    return tree


async def keep(connection: Connection, tree: Tree) -> None:
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


async def forget_shares(connection: Connection, before: datetime) -> list[UUID]:
    """Forget what stood in the batches of records of weeks that ended before then. Returns these batches."""
    rows = await connection.fetch(
        """DELETE FROM tree_batch USING tree JOIN published_root USING (root)
           WHERE tree.part = tree_batch.part AND published_root.due < $1 RETURNING tree_batch.batch""",
        before,
    )
    batches = [row["batch"] for row in rows]
    await connection.execute("DELETE FROM share WHERE batch = ANY($1)", batches)
    return batches


async def with_root(connection: Connection, root: str, side: str) -> Tree | None:
    """The tree with this root, or None."""
    row = await connection.fetchrow("SELECT part, currency, seed, leaves FROM tree WHERE root = $1", root)
    return Tree(side=side, **row) if row else None


async def published(connection: Connection, parts: Sequence[UUID], side: str) -> list[Tree]:
    """Those of these trees whose records are published, oldest first."""
    rows = await connection.fetch(
        """SELECT part, currency, seed, leaves FROM tree JOIN published_root USING (root)
           WHERE part = ANY($1) ORDER BY tree.due, part""",
        parts,
    )
    return [Tree(side=side, **row) for row in rows]


async def keys_of(connection: Connection, subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """The keys of those of these subjects who are not forgotten."""
    rows = await connection.fetch("SELECT subject, key FROM keys.subject WHERE subject = ANY($1)", list(subjects))
    return {row["subject"]: row["key"] for row in rows}


def held_in_row(row: Record) -> Held:
    """What a row says that a gift, or need, has in a tree."""
    return Held(**{name: row[name] for name in Held.__dataclass_fields__})


async def _make_keys(connection: Connection, subjects: Sequence[UUID]) -> None:
    """Make a key of each subject that has none, and is not forgotten."""
    await connection.execute(
        """INSERT INTO keys.subject (subject) SELECT subject FROM unnest($1::uuid[]) AS subject
           WHERE NOT EXISTS (SELECT FROM erased WHERE erased.subject = subject.subject) ON CONFLICT DO NOTHING""",
        subjects,
    )
