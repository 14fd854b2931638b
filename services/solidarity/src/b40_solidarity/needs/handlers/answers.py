"""Billers answer orders: needs are settled, or open again; when a batch is answered, people are told."""

from collections.abc import Sequence
from dataclasses import replace

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import (
    NeedNoticeRequested,
    NoticeTemplate,
    OrderAnswerReported,
    SettlementCounted,
)

from b40_solidarity import pseudonyms
from b40_solidarity.answered import ANSWERED_OTHERWISE, digest, objection_to_answer
from b40_solidarity.needs.handlers.opening import opened
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.metrics import answers_contradicting
from b40_solidarity.needs.store import attestations, books, needs, trees
from b40_solidarity.needs.store import orders as store
from b40_solidarity.needs.store.needs import StoredNeed
from b40_solidarity.needs.store.orders import StoredOrder


@hears.each(OrderAnswerReported)
async def settle_order(heard: Heard[OrderAnswerReported], work: Work) -> None:
    """The first answer is final: its lines are settled, those rejected return to the pool and open again."""
    order = await store.lock(work.connection, heard.event.order)
    ordered = await needs.lock_ordered(work.connection, heard.event.order)
    objection = objection_to_answer(
        heard.event,
        biller=order.biller if order else None,
        answered=order is not None and order.answered,
        first=order.answer if order else None,
        lines={need.line for need in ordered},
    )
    if order is None or objection is not None:
        assert objection is not None, "an answer without an order is objected to"
        work.refuse(heard, objection.reason, objection.detail)
        if objection.reason == ANSWERED_OTHERWISE:
            await store.note_contradiction(work.connection, heard.event.order, work.now)
            work.count(answers_contradicting)
        return
    rejected = [need for need in ordered if need.line in set(heard.event.rejected)]
    settled = [need for need in ordered if need.line not in set(heard.event.rejected)]
    await _settle(order, settled, work)
    for need in rejected:
        await _return(heard, need, work)
    complete = await store.answer(work.connection, order, digest(heard.event.rejected))
    settlement = SettlementCounted(
        batch=order.batch,
        currency=order.currency,
        settled_minor=sum(need.amount_minor for need in settled),
        returned_minor=sum(need.amount_minor for need in rejected),
        needs_settled=len(settled),
        households_settled=await needs.households_settled(work.connection, order.batch) if complete else None,
    )
    work.announce(settlement, cause=heard, time=order.due)
    if complete:
        await _tell(heard, order, work)


async def _settle(order: StoredOrder, settled: Sequence[StoredNeed], work: Work) -> None:
    await needs.settle(work.connection, [need.id for need in settled])
    await trees.share(work.connection, order.batch, {need.id: need.amount_minor for need in settled})
    amount_minor = sum(need.amount_minor for need in settled)
    await books.transfer(
        work.connection, order.currency, amount_minor, debit="settled", credit="ordered", batch=order.batch
    )


async def _return(heard: Heard[OrderAnswerReported], need: StoredNeed, work: Work) -> None:
    """A rejected need keeps its age and comes back as its next part, unless it was withdrawn."""
    if need.withdrawn:
        await needs.withdraw(work.connection, [need.id])
        await attestations.count_opened(work.connection, [(need.attestation, -need.amount_minor)])
        await books.transfer(work.connection, need.currency, need.amount_minor, debit="withdrawn", credit="ordered")
        return
    part = await needs.next_part(work.connection, need)
    line = work.identity.new(pseudonyms.line(need.first, part), 0)
    again = replace(need, working=work.new_id(heard), line=line, part=part)
    await needs.reopen(work.connection, need.id, again.working, again.line, part)
    await books.transfer(work.connection, need.currency, need.amount_minor, debit="waiting", credit="ordered")
    work.announce(opened(again, need.city, need.household), cause=heard, time=need.since)


async def _tell(heard: Heard[OrderAnswerReported], order: StoredOrder, work: Work) -> None:
    """All that the batch ordered is answered: those whose bills were paid are told, in an order that says nothing.

    With those of earlier batches who were not told; and if together they are fewer than k households, with the next.
    """
    untold = await needs.lock_untold(work.connection, order.batch)
    if len({need.household for need in untold}) < max((need.k for need in untold), default=0):
        return
    await needs.note_told(work.connection, [need.id for need in untold])
    persons = [(need.city, need.person) for need in untold if need.person is not None]
    work.random(heard).shuffle(persons)
    for city, person in persons:
        notice = NeedNoticeRequested(
            notice=work.new_id(heard), city=city, person=person, template=NoticeTemplate.BILL_PAID
        )
        work.announce(notice, cause=heard, time=order.due)
