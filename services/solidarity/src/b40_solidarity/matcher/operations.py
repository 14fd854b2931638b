"""The books' totals, for operations: live figures, which the public must not have."""

from b40_chassis.api import Read
from fastapi import APIRouter
from pydantic import BaseModel, Field

from b40_solidarity.matcher.store import batches, books

router = APIRouter()


class Book(BaseModel):
    """A currency's book: gifts = waiting + carried + ordered + settled + refunded, all in minor units."""

    gifts_minor: int = Field(description="All gifts that ever came.")
    waiting_minor: int = Field(description="Gifts not spent yet.")
    carried_minor: int = Field(description="Spent gifts' money that pools carry to later batches.")
    ordered_minor: int = Field(description="Ordered from billers, not answered yet.")
    settled_minor: int = Field(description="Paid and confirmed.")
    refunded_minor: int = Field(description="Back with payers.")


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
