"""A record is drawn: this side makes the tree over its part of it. It is published: receipts may be given."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftRecordDrawn, RecordPublished

from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.store import payers, trees
from b40_solidarity.gifts.tasks import PlantTree
from b40_solidarity.hours import MEMORY
from b40_solidarity.store import trees as tree_tables


@hears.each(GiftRecordDrawn)
async def plan_tree(heard: Heard[GiftRecordDrawn], work: Work) -> None:
    """A worker makes it: it is of many leaves."""
    drawn = heard.event
    await tree_tables.enter(work.connection, drawn.part, drawn.currency, drawn.due, drawn.batches)
    work.assign(PlantTree(part=drawn.part), cause=heard)


@hears.each(RecordPublished)
async def note_record(heard: Heard[RecordPublished], work: Work) -> None:
    """Receipts may be given; and after the memory nobody can say which gifts shared a batch."""
    record = heard.event
    if record.gifts_root is not None:
        await tree_tables.note_published(work.connection, record.gifts_root, record.number, record.due)
        await trees.forget_batches(work.connection, record.due - MEMORY)
        await payers.forget_ended(work.connection, (record.due - MEMORY).date())
