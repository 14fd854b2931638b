"""What anybody may read of this side: the policies. Nothing about needs is public."""

from b40_chassis.api import Read
from b40_chassis.problems import Problem
from b40_contracts.solidarity import Policy
from b40_contracts.solidarity.policies import Scope
from fastapi import APIRouter

from b40_solidarity.needs.store import policies as store

router = APIRouter()


@router.get("/policies")
async def policies(read: Read) -> list[Policy]:
    """The policies, in order of their scopes, each with the one that is to follow it."""
    return await store.all_of_them(read)


@router.get("/policies/{scope}")
async def policy(scope: Scope, read: Read) -> Policy:
    """The policy of a city, or of the network, with the one that is to follow it."""
    found = (await store.of(read, {scope})).get(scope)
    if found is None:
        raise Problem(404, "Unknown", f"scope: {scope} has no policy", "scope")
    return found
