"""What may be read of the matcher: the books' totals, for operations; the public record, for everybody."""

from typing import Annotated

from b40_chassis.api import Read
from b40_contracts.solidarity import RecordPublished
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from b40_solidarity.matcher.store import batches, books
from b40_solidarity.matcher.store import records as record_store

router = APIRouter()

Currency = Annotated[str, Path(pattern="^[A-Z]{3}$", description="Code of a currency (ISO 4217).")]


class Book(BaseModel):
    """A currency's book: gifts = waiting + carried + ordered + settled, all in minor units."""

    gifts_minor: int = Field(description="All gifts that ever came.")
    waiting_minor: int = Field(description="Gifts not spent yet.")
    carried_minor: int = Field(description="Spent gifts' money that pools carry to later batches.")
    ordered_minor: int = Field(description="Ordered from billers, not answered yet.")
    settled_minor: int = Field(description="Paid and confirmed.")


class Books(BaseModel):
    """Totals of all currencies and batches. Live figures: for operations, never for the public."""

    books: dict[str, Book] = Field(description="Book by currency.")
    needs_settled: int = Field(description="Needs settled in all batches.")
    batches: int = Field(description="Batches that took effect.")
    smallest_k: int | None = Field(description="The fewest distinct households or payers of any batch.")


@router.get("/books")
async def all_books(read: Read) -> Books:
    """The books' totals and the batches' number."""
    totals = await batches.totals(read)
    return Books(
        books={currency: Book(**book) for currency, book in (await books.all_of_them(read)).items()},
        needs_settled=totals.needs_settled,
        batches=totals.batches,
        smallest_k=totals.smallest_k,
    )


@router.get("/records/{currency}")
async def records(currency: Currency, read: Read) -> list[RecordPublished]:
    """The public records of a currency, in their order."""
    return await record_store.published(read, currency)
