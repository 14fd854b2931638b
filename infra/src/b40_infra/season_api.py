"""What is asked at the end of a season: the read APIs as any integrator may, and the books from operations."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx

from b40_infra.errors import Trouble
from b40_infra.report import ReadBack
from b40_infra.season_publish import ANSWER_SECONDS_MAX, Integrator
from b40_infra.ways import Ways

PAGE = 500


async def read_back(integrator: Integrator, ways: Ways, days: Sequence[date]) -> ReadBack:
    """Ask the registry who was a member on these days and what became of decisions, solidarity for its books."""
    members = {day.isoformat(): (await _get(integrator, "registry", f"/members?on={day}"))["count"] for day in days}
    return ReadBack(
        members=members,
        decisions=await _get(integrator, "registry", f"/decisions?limit={PAGE}"),
        books=await _books(ways),
    )


async def _get(integrator: Integrator, app: str, path: str) -> Any:
    response = await integrator.call("GET", app, path)
    if response.status_code != httpx.codes.OK:
        raise Trouble(f"{app} answers {response.status_code} to GET {path}: {response.text[:200]}")
    return response.json()


async def _books(ways: Ways) -> Any:
    """The matcher's books: live figures, which its operations port alone tells."""
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, trust_env=False, verify=ways.trusted) as client:
        response = await client.get(ways.operations("solidarity-matcher") + "/books")
    if response.status_code != httpx.codes.OK:
        raise Trouble(f"solidarity-matcher answers {response.status_code} to GET /books: {response.text[:200]}")
    return response.json()
