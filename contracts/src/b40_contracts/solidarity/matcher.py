"""Between the sides: batches decided as a whole, what each side is told of them, public totals. No pair exists."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from b40_contracts.event import Event, Part
from b40_contracts.solidarity.policies import Amount, SupportKind, Week
from b40_contracts.values import CityCode, CurrencyCode, Instant, MinorUnits

PoolName = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z2-9]{3}~[a-z-]+~[A-Z]{3}$")]
"""A pool: city, kind of support and currency, as ``TRIST~water-bill~TRY``."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in hexadecimal."""


class SpentGift(Part):
    """A gift of a batch."""

    gift: UUID = Field(description="Working id of the gift.")
    amount_minor: Amount = Field(description="What of it is spent, minor units.")


class OrderedNeed(Part):
    """A need of a batch."""

    need: UUID = Field(description="Working id of the need.")
    amount_minor: Amount = Field(description="What of it is ordered, minor units.")


class BatchDecided(Event):
    """A batch of a pool, decided as a whole: its gifts together meet its needs together. Which for which is undefined.

    The matcher reserves what it names and announces it; it takes effect on books and sides only when read back, if
    its number is the pool's next and nothing it names was taken by an earlier one; else it is void.
    """

    type = "org.b40.solidarity.batch.decided.v1"
    key = "pool"
    pool: PoolName = Field(description="The pool.")
    number: int = Field(ge=1, description="Number among the pool's batches.")
    due: Instant = Field(description="The batch hour at which it was decided, UTC.")
    city: CityCode = Field(description="City of the pool.")
    kind: SupportKind = Field(description="Kind of support of the pool.")
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    needs_batch: UUID = Field(description="Id of the batch on the needs side.")
    gifts_batch: UUID = Field(description="Id of the batch on the gifts side; unrelated to the other.")
    gifts: Annotated[tuple[SpentGift, ...], Field(min_length=1, max_length=4_000)] = Field(
        description="The gifts spent, in order of their ids."
    )
    needs: Annotated[tuple[OrderedNeed, ...], Field(min_length=1, max_length=2_000)] = Field(
        description="The needs ordered, in order of their ids."
    )
    carried_in_minor: MinorUnits = Field(description="Money of the pool carried from earlier batches, minor units.")
    carried_out_minor: MinorUnits = Field(description="Money of the pool carried to later batches, minor units.")
    k: int = Field(ge=5, description="The strictest k of all that waited.")
    payers: int = Field(ge=5, description="How many distinct payers gave.")
    households: int = Field(ge=5, description="How many distinct households are met.")


class NeedsOrdered(Event):
    """To the needs side: these needs are to be ordered. Leads to one OrderPlaced per biller."""

    type = "org.b40.solidarity.need-batch.ordered.v1"
    key = "batch"
    batch: UUID = Field(description="Id of the batch on the needs side.")
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    due: Instant = Field(description="Time of the batch, UTC.")
    needs: Annotated[tuple[OrderedNeed, ...], Field(min_length=1, max_length=2_000)] = Field(
        description="The needs, shuffled."
    )


class GiftsSpent(Event):
    """To the gifts side: these gifts are spent, and can be refunded no more."""

    type = "org.b40.solidarity.gift-batch.spent.v1"
    key = "batch"
    batch: UUID = Field(description="Id of the batch on the gifts side.")
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    due: Instant = Field(description="Time of the batch, UTC.")
    gifts: Annotated[tuple[SpentGift, ...], Field(min_length=1, max_length=4_000)] = Field(
        description="The gifts, shuffled."
    )


class GiftBatchFinished(Event):
    """To the gifts side: all that a batch ordered was answered. Its givers may be told."""

    type = "org.b40.solidarity.gift-batch.finished.v1"
    key = "batch"
    batch: UUID = Field(description="Id of the batch on the gifts side.")


class RecordPublished(Event):
    """The public record of a currency and week: sums over the batches that became final. Numbered and chained.

    Held over while it would cover fewer than k payers or households. The matcher reads it back: it counts if its
    number is the currency's next, so that the chain never forks.
    """

    type = "org.b40.solidarity.record.published.v1"
    key = "currency"
    currency: CurrencyCode = Field(description="Currency of the sums.")
    number: int = Field(ge=1, description="Number among the currency's records.")
    week: Week = Field(description="The ISO week at whose end it was made.")
    due: Instant = Field(description="End of that week, UTC: it covers what was final by then and in no earlier one.")
    spent_minor: MinorUnits = Field(description="Gifts spent, minor units.")
    settled_minor: MinorUnits = Field(description="Paid to billers and confirmed, minor units.")
    carried_change_minor: int = Field(
        ge=-(10**15), le=10**15, description="Gifts spent less settled: what the carry rose by, minor units."
    )
    needs_settled: int = Field(default=0, ge=0, multiple_of=5, description="Needs settled, rounded down to fives.")
    previous: Digest = Field(description="Digest of the record before, or zeros for the first.")
    digest: Digest = Field(description="SHA-256 of this record's canonical JSON without this field.")


class StatisticsPublished(Event):
    """How many needs were settled, coarsely: with each record, never live, never by pool."""

    type = "org.b40.solidarity.statistics.published.v1"
    key = "currency"
    currency: CurrencyCode = Field(description="Currency of the amount.")
    week: Week = Field(description="The ISO week of the record that it goes with.")
    needs_settled: int = Field(ge=0, multiple_of=5, description="Needs settled, rounded down to fives.")
    settled_minor: MinorUnits = Field(description="Settled, minor units, as the record states it.")
