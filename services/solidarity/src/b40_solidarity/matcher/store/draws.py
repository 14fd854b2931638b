"""What is drawn for records: which final batches, and what each side says of its part."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import BATCHES_MAX, RecordDrawn, Rooted

from b40_solidarity.records import FinalBatch
from b40_solidarity.statistics import Booked

PROPOSED, OPEN, ANNOUNCED, PUBLISHED, HELD_OVER = "proposed", "open", "announced", "published", "held over"
ON_THE_WAY = (PROPOSED, OPEN, ANNOUNCED)


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as it stands."""

    drawn: RecordDrawn
    state: str


async def final_batches(connection: Connection, currency: str, before: datetime) -> list[FinalBatch]:
    """The oldest batches of a currency that became final before then and stand in no record."""
    rows = await connection.fetch(
        """SELECT needs_batch, gifts_batch, k + f_payers AS payers_min, k + f_households AS households_min,
             spent_minor, settled_minor, needs_settled
           FROM batch WHERE currency = $1 AND final_at < $2
             AND NOT EXISTS (SELECT FROM drawn_batch WHERE drawn_batch.needs_batch = batch.needs_batch)
           ORDER BY final_at, needs_batch LIMIT $3""",
        currency,
        before,
        BATCHES_MAX,
    )
    return [FinalBatch(**row) for row in rows]


async def any_on_the_way(connection: Connection, currency: str) -> bool:
    """Whether a draw of the currency is neither published nor held over."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM draw WHERE currency = $1 AND state = ANY($2))", currency, ON_THE_WAY
    )
    return found


async def propose(connection: Connection, drawn: RecordDrawn) -> None:
    """Keep a draw that is announced and not read back yet."""
    await _put(connection, drawn, PROPOSED)


async def forget_proposed(connection: Connection, currency: str) -> None:
    """A draw is void: so is what was proposed."""
    await connection.execute("DELETE FROM draw WHERE currency = $1 AND state = $2", currency, PROPOSED)


async def enter(connection: Connection, drawn: RecordDrawn, *, published: bool) -> None:
    """A draw was read back and counts: its batches stand in its record."""
    await _put(connection, drawn, PUBLISHED if published else OPEN)
    await connection.execute(
        """INSERT INTO drawn_batch (needs_batch, gifts_batch, currency, number)
           SELECT needs_batch, gifts_batch, $3, $4
           FROM unnest($1::uuid[], $2::uuid[]) AS drawn (needs_batch, gifts_batch)""",
        [batch.needs_batch for batch in drawn.batches],
        [batch.gifts_batch for batch in drawn.batches],
        drawn.currency,
        drawn.number,
    )


async def hold_over_if_drawn_again(connection: Connection, drawn: RecordDrawn) -> None:
    """An open draw whose batches are drawn again was held over: a restored app hears that later than the new one."""
    rows = await connection.fetch(
        """SELECT DISTINCT draw.number FROM draw JOIN drawn_batch USING (currency, number)
           WHERE currency = $1 AND number < $2 AND state = ANY($3) AND drawn_batch.needs_batch = ANY($4)""",
        drawn.currency,
        drawn.number,
        ON_THE_WAY,
        [batch.needs_batch for batch in drawn.batches],
    )
    for row in rows:
        await hold_over(connection, drawn.currency, row["number"])


async def are_known_and_free(connection: Connection, drawn: RecordDrawn) -> bool:
    """Whether all batches of a draw took effect, and none stands in a record, or in a draw that is no earlier one."""
    batches = [batch.needs_batch for batch in drawn.batches]
    free: int = await connection.fetchval(
        """SELECT count(*) FROM batch WHERE needs_batch = ANY($1) AND NOT EXISTS (
             SELECT FROM drawn_batch LEFT JOIN draw USING (currency, number)
             WHERE drawn_batch.needs_batch = batch.needs_batch
               AND (draw.state = ANY($3) AND draw.number < $2) IS NOT TRUE)""",
        batches,
        drawn.number,
        ON_THE_WAY,
    )
    return free == len(batches)


async def lock(connection: Connection, part: UUID) -> Draw | None:
    """The draw with this part on one of the sides, locked until the transaction ends, or None."""
    row = await connection.fetchrow(
        "SELECT content, state FROM draw WHERE needs_part = $1 OR gifts_part = $1 FOR UPDATE", part
    )
    return Draw(RecordDrawn.model_validate(row["content"]), row["state"]) if row else None


async def keep(connection: Connection, rooted: Rooted) -> None:
    """Keep what a side says of its part."""
    await connection.execute(
        "INSERT INTO rooted VALUES ($1, $2) ON CONFLICT DO NOTHING", rooted.part, rooted.model_dump(mode="json")
    )


async def said(connection: Connection, part: UUID) -> Rooted | None:
    """What a side said of its part, or None so far."""
    content = await connection.fetchval("SELECT content FROM rooted WHERE part = $1", part)
    return Rooted.model_validate(content) if content else None


async def announce(connection: Connection, currency: str, number: int) -> None:
    """The record of a draw is on its way to be read back."""
    await _set_state(connection, currency, number, ANNOUNCED)


async def hold_over(connection: Connection, currency: str, number: int) -> None:
    """A draw covers too few: its batches go into a later one."""
    await _set_state(connection, currency, number, HELD_OVER)
    await connection.execute("DELETE FROM drawn_batch WHERE currency = $1 AND number = $2", currency, number)


async def publish(connection: Connection, currency: str, due: datetime) -> None:
    """The record of the week that ended at ``due`` was read back."""
    await connection.execute(
        "UPDATE draw SET state = $3 WHERE currency = $1 AND due = $2 AND state = ANY($4)",
        currency,
        due,
        PUBLISHED,
        (OPEN, ANNOUNCED),
    )


async def booked(connection: Connection, needs_batches: Collection[UUID]) -> list[Booked]:
    """What the matcher's books say of these batches, in order of their ids."""
    rows = await connection.fetch(
        """SELECT batch.needs_batch, batch.gifts_batch, pool.area, pool.kind, batch.k, batch.needs_settled,
             batch.spent_minor, batch.settled_minor
           FROM batch JOIN pool ON pool.name = batch.pool WHERE batch.needs_batch = ANY($1) ORDER BY 1""",
        needs_batches,
    )
    return [Booked(**row) for row in rows]


async def _put(connection: Connection, drawn: RecordDrawn, state: str) -> None:
    await connection.execute(
        """INSERT INTO draw (currency, number, due, needs_part, gifts_part, content, state)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (currency, number) DO UPDATE SET due = excluded.due, needs_part = excluded.needs_part,
             gifts_part = excluded.gifts_part, content = excluded.content, state = excluded.state""",
        drawn.currency,
        drawn.number,
        drawn.due,
        drawn.needs_part,
        drawn.gifts_part,
        drawn.model_dump(mode="json"),
        state,
    )


async def _set_state(connection: Connection, currency: str, number: int, state: str) -> None:
    await connection.execute("UPDATE draw SET state = $3 WHERE currency = $1 AND number = $2", currency, number, state)
