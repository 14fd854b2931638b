"""The side of those who give: gifts by opaque payer tokens, refunds, notices. Nothing here knows of a need."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from b40_contracts.event import Event
from b40_contracts.solidarity.needs import NoticeTemplate, Sealed
from b40_contracts.solidarity.policies import F_HOUSEHOLDS_DEFAULT, Amount, Border, SupportKind
from b40_contracts.values import CityCode, CurrencyCode, Digest, Instant, MinorUnits

Epoch = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-q[1-4]|-m[0-9]{2})?$")]
"""An epoch of payers' tokens: a quarter, as ``2022-q3``, a month, as ``2022-m07``, or a year, as ``2022``."""

# Reported on solidarity-gifts-intake


class GiftReported(Event):
    """The payment partner holds a gift. Leads to GiftOpened. The giver chooses at most a city and a kind, never a bill.

    It waits for a missing policy (of its city, or ``network``). Refused: ``not-a-denomination`` (137.42 is none),
    ``currency-not-offered``, ``kind-not-offered``, ``gift-known``, ``policy-not-in-force`` (announced for later),
    ``above-payer-cap`` (what the payer may give in one epoch of its token).
    """

    type = "org.b40.solidarity.gift.reported.v1"
    key = "gift"
    gift: UUID = Field(description="Random id of the gift, unrelated to any account.")
    payer: Sealed = Field(description="Token of the verified payer, opaque: the same payer has the same in an epoch.")
    person: UUID | None = Field(default=None, description="Opaque id under which notices reach the giver, if wanted.")
    honoured: UUID | None = Field(
        default=None, description="Opaque id under which notices reach somebody in whose name it is given, if anybody."
    )
    city: CityCode | None = Field(default=None, description="City whose households it is for; absent: anywhere.")
    kind: SupportKind | None = Field(default=None, description="Kind of support that it is for; absent: any.")
    currency: CurrencyCode = Field(description="Currency of the amount.")
    amount_minor: Amount = Field(description="One of the policy's denominations, minor units.")
    receipt: Digest | None = Field(
        default=None, description="SHA-256 of a secret that the giver keeps, by which it alone reads its receipts."
    )


class GiftWithdrawalReported(Event):
    """What still waits of a gift is to go back: its giver wants it, or it was charged back. Leads to RefundDue.

    What a batch took is spent; charged back after that it is the payment partner's loss. Refused: ``no-gift`` (or it
    is another partner's), ``gift-spent`` (nothing of it waits), ``gift-withdrawn`` (already).
    """

    type = "org.b40.solidarity.gift-withdrawal.reported.v1"
    key = "gift"
    gift: UUID = Field(description="Id of the gift, as it was reported.")


class GiftErasureReported(Event):
    """A person is to be forgotten: who gave, or in whose name. Leads to GiftPersonErased, also if nobody is known.

    Its gifts stay what they are, without anybody to tell, and without receipts. Caps count them until the epoch ends.
    """

    type = "org.b40.solidarity.gift-erasure.reported.v1"
    key = "person"
    person: UUID = Field(description="Opaque id of the person; of a gift that names none, the gift's id.")


# Announced by solidarity-gifts


class GiftOpened(Event):
    """A gift may be spent from now on."""

    type = "org.b40.solidarity.gift.opened.v1"
    key = "gift"
    gift: UUID = Field(description="Working id of the gift, between gifts and matcher alone.")
    payer: UUID = Field(description="Keyed hash of the payer, for counting distinct ones.")
    city: CityCode | None = Field(description="City whose households it is for; null: anywhere.")
    kind: SupportKind | None = Field(description="Kind of support that it is for; null: any.")
    currency: CurrencyCode = Field(description="Currency of the amount.")
    amount_minor: Amount = Field(description="Amount, minor units.")
    since: Instant = Field(description="Since when it waits, UTC; the oldest is spent first.")
    k: int = Field(ge=5, description="The k of the policy when the gift came; the strictest rules a batch.")
    f_payers: int | None = Field(default=None, ge=0, description="The policy's f of payers then; absent: k - 1.")
    f_households: int = Field(default=F_HOUSEHOLDS_DEFAULT, ge=0, description="The policy's f of households then.")
    border: Border = Field(default=Border.CITY, description="How far, by the policy then, it may go.")
    epoch: Epoch | None = Field(
        default=None, description="Epoch of the payer's token; payers of one epoch are counted."
    )
    partner: UUID | None = Field(
        default=None, description="Keyed hash of the payment partner; those of one are counted."
    )


class GiftClosed(Event):
    """A gift is withdrawn: what still waits of it is to be refunded. Leads to GiftRefunded, if no batch takes all."""

    type = "org.b40.solidarity.gift.closed.v1"
    key = "gift"
    gift: UUID = Field(description="Working id of the gift, between gifts and matcher alone.")


class GiftPersonErased(Event):
    """A person is forgotten: the gifts side reads it back and forgets, and notify does."""

    type = "org.b40.solidarity.gift-person.erased.v1"
    key = "person"
    person: UUID = Field(description="Opaque id of the person.")


class RefundDue(Event):
    """To the payment partner: a withdrawn gift goes back to its payer, as much of it as no batch had taken."""

    type = "org.b40.solidarity.refund.due.v1"
    key = "gift"
    gift: UUID = Field(description="Id of the gift, as it was reported.")
    currency: CurrencyCode = Field(description="Currency of the amount.")
    amount_minor: MinorUnits = Field(description="What goes back, minor units; 0: a batch had taken all of it.")


class GiftNoticeRequested(Event):
    """A giver is to be told that the gift was spent. No amount, no household; after its batch is final."""

    type = "org.b40.solidarity.gift-notice.requested.v1"
    key = "notice"
    notice: UUID = Field(description="Id of the notice.")
    city: CityCode | None = Field(default=None, description="City that the gift was for; absent: anywhere.")
    person: UUID = Field(description="Opaque id under which notices reach the giver.")
    template: NoticeTemplate = Field(description="The sentence.")


class GreetingRequested(Event):
    """Somebody is to be told that a gift was given in their name. Not by whom, no amount; after its batch is final."""

    type = "org.b40.solidarity.greeting.requested.v1"
    key = "notice"
    notice: UUID = Field(description="Id of the notice.")
    city: CityCode | None = Field(default=None, description="City that the gift was for; absent: anywhere.")
    person: UUID = Field(description="Opaque id under which notices reach the person.")
