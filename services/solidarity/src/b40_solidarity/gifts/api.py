"""What a giver may read of this side: its own receipts, by a secret that it alone keeps. Nothing is ever listed."""

import hashlib
from typing import Annotated

from b40_chassis.api import Read
from b40_chassis.problems import Problem
from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from b40_solidarity.gifts.store import trees as store
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.trees import Receipt, receipts

router = APIRouter()
bearer = HTTPBearer(auto_error=False, description="The secret whose SHA-256 was reported with the gift.")


@router.get("/receipts")
async def own_receipts(
    response: Response, read: Read, secret: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> list[Receipt]:
    """That the gifts under this secret are inside public records; none if it is nobody's, or too early to say."""
    if secret is None:
        detail = "authorization: the secret of the receipts is missing"
        raise Problem(401, "No secret", detail, "authorization", {"WWW-Authenticate": "Bearer"})
    response.headers["Cache-Control"] = "no-store"
    found: list[Receipt] = []
    digest = hashlib.sha256(secret.credentials.encode()).hexdigest()
    for tree, held in await store.of_receipt(read, digest):
        found += receipts(tree, held, await tree_tables.keys_of(read, {each.subject for each in held}))
    return found
