"""What anybody may read of the matcher: the public record, the statistics as published, open data. Nothing is live."""

from typing import Annotated

from b40_chassis.api import Read
from b40_contracts.solidarity import RecordPublished, StatisticsPublished
from fastapi import APIRouter, Path, Response

from b40_solidarity import open_data, pages
from b40_solidarity.matcher.store import records as record_store
from b40_solidarity.matcher.store import statistics as statistics_store

router = APIRouter()

Currency = Annotated[str, Path(pattern="^[A-Z]{3}$", description="Code of a currency (ISO 4217).")]


@router.get("/records/{currency}")
async def records(currency: Currency, read: Read) -> list[RecordPublished]:
    """The public records of a currency, in their order."""
    return await record_store.published(read, currency)


@router.get("/statistics")
async def statistics(read: Read) -> pages.Page:
    """All figures ready for a page: by currency what there is so far, and week by week."""
    return pages.page(await statistics_store.published(read))


@router.get("/statistics/{currency}")
async def statistics_of(currency: Currency, read: Read) -> list[StatisticsPublished]:
    """The figures of a currency as they were published, in their order."""
    return [one for one in await statistics_store.published(read) if one.currency == currency]


@router.get("/open-data/supports.json")
async def supports(read: Read) -> open_data.Open:
    """Supports by quarter, country and kind, with a dictionary of the fields; of quarters that are over."""
    rows = open_data.quarters(await statistics_store.published(read))
    return open_data.Open(fields=open_data.dictionary(), rows=rows)


@router.get("/open-data/supports.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def supports_as_csv(read: Read) -> Response:
    """The same rows as CSV (RFC 4180)."""
    rows = open_data.quarters(await statistics_store.published(read))
    return Response(open_data.as_csv(rows), media_type="text/csv; charset=utf-8; header=present")
