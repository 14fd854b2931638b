"""What operations may ask of this side alone: the openings of its leaves, for its auditor."""

from b40_chassis.api import Read
from fastapi import APIRouter, HTTPException

from b40_solidarity.leaves import NEEDS
from b40_solidarity.needs.store import trees as store
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.trees import Openings, openings_of

router = APIRouter()


@router.get("/openings/{root}")
async def openings(root: str, read: Read) -> Openings:
    """What each leaf under a record's root holds; of one that is forgotten nobody can tell."""
    tree = await tree_tables.with_root(read, root, NEEDS)
    if tree is None:
        raise HTTPException(404, "root: no tree of this side has it")
    held = await store.held_in(read, tree.part)
    return openings_of(tree, held, await tree_tables.keys_of(read, {each.subject for each in held}))
