"""Decisions: what the order between keys may turn out otherwise is numbered, announced and read back (design 5.3).

Deciding only reserves. A decision counts when it is read back and its number is its subject's next; else it is void and
what it had reserved is freed. A due time not after that of the subject's last decision decides nothing.
"""

from datetime import datetime

from b40_chassis.hears import Connection


async def next_number(connection: Connection, kind: str, subject: str, due: datetime) -> int | None:
    """Number of the decision to announce now, or None if ``due`` is not after that of the last one.

    Locks the subject's row until the transaction ends: two copies decide one after the other.
    """
    number: int | None = await connection.fetchval(
        """INSERT INTO b40.decision AS last (kind, subject, proposed, proposed_due) VALUES ($1, $2, 1, $3)
           ON CONFLICT (kind, subject) DO UPDATE SET proposed = last.proposed + 1, proposed_due = $3
             WHERE last.proposed_due IS NULL OR last.proposed_due < $3
           RETURNING proposed""",
        kind,
        subject,
        due,
    )
    return number


async def counts(
    connection: Connection, kind: str, subject: str, number: int, due: datetime, *, free: bool = True
) -> bool:
    """Whether a decision that was read back takes effect; if so it is the subject's last from now on.

    ``free`` says that nothing it names was taken by an earlier one, perhaps of another subject; else it is void.
    A void one takes back what was proposed beyond the last that counted, so that deciding goes on from there.
    """
    row = await connection.fetchrow(
        """INSERT INTO b40.decision AS last (kind, subject) VALUES ($1, $2)
           ON CONFLICT (kind, subject) DO UPDATE SET kind = last.kind RETURNING counted, counted_due""",
        kind,
        subject,
    )
    assert row is not None, "an upsert returns its row"
    if free and number == row["counted"] + 1 and (row["counted_due"] is None or due > row["counted_due"]):
        await connection.execute(
            """UPDATE b40.decision SET counted = $3, counted_due = $4,
                 proposed = greatest(proposed, $3), proposed_due = greatest(proposed_due, $4)
               WHERE kind = $1 AND subject = $2""",
            kind, subject, number, due,
        )  # fmt: skip
        return True
    await connection.execute(
        "UPDATE b40.decision SET proposed = counted, proposed_due = counted_due WHERE kind = $1 AND subject = $2",
        kind, subject,
    )  # fmt: skip
    return False
