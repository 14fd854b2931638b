"""The public record and the statistics, and how a record comes about: drawn, rooted by each side, published.

Between a side and the matcher a record's part has an id of that side alone, as batches have.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from b40_contracts.event import Event, Part
from b40_contracts.solidarity.policies import SupportKind, Week
from b40_contracts.values import CurrencyCode, Digest, Instant, MinorUnits

PublicKey = Digest
Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
Leaves = Annotated[int, Field(strict=True, ge=1, le=2**30)]
Area = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}[A-Z2-9]{3}|[A-Z]{2}|network)$")]
"""What a pool is for: a city; where pools merged a country, or ``network``."""

BATCHES_MAX = 3_000
"""Batches in a record at most; what is over goes into the next."""

_PART = "Id of the record's part on this side; unrelated to the other's."


class DrawnBatch(Part):
    """A final batch that a record covers, by its ids on both sides."""

    needs_batch: UUID = Field(description="Id of the batch on the needs side.")
    gifts_batch: UUID = Field(description="Id of the batch on the gifts side.")


class RecordDrawn(Event):
    """Which final batches the record of a currency and week is to cover, and what they come to. A decision.

    The matcher takes it back in: it counts if its number is the currency's next and no batch stands in an earlier
    one. Then each side makes the tree over its leaves and says its root.
    """

    type = "org.b40.solidarity.record.drawn.v1"
    key = "currency"
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    number: int = Field(ge=1, description="Number among those drawn of the currency; some may never be published.")
    due: Instant = Field(description="End of the week, UTC.")
    needs_part: UUID = Field(description="Id of the part of the needs side.")
    gifts_part: UUID = Field(description="Id of the part of the gifts side.")
    batches: Annotated[tuple[DrawnBatch, ...], Field(min_length=1, max_length=BATCHES_MAX)] = Field(
        description="The batches, in order of their ids on the needs side."
    )
    spent_minor: MinorUnits = Field(description="Gifts spent, minor units.")
    settled_minor: MinorUnits = Field(description="Paid to billers and confirmed, minor units.")
    needs_settled: int = Field(ge=0, description="How many needs were settled.")
    payers_min: int = Field(ge=5, description="How many distinct payers it must cover: the strictest k + f.")
    households_min: int = Field(ge=5, description="How many distinct households it must cover: the strictest k + f.")


class NeedRecordDrawn(Event):
    """To the needs side: make the tree over the settled needs of these batches. Leads to NeedRecordRooted."""

    type = "org.b40.solidarity.need-record.drawn.v1"
    key = "part"
    part: UUID = Field(description=_PART)
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    due: Instant = Field(description="End of the week, UTC.")
    batches: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=BATCHES_MAX)] = Field(
        description="The batches, by their ids on this side, in order of these."
    )


class GiftRecordDrawn(Event):
    """To the gifts side: make the tree over the gifts spent in these batches. Leads to GiftRecordRooted."""

    type = "org.b40.solidarity.gift-record.drawn.v1"
    key = "part"
    part: UUID = Field(description=_PART)
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    due: Instant = Field(description="End of the week, UTC.")
    batches: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=BATCHES_MAX)] = Field(
        description="The batches, by their ids on this side, in order of these."
    )


class Cleared(Part):
    """What a side's clearing account says of a batch."""

    batch: UUID = Field(description="Id of the batch on this side.")
    amount_minor: MinorUnits = Field(description="What the batch moved to the clearing account, minor units.")
    parties: int = Field(ge=0, description="How many distinct payers, or households.")
    largest_minor: MinorUnits = Field(description="The most that is one party's, minor units.")


class Rooted(Part):
    """What a side says of its part of a record: the fields that both sides share."""

    part: UUID = Field(description=_PART)
    root: Digest = Field(description="Root of the tree over the leaves.")
    leaves: Leaves = Field(description="Number of leaves, padded to a power of two.")
    parties: int = Field(ge=0, description="How many distinct payers, or households, over all batches.")
    batches: Annotated[tuple[Cleared, ...], Field(max_length=BATCHES_MAX)] = Field(
        description="What the clearing account says, by batch, in order of their ids."
    )


class NeedRecordRooted(Rooted, Event):
    """From the needs side: the root over its leaves. The matcher compares each batch with its own books."""

    type = "org.b40.solidarity.need-record.rooted.v1"
    key = "part"


class GiftRecordRooted(Rooted, Event):
    """From the gifts side: the root over its leaves. The matcher compares each batch with its own books."""

    type = "org.b40.solidarity.gift-record.rooted.v1"
    key = "part"


class RecordPublished(Event):
    """The public record of a currency and week: sums over the batches that became final, a root per side. Chained.

    Held over while it would cover fewer than k + f payers or households. The matcher reads it back: it counts if it
    is the currency's next, so that the chain never forks. What it says and how it is checked: the README of solidarity.
    """

    type = "org.b40.solidarity.record.published.v1"
    key = "currency"
    currency: CurrencyCode = Field(description="Currency of the sums.")
    number: int = Field(ge=1, description="Number among the currency's records.")
    week: Week = Field(description="The ISO week at whose end it was made.")
    due: Instant = Field(description="End of that week, UTC: it covers what was final by then and in no earlier one.")
    spent_minor: MinorUnits = Field(description="Gifts spent, minor units.")
    settled_minor: MinorUnits = Field(description="Paid to billers and confirmed, minor units.")
    refunded_minor: MinorUnits | None = Field(
        default=None, description="Of the gifts spent, paid back to payers, minor units."
    )
    carried_change_minor: int = Field(
        ge=-(10**15),
        le=10**15,
        description="Gifts spent less settled less refunded: what the carry rose by, minor units.",
    )
    needs_settled: int = Field(default=0, ge=0, multiple_of=5, description="Needs settled, rounded down to fives.")
    gifts_root: Digest | None = Field(default=None, description="Root over the leaves of the gifts spent.")
    gifts_leaves: Leaves | None = Field(default=None, description="How many leaves, padded to a power of two.")
    needs_root: Digest | None = Field(default=None, description="Root over the leaves of the needs settled.")
    needs_leaves: Leaves | None = Field(default=None, description="How many leaves, padded to a power of two.")
    signer: PublicKey | None = Field(default=None, description="Public key of the signature: Ed25519, hexadecimal.")
    previous: Digest = Field(description="Digest of the record before, or zeros for the first.")
    digest: Digest = Field(
        description="SHA-256 of this record's canonical JSON (sorted keys, no blanks, no nulls) without this field and "
        "the signature."
    )
    signature: Signature | None = Field(
        default=None, description="Ed25519 over ``b40-record-1``, a line's end and the digest; hexadecimal."
    )


class StatisticsCell(Part):
    """A figure of a week, or that it is withheld: then both amounts are null."""

    area: Area | None = Field(description="City, or what merged pools were for; null: all of them.")
    kind: SupportKind | None = Field(description="Kind of support; null: all of them.")
    needs: int | None = Field(default=None, ge=0, multiple_of=5, description="Needs settled, rounded down to fives.")
    settled_minor: MinorUnits | None = Field(default=None, description="Settled, minor units, rounded down.")


class StatisticsPublished(Event):
    """How many needs were settled, coarsely: with each record, never live, never for few.

    Figures that could tell of a few people are withheld, and as many others as are needed so that they do not follow
    from the rest and the record's sum.
    """

    type = "org.b40.solidarity.statistics.published.v1"
    key = "currency"
    currency: CurrencyCode = Field(description="Currency of the amounts.")
    week: Week = Field(description="The ISO week of the record that it goes with.")
    needs_settled: int = Field(ge=0, multiple_of=5, description="Needs settled, rounded down to fives.")
    settled_minor: MinorUnits = Field(description="Settled, minor units, as the record states it.")
    cells: Annotated[tuple[StatisticsCell, ...], Field(max_length=5_000)] = Field(
        default=(), description="By area and kind, then by area, then by kind."
    )
