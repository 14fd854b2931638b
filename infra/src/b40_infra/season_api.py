"""What the read APIs answer at the end of a season, asked as any integrator may."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx

from b40_infra.errors import Trouble
from b40_infra.report import ReadBack
from b40_infra.season_publish import Integrator

PAGE = 500


async def read_back(integrator: Integrator, days: Sequence[date]) -> ReadBack:
    """Ask the registry who was a member on these days and what became of decisions, solidarity for its books."""
    members = {day.isoformat(): (await _get(integrator, "registry", f"/members?on={day}"))["count"] for day in days}
    return ReadBack(
        members=members,
        decisions=await _get(integrator, "registry", f"/decisions?limit={PAGE}"),
        books=await _get(integrator, "solidarity-matcher", "/books"),
    )


async def _get(integrator: Integrator, app: str, path: str) -> Any:
    response = await integrator.call("GET", app, path)
    if response.status_code != httpx.codes.OK:
        raise Trouble(f"{app} answers {response.status_code} to GET {path}: {response.text[:200]}")
    return response.json()
