"""Makes trees, and says their roots."""

from b40_chassis.tasks import Done, Reading
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftRecordRooted

from b40_solidarity.gifts.store import trees as store
from b40_solidarity.gifts.tasks import PlantTree, tasks
from b40_solidarity.holdings import Share, cleared, parties, sums
from b40_solidarity.leaves import GIFTS
from b40_solidarity.records import NotReconciled
from b40_solidarity.trees import plant


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
        booked_minor = await store.clearing_minor(connection, task.part)
    for batch in cleared(shares):
        if booked_minor.get(batch.batch, batch.amount_minor) != batch.amount_minor:
            raise NotReconciled("the shares of a batch are not what the clearing account says")
    return shares


@tasks.finishes(PlantTree)
async def say_root(done: Done[PlantTree, list[Share]], work: Work) -> None:
    """Plant the tree with keys of its subjects, and say its root."""
    part, shares = done.task.part, done.result
    currency, due = await store.currency_and_due(work.connection, part)
    held = await store.hold(work.connection, part, sums(shares))
    subjects = sorted({each.subject for each in held})
    await store.enter_keys(work.connection, [(each, work.identity.key(f"subject {each}")) for each in subjects])
    keys = await store.keys_of(work.connection, subjects)
    tree = plant(held, part, GIFTS, currency, keys, work.identity.key(f"tree {part}"))
    await store.plant(work.connection, tree)
    rooted = GiftRecordRooted(
        part=part,
        root=tree.root,
        leaves=len(tree.hashes),
        parties=parties(shares),
        batches=cleared(shares),
    )
    work.announce(rooted, cause=done, time=due)
