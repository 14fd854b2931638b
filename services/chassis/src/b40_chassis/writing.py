"""The end of every transaction: what the handlers asked for is written, all in that same transaction."""

from collections.abc import Sequence

from b40_chassis import erasing, outbox, states, tracing
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection
from b40_chassis.packing import Packed
from b40_chassis.work import Announcement, Refusal, Written, refusal_of


async def write(frame: Frame, connection: Connection, written: Written) -> None:
    """Write refusals, changed states, announcements (in this order of saying) and tasks."""
    announcements = list(written.announced)
    announcements += await _refuse(frame, connection, written.refused)
    announcements += await states.say(connection, written.states, frame.application.states, frame.said, frame.identity)
    if announcements:
        traceparent = tracing.current()
        await hand_over(frame, connection, [frame.packer.pack(each, traceparent) for each in announcements])
    await _assign(connection, written)
    await erasing.erase(frame, connection, written.erased)


async def hand_over(frame: Frame, connection: Connection, records: Sequence[Packed]) -> None:
    """Put records into the outbox; a relay in another process, if it sleeps, is woken at the commit."""
    await outbox.insert(connection, records)
    if not frame.bells.leading:
        await outbox.wake(connection)


def ring(frame: Frame, written: Written) -> None:
    """After the commit: count what handlers counted, and wake who has something to do."""
    for counter in written.counted:
        counter.add(1)
    if written.announced or written.states or written.refused:
        frame.bells.outbox.set()
    if written.assigned:
        frame.bells.tasks.set()


async def _refuse(frame: Frame, connection: Connection, refused: Sequence[Refusal]) -> list[Announcement]:
    if not refused:
        return []
    assert frame.refusals is not None, f"{frame.application.name} has an intake, so it has a refusals topic"
    new = await connection.fetch(
        """INSERT INTO b40.refused (source, id, reason, detail)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
           ON CONFLICT DO NOTHING RETURNING source, id""",
        [refusal.cause.source for refusal in refused if not refusal.content],
        [refusal.cause.id for refusal in refused if not refusal.content],
        [refusal.reason for refusal in refused if not refusal.content],
        [refusal.detail for refusal in refused if not refusal.content],
    )
    first = {(row["source"], row["id"]) for row in new}
    said = [each for each in refused if each.content or (each.cause.source, each.cause.id) in first]
    return [refusal_of(refusal, frame.refusals, frame.identity) for refusal in said]


async def _assign(connection: Connection, written: Written) -> None:
    if written.assigned:
        traceparent = tracing.current()
        await connection.executemany(
            """INSERT INTO b40.task (id, kind, task, cause_time, correlation, now, traceparent)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING""",
            [
                (
                    each.id,
                    each.task.name,
                    each.task.model_dump(mode="json"),
                    each.cause.time,
                    getattr(each.cause, "correlation", None),
                    each.now,
                    tracing.carried(each.cause, traceparent),
                )
                for each in written.assigned
            ],
        )
