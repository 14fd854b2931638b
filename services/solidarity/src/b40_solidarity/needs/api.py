"""What may be read of this side: the policies by anybody, receipts by who keeps their secret."""

import hashlib
from typing import Annotated

from b40_chassis.api import Read
from b40_chassis.problems import Problem
from b40_contracts.solidarity import Policy
from b40_contracts.solidarity.policies import Scope
from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from b40_solidarity.needs.store import policies as store
from b40_solidarity.needs.store import trees
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.trees import Receipt, receipts

router = APIRouter()
bearer = HTTPBearer(auto_error=False, description="The secret whose SHA-256 was reported with the attestation.")


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


@router.get("/receipts")
async def own_receipts(
    response: Response, read: Read, secret: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> list[Receipt]:
    """That the needs under this secret are inside public records; none if it is nobody's, or too early to say."""
    if secret is None:
        detail = "authorization: the secret of the receipts is missing"
        raise Problem(401, "No secret", detail, "authorization", {"WWW-Authenticate": "Bearer"})
    response.headers["Cache-Control"] = "no-store"
    found: list[Receipt] = []
    digest = hashlib.sha256(secret.credentials.encode()).hexdigest()
    for tree, held in await trees.of_receipt(read, digest):
        found += receipts(tree, held, await tree_tables.keys_of(read, {each.subject for each in held}))
    return found
