"""Between the sides: batches decided as a whole, what each side is told of them. No pair exists."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from b40_contracts.event import Event, Part
from b40_contracts.solidarity.policies import Amount, SupportKind
from b40_contracts.values import CityCode, CurrencyCode, Instant, MinorUnits

PoolName = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}([A-Z2-9]{3})?|network)~[a-z-]+~[A-Z]{3}$")]
"""A pool: city, kind of support and currency, as ``TRIST~water-bill~TRY``; merged upward, ``TR~…`` or ``network~…``."""


class SpentGift(Part):
    """A gift of a batch."""

    gift: UUID = Field(description="Working id of the gift.")
    amount_minor: Amount = Field(description="What of it is spent, minor units.")
    part: int = Field(
        default=1, ge=1, description="Which part of the gift it is, in the order in which they are spent."
    )
    left_minor: MinorUnits = Field(default=0, description="What of the gift waits on after it, minor units.")


class OrderedNeed(Part):
    """A need of a batch."""

    need: UUID = Field(description="Working id of the need.")
    amount_minor: Amount = Field(description="What of it is ordered, minor units.")


class BatchDecided(Event):
    """A batch of a pool, decided as a whole: its gifts together meet its needs together. Which for which is undefined.

    The matcher reserves what it names and announces it; it takes effect on books and sides only when read back, if
    its number is the pool's next and nothing it names was taken by an earlier one (of a gift: no part of that number);
    else it is void.
    """

    type = "org.b40.solidarity.batch.decided.v1"
    key = "pool"
    pool: PoolName = Field(description="The pool.")
    number: int = Field(ge=1, description="Number among the pool's batches.")
    due: Instant = Field(description="The batch hour at which it was decided, UTC.")
    nth: int = Field(default=0, ge=0, le=999, description="Which of the batches of that hour it is, from 0.")
    city: CityCode | None = Field(default=None, description="City of the pool; absent: it is merged upward.")
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
    carried_in_minor: MinorUnits = Field(description="Money carried from earlier batches that it takes, minor units.")
    carried_out_minor: MinorUnits = Field(description="Money that it leaves to be carried to later ones, minor units.")
    k: int = Field(ge=5, description="The strictest k of all that take part.")
    f_payers: int = Field(default=0, ge=0, description="The strictest f of payers of all that take part.")
    f_households: int = Field(default=0, ge=0, description="The strictest f of households of all that take part.")
    payers: int = Field(ge=5, description="How many distinct payers of one epoch and payment partner gave.")
    households: int = Field(ge=5, description="How many distinct households are met whole.")
    left_needs: tuple[UUID, ...] = Field(default=(), max_length=2_000, description="Needs left for later, by chance.")
    left_gifts: tuple[UUID, ...] = Field(default=(), max_length=4_000, description="Gifts left for later, by chance.")


class RefundDecided(Event):
    """What waits of a withdrawn gift is refunded. A decision, as a batch is: on the same topic, and read back.

    It takes effect if no part of the gift with its number was taken by an earlier decision; else it is void.
    """

    type = "org.b40.solidarity.refund.decided.v1"
    key = "gift"
    gift: UUID = Field(description="Working id of the gift.")
    refund: UUID = Field(description="Id of the refund, under which the gift is reserved.")
    currency: CurrencyCode = Field(description="Currency of the amount.")
    amount_minor: Amount = Field(description="All that waits of the gift, minor units.")
    part: int = Field(ge=1, description="The part of the gift that it is, counted with those spent.")


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


class NeedsHandedBack(Event):
    """To the needs side: these needs cannot be ordered before their cut-off, or waited as long as the policy allows.

    They are the city's again. k is never lowered for them.
    """

    type = "org.b40.solidarity.need-batch.handed-back.v1"
    key = "handing"
    handing: UUID = Field(description="Id of this handing back.")
    due: Instant = Field(description="The batch hour at which it was decided, UTC.")
    needs: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=2_000)] = Field(
        description="Working ids of the needs, shuffled."
    )


class GiftsSpent(Event):
    """To the gifts side: these gifts, or parts of gifts, are spent, and can be refunded no more."""

    type = "org.b40.solidarity.gift-batch.spent.v1"
    key = "batch"
    batch: UUID = Field(description="Id of the batch on the gifts side.")
    currency: CurrencyCode = Field(description="Currency of all amounts.")
    due: Instant = Field(description="Time of the batch, UTC.")
    gifts: Annotated[tuple[SpentGift, ...], Field(min_length=1, max_length=4_000)] = Field(
        description="The gifts, shuffled."
    )


class GiftRefunded(Event):
    """To the gifts side: what waited of a gift is to go back to its payer."""

    type = "org.b40.solidarity.gift.refunded.v1"
    key = "gift"
    gift: UUID = Field(description="Working id of the gift.")
    amount_minor: Amount = Field(description="What goes back, minor units.")


class GiftBatchFinished(Event):
    """To the gifts side: all that a batch ordered was answered, and k households are settled. Its givers may be told.

    A batch that settled fewer is finished with the pool's next one.
    """

    type = "org.b40.solidarity.gift-batch.finished.v1"
    key = "batch"
    batch: UUID = Field(description="Id of the batch on the gifts side.")
