"""The public record of a week: drawn, rooted by both sides, published, read back."""

import structlog
from b40_chassis import decisions
from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import (
    DrawnBatch,
    GiftRecordDrawn,
    GiftRecordRooted,
    NeedRecordDrawn,
    NeedRecordRooted,
    RecordDrawn,
    RecordPublished,
    Rooted,
)

from b40_solidarity import records as rules
from b40_solidarity.hours import MEMORY, WEEK
from b40_solidarity.matcher.handlers import publishing
from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import draws, gifts, needs, records

log = structlog.get_logger()

KIND = "record drawn"


class UnknownPart(Exception):
    """A side speaks of a part that was not drawn: it is set aside."""


@hears.due("end of week", records.due)
async def draw_record(due: Due, work: Work) -> None:
    """Draw what became final and stands in no record, if it may be enough; else it goes into a later one."""
    currency = due.subject
    await records.set_next_due(work.connection, currency, due.time + WEEK)
    await needs.forget_over(work.connection, due.time - MEMORY)
    await gifts.forget_over(work.connection, due.time - MEMORY)
    if await draws.any_on_the_way(work.connection, currency):
        return
    final = await draws.final_batches(work.connection, currency, due.time)
    if not rules.may_be_enough(final):
        return
    number = await decisions.next_number(work.connection, KIND, currency, due.time)
    if number is None:
        return
    ordered = sorted(final, key=lambda batch: batch.needs_batch)
    drawn = RecordDrawn(
        currency=currency,
        number=number,
        due=due.time,
        needs_part=work.new_id(due),
        gifts_part=work.new_id(due),
        batches=tuple(DrawnBatch(needs_batch=one.needs_batch, gifts_batch=one.gifts_batch) for one in ordered),
        spent_minor=sum(batch.spent_minor for batch in final),
        settled_minor=sum(batch.settled_minor for batch in final),
        needs_settled=sum(batch.needs_settled for batch in final),
        payers_min=max(batch.payers_min for batch in final),
        households_min=max(batch.households_min for batch in final),
    )
    await draws.propose(work.connection, drawn)
    work.announce(drawn, cause=due, time=due.time)


@hears.each(RecordDrawn)
async def ask_for_roots(heard: Heard[RecordDrawn], work: Work) -> None:
    """A draw read back takes effect or is void; if it does, each side is asked for the root over its leaves."""
    drawn = heard.event
    await draws.forget_proposed(work.connection, drawn.currency)
    free = await draws.are_known_and_free(work.connection, drawn)
    if not await decisions.counts(work.connection, KIND, drawn.currency, drawn.number, drawn.due, free=free):
        return
    await draws.hold_over_if_drawn_again(work.connection, drawn)
    published = await records.covers(work.connection, drawn.currency, drawn.due)
    await draws.enter(work.connection, drawn, published=published)
    needs, gifts = [batch.needs_batch for batch in drawn.batches], [batch.gifts_batch for batch in drawn.batches]
    to_needs = NeedRecordDrawn(
        part=drawn.needs_part, currency=drawn.currency, due=drawn.due, batches=tuple(sorted(needs))
    )
    to_gifts = GiftRecordDrawn(
        part=drawn.gifts_part, currency=drawn.currency, due=drawn.due, batches=tuple(sorted(gifts))
    )
    work.announce(to_needs, cause=heard, time=drawn.due)
    work.announce(to_gifts, cause=heard, time=drawn.due)


@hears.each(NeedRecordRooted)
async def take_root_of_needs(heard: Heard[NeedRecordRooted], work: Work) -> None:
    """The needs side has its root."""
    await _take(heard.event, work)


@hears.each(GiftRecordRooted)
async def take_root_of_gifts(heard: Heard[GiftRecordRooted], work: Work) -> None:
    """The gifts side has its root."""
    await _take(heard.event, work)


async def _take(rooted: Rooted, work: Work) -> None:
    """Compare the side's clearing account with these books; with both roots there the record is published."""
    draw = await draws.lock(work.connection, rooted.part)
    if draw is None:
        raise UnknownPart("a root of a part that was not drawn")
    if draw.state != draws.OPEN:
        return
    await _reconcile(draw.drawn, rooted, work)
    await draws.keep(work.connection, rooted)
    gifts = await draws.said(work.connection, draw.drawn.gifts_part)
    needs = await draws.said(work.connection, draw.drawn.needs_part)
    if gifts is None or needs is None:
        return
    if rules.is_enough(draw.drawn, gifts, needs):
        await publishing.publish(draw.drawn, gifts, needs, work)
    else:
        await draws.hold_over(work.connection, draw.drawn.currency, draw.drawn.number)


async def _reconcile(drawn: RecordDrawn, rooted: Rooted, work: Work) -> None:
    booked = await draws.booked(work.connection, [batch.needs_batch for batch in drawn.batches])
    if rooted.part == drawn.gifts_part:
        rules.reconcile(rooted, {batch.gifts_batch: batch.spent_minor for batch in booked})
    else:
        rules.reconcile(rooted, {batch.needs_batch: batch.settled_minor for batch in booked if batch.settled_minor})


@hears.each(RecordPublished)
async def chain_record(heard: Heard[RecordPublished], work: Work) -> None:
    """A record read back is chained if it is the currency's next; said again it changes nothing, else it is void."""
    record = heard.event
    if await records.is_there(work.connection, record):
        return
    if not rules.follows(record, await records.last(work.connection, record.currency)):
        log.error("a record that does not follow the chain is void")
        return
    await records.publish(work.connection, record)
    await draws.publish(work.connection, record.currency, record.due)
