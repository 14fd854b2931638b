"""A record is drawn: this side makes the tree over its part of it. It is published: receipts may be given."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NeedRecordDrawn, RecordPublished

from b40_solidarity.hours import MEMORY
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import trees
from b40_solidarity.needs.tasks import PlantTree
from b40_solidarity.store import trees as tree_tables


@hears.each(NeedRecordDrawn)
async def plan_tree(heard: Heard[NeedRecordDrawn], work: Work) -> None:
    """A worker makes it: it is of many leaves."""
    drawn = heard.event
    await tree_tables.enter(work.connection, drawn.part, drawn.currency, drawn.due, drawn.batches)
    work.assign(PlantTree(part=drawn.part), cause=heard)


@hears.each(RecordPublished)
async def note_record(heard: Heard[RecordPublished], work: Work) -> None:
    """Receipts may be given; and after the memory nobody can say which needs shared a batch."""
    record = heard.event
    if record.needs_root is not None:
        await tree_tables.note_published(work.connection, record.needs_root, record.number, record.due)
        await trees.forget_batches(work.connection, record.due - MEMORY)
