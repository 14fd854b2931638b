"""What batches ordered is answered: settled, or back in the pool's carry."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftBatchFinished, SettlementCounted

from b40_solidarity.hours import end_of_week
from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import batches as store
from b40_solidarity.matcher.store import books, pools, records


class UnknownBatch(Exception):
    """A settlement of a batch that is not known: it is set aside."""


@hears.each(SettlementCounted)
async def count_settlement(heard: Heard[SettlementCounted], work: Work) -> None:
    """Book it; when all of a batch is answered, and k households are settled, the gifts side may tell its givers.

    If they are fewer, with those of the pool's next batch.
    """
    settlement = heard.event
    pool = await store.pool_of(work.connection, settlement.batch)
    if pool is None:
        raise UnknownBatch(f"no batch {settlement.batch} took effect")
    await pools.lock(work.connection, pool)
    counted = await store.count(work.connection, settlement, work.now)
    currency = settlement.currency
    await books.transfer(work.connection, currency, settlement.settled_minor, debit="settled", credit="ordered")
    await books.transfer(work.connection, currency, settlement.returned_minor, debit="carried", credit="ordered")
    await pools.change_carry(work.connection, pool, settlement.returned_minor)
    if counted.final:
        await records.expect(work.connection, currency, end_of_week(work.now))
    if counted.final and counted.enough:
        for gifts_batch in await store.tell(work.connection, pool):
            work.announce(GiftBatchFinished(batch=gifts_batch), cause=heard, time=counted.due)
