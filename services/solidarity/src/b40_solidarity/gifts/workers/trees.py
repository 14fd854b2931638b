"""Makes trees, and says their roots."""

from b40_chassis.tasks import Done, Reading
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftRecordRooted

from b40_solidarity.gifts.store import trees as store
from b40_solidarity.gifts.tasks import PlantTree, tasks
from b40_solidarity.holdings import Share, agree, cleared, parties, sums
from b40_solidarity.leaves import GIFTS
from b40_solidarity.store import trees as tree_tables


class NotSpent(Exception):
    """Not all batches of the part are known: it is tried again."""


@tasks.performs_reading(PlantTree)
async def gather(task: PlantTree, reading: Reading) -> list[Share]:
    """What the tree is made of, which the clearing account must agree with. Raises NotSpent, NotReconciled."""
    async with reading() as connection:
        missing = await store.unknown(connection, task.part)
        if missing:
            raise NotSpent(f"{missing} batches are not known here")
        shares = await store.shares_of(connection, task.part)
        agree(shares, await tree_tables.clearing_minor(connection, task.part))
    return shares


@tasks.finishes(PlantTree)
async def say_root(done: Done[PlantTree, list[Share]], work: Work) -> None:
    """Plant the tree with keys of its subjects, and say its root."""
    part, shares = done.task.part, done.result
    currency, due = await tree_tables.currency_and_due(work.connection, part)
    held = await store.hold(work.connection, part, sums(shares))
    tree = await tree_tables.grow(work.connection, work.identity, held, part, GIFTS, currency)
    rooted = GiftRecordRooted(
        part=part,
        root=tree.root,
        leaves=len(tree.hashes),
        parties=parties(shares),
        batches=cleared(shares),
    )
    work.announce(rooted, cause=done, time=due)
