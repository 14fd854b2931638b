"""What operations may ask of this side alone: the openings of its leaves, and which orders to ask billers about."""

from b40_chassis import ticks
from b40_chassis.api import Read
from fastapi import APIRouter, HTTPException

from b40_solidarity.answered import overdue_since
from b40_solidarity.leaves import NEEDS
from b40_solidarity.needs.settings import settings
from b40_solidarity.needs.store import orders
from b40_solidarity.needs.store import trees as store
from b40_solidarity.needs.store.orders import TroubledOrder
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.trees import Openings, openings_of

router = APIRouter()

LISTED_MAX = 1_000


@router.get("/orders/overdue")
async def overdue_orders(read: Read) -> list[TroubledOrder]:
    """Orders that should have been answered by now, the oldest first. They stay ordered until they are."""
    now = await ticks.last(read)
    return await orders.overdue(read, overdue_since(now, settings().answer_days), LISTED_MAX) if now else []


@router.get("/orders/contradicted")
async def contradicted_orders(read: Read) -> list[TroubledOrder]:
    """Orders that their billers answered again, otherwise, the last first. The first answers hold."""
    return await orders.contradicted(read, LISTED_MAX)


@router.get("/openings/{root}")
async def openings(root: str, read: Read) -> Openings:
    """What each leaf under a record's root holds; of one that is forgotten nobody can tell."""
    tree = await tree_tables.with_root(read, root, NEEDS)
    if tree is None:
        raise HTTPException(404, "root: no tree of this side has it")
    held = await store.held_in(read, tree.part)
    return openings_of(tree, held, await tree_tables.keys_of(read, {each.subject for each in held}))
