"""The side of those who receive: attestations, bills, what becomes of them, notices. Nothing here knows of a gift.

Households and subjects stand here by opaque pseudonyms. A working id is made by the needs side for one need and
serves between it and the matcher alone; integrators never see it.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from b40_contracts.event import Event
from b40_contracts.solidarity.policies import F_HOUSEHOLDS_DEFAULT, Amount, Border, SupportKind
from b40_contracts.values import CityCode, CurrencyCode, Day, Digest, Identifier, Instant, MinorUnits, Slug

Sealed = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=4_000)]
"""Something encrypted to its reader, in base64; opaque to everybody else."""

Reference = Annotated[Sealed, StringConstraints(max_length=1_000)]
"""Reference of a bill, encrypted to its biller; short enough for all lines of an order."""

_WORKING_NEED = "Working id of the need, between needs and matcher alone."

# Reported on solidarity-needs-intake


class AttestationReported(Event):
    """A city attests that a household is eligible. It replaces an earlier attestation of the same id.

    It waits for an unknown city or a missing policy. Refused if the kinds or the cap go beyond the policy
    (``kind-not-offered``, ``currency-not-offered``, ``above-cap``), or that holds later only (``policy-not-in-force``);
    or if its person was erased (``person-erased``): the id is not used again. The examination itself never travels.
    """

    type = "org.b40.solidarity.attestation.reported.v1"
    key = "attestation"
    attestation: UUID = Field(description="Random id of the attestation, given by the city to the household.")
    city: CityCode = Field(description="The city that attests.")
    household: Identifier = Field(description="The city's opaque pseudonym of the household, for this purpose alone.")
    person: UUID = Field(description="Opaque id under which notices reach the person; says nothing about it.")
    kinds: Annotated[tuple[SupportKind, ...], Field(min_length=1, max_length=len(SupportKind))] = Field(
        description="The kinds of support that it is for."
    )
    currency: CurrencyCode = Field(description="Currency of the cap.")
    cap_minor: Amount = Field(description="The most that may be opened under it in all, minor units.")
    until: Day = Field(description="Last day on which a bill may be opened under it.")
    receipt: Digest | None = Field(
        default=None, description="SHA-256 of a secret that the household keeps, by which it alone reads its receipts."
    )


class BillReported(Event):
    """A biller confirms that a bill under an attestation is open, and its amount. Leads to NeedOpened.

    One that comes before its attestation, or before its biller has a key, waits for it. Refused: ``no-attestation``
    (none came within 30 days), ``attestation-expired``, ``attestation-ended`` (its person was erased),
    ``another-city``, ``kind-not-attested``, ``another-currency``, ``above-cap``, ``above-household-cap``
    (under all attestations that hold), ``need-known``, ``bill-known`` (the same bill is open or was paid already),
    ``policy-not-in-force``; of a package, whose amount is the policy's, ``package-not-offered``, ``another-amount``.
    """

    type = "org.b40.solidarity.bill.reported.v1"
    key = "attestation"
    need: UUID = Field(description="Random id of the need, given by the reporter.")
    attestation: UUID = Field(description="The attestation under which the household asks.")
    city: CityCode = Field(description="The city that attested.")
    kind: SupportKind = Field(description="What the bill is for.")
    currency: CurrencyCode = Field(description="Currency of the amount.")
    amount_minor: Amount = Field(description="Amount of the bill, or of the package, minor units.")
    biller: Slug = Field(description="Who is to be paid: a utility, or the partner that pays a package out.")
    reference: Reference = Field(description="Reference of the bill, encrypted to the biller's key.")
    tag: Sealed = Field(description="The biller's own tag of the bill, a keyed hash: the same bill has the same.")
    cut_off: Day | None = Field(default=None, description="Day on which the supply would be cut off, if it would.")


class NeedWithdrawalReported(Event):
    """A household no longer asks, or the bill was cancelled or paid elsewhere. An order already placed goes on.

    Refused if there is no such need under the attestation (``no-need``) or it is settled (``need-settled``).
    """

    type = "org.b40.solidarity.need-withdrawal.reported.v1"
    key = "attestation"
    need: UUID = Field(description="Id of the need, as it was reported.")
    attestation: UUID = Field(description="The attestation under which it was opened.")


class NeedErasureReported(Event):
    """A person is to be forgotten. Leads to NeedPersonErased, also if nobody of that id is known.

    What is open of its needs is withdrawn; what is ordered settles, and nobody is told.
    """

    type = "org.b40.solidarity.need-erasure.reported.v1"
    key = "person"
    person: UUID = Field(description="Opaque id of the person, as in its attestations. It is not used again.")


class OrderAnswerReported(Event):
    """A biller answers an order: its lines are settled, but for those rejected. The first answer is final.

    A rejected amount is carried over, and its need is opened again with its age. Refused: ``no-order``,
    ``another-biller``, ``no-line``, ``order-answered``; if it contradicts the first one, as long as that is remembered,
    ``order-answered-otherwise``, with an alarm.
    """

    type = "org.b40.solidarity.order-answer.reported.v1"
    key = "order"
    order: UUID = Field(description="Id of the order that is answered.")
    biller: Slug = Field(description="Who answers.")
    rejected: tuple[UUID, ...] = Field(default=(), max_length=2_000, description="Line references not accepted.")


# Announced by solidarity-needs


class NeedOpened(Event):
    """A need may be met from now on.

    Or again, under another working id and with its age: what a batch left of it, or what a biller rejected.
    """

    type = "org.b40.solidarity.need.opened.v1"
    key = "need"
    need: UUID = Field(description=_WORKING_NEED)
    household: UUID = Field(description="Keyed hash of the household, for counting distinct ones.")
    city: CityCode = Field(description="City of the pool.")
    kind: SupportKind = Field(description="Kind of the pool.")
    currency: CurrencyCode = Field(description="Currency of the pool.")
    amount_minor: Amount = Field(description="What is asked for, minor units.")
    since: Instant = Field(description="Since when it waits, UTC; the oldest is met first.")
    k: int = Field(ge=5, description="The k of the city's policy when the need came; the strictest rules a batch.")
    f_payers: int | None = Field(default=None, ge=0, description="The policy's f of payers then; absent: k - 1.")
    f_households: int = Field(default=F_HOUSEHOLDS_DEFAULT, ge=0, description="The policy's f of households then.")
    border: Border = Field(default=Border.CITY, description="How far, by the policy then, its pool may merge upward.")
    cut_off: Day | None = Field(default=None, description="Day on which the supply would be cut off, if it would.")
    vouched: bool = Field(default=False, description="Whether its household counts where pools merge.")
    part: int = Field(default=1, ge=1, description="Which part of the bill it is: 1, and higher for what is left.")


class NeedClosed(Event):
    """A need is withdrawn: it is met no more, unless it was ordered already."""

    type = "org.b40.solidarity.need.closed.v1"
    key = "need"
    need: UUID = Field(description=_WORKING_NEED)


class NeedReturned(Event):
    """To the city: a need is its own again, as its cut-off comes too soon or it waited as long as the policy allows.

    What batches ordered of it before stays paid. It may be asked for again.
    """

    type = "org.b40.solidarity.need.returned.v1"
    key = "attestation"
    attestation: UUID = Field(description="The attestation under which it was opened.")
    need: UUID = Field(description="Id of the need, as it was reported.")


class NeedPersonErased(Event):
    """A person is forgotten: the needs side reads it back and forgets, and notify does."""

    type = "org.b40.solidarity.need-person.erased.v1"
    key = "person"
    person: UUID = Field(description="Opaque id of the person.")
    reported_at: Instant = Field(description="When the intake took its erasure, UTC; what came before it still counts.")


class SettlementCounted(Event):
    """Part of what a batch ordered is decided for good, in totals: settled, or returned to the pool's carry."""

    type = "org.b40.solidarity.settlement.counted.v1"
    key = "batch"
    batch: UUID = Field(description="Id of the batch on the needs side.")
    currency: CurrencyCode = Field(description="Currency of the amounts.")
    settled_minor: MinorUnits = Field(description="Paid to billers and confirmed, minor units.")
    returned_minor: MinorUnits = Field(description="Rejected, or not ordered as withdrawn, minor units.")
    needs_settled: int = Field(ge=0, description="How many needs are settled by it.")
    households_settled: int | None = Field(
        default=None, ge=0, description="With the last answer to a batch: how many distinct households it settled."
    )


class NoticeTemplate(StrEnum):
    """What a sealed notice says: one of few sentences, the same for all."""

    BILL_PAID = "bill-paid"
    GIFT_SPENT = "gift-spent"


class NeedNoticeRequested(Event):
    """A person is to be told that its bill was paid. No amount, no giver, no department; after the settlement."""

    type = "org.b40.solidarity.need-notice.requested.v1"
    key = "notice"
    notice: UUID = Field(description="Id of the notice.")
    city: CityCode = Field(description="City of the person, for its language.")
    person: UUID = Field(description="Opaque id under which notices reach the person.")
    template: NoticeTemplate = Field(description="The sentence.")
