"""What people are told: what integrators report of recipients, what recipients agreed to, what was delivered.

A recipient stands here by an opaque id that whoever entered it chose (a UUID). Addresses and names never travel:
they are entered by HTTPS alone.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.platform import break_glass, refusals
from b40_contracts.topic import Kind, Topic, from_beginning
from b40_contracts.values import Instant, Slug


class Subject(StrEnum):
    """What a notice can be about; recipients choose among these."""

    MEMBERSHIP = "membership"
    GROUPS = "groups"
    MEETINGS = "meetings"
    DECISIONS = "decisions"
    TOURS = "tours"
    ALLOCATIONS = "allocations"
    FAIRS = "fairs"
    DEADLINES = "deadlines"
    CONFLICTS = "conflicts"
    SETTLEMENTS = "settlements"
    STATISTICS = "statistics"


Chosen = Annotated[tuple[Subject, ...], Field(max_length=len(Subject))]
Agreed = Annotated[tuple[Slug, ...], Field(max_length=100)]

_RECIPIENT = "Opaque id of the recipient, a UUID; never an address."


class PreferenceReported(Event):
    """A city's desk reports what a recipient wants to be told, and how; the whole of it, replacing what was before.

    Leads to ConsentGiven. Refused if the recipient was never entered (``unknown-recipient``) or was erased.
    """

    type = "org.b40.notify.preference.reported.v1"
    key = "recipient"
    recipient: UUID = Field(description=_RECIPIENT)
    about: Chosen = Field(description="Subjects the recipient wants to hear about; none of the others.")
    immediate: bool = Field(default=True, description="True if a notice is to be sent as soon as there is one.")
    digest: bool = Field(default=False, description="True if the notices of a day are to be sent together.")


class WithdrawalReported(Event):
    """A city's desk reports that a recipient no longer agrees to be told something. Leads to ConsentWithdrawn."""

    type = "org.b40.notify.withdrawal.reported.v1"
    key = "recipient"
    recipient: UUID = Field(description=_RECIPIENT)
    about: Subject | None = Field(default=None, description="The subject no longer wanted; absent: all of them.")


class ErasureRequested(Event):
    """A person asked to be forgotten. The recipient's row and its key are erased; leads to RecipientErased."""

    type = "org.b40.notify.erasure.requested.v1"
    key = "recipient"
    recipient: UUID = Field(description=_RECIPIENT)


class ConsentGiven(Event):
    """A recipient agreed to be told about these subjects and no others; said when it was entered or chose anew.

    It takes effect when notify hears it: notices about what is heard later follow it.
    """

    type = "org.b40.notify.consent.given.v1"
    key = "recipient"
    recipient: UUID = Field(description=_RECIPIENT)
    about: Agreed = Field(description="All subjects agreed to, sorted.")
    immediate: bool = Field(description="True if a notice is sent as soon as there is one.")
    digest: bool = Field(description="True if the notices of a day are sent together.")


class ConsentWithdrawn(Event):
    """A recipient no longer agrees to be told about a subject; nothing about it is sent any more once heard."""

    type = "org.b40.notify.consent.withdrawn.v1"
    key = "recipient"
    recipient: UUID = Field(description=_RECIPIENT)
    about: Slug | None = Field(default=None, description="The subject no longer agreed to; absent: all of them.")


class RecipientErased(Event):
    """A recipient's personal data and its key were erased; a restored database erases them again on hearing it.

    The id is not used again.
    """

    type = "org.b40.notify.recipient.erased.v1"
    key = "recipient"
    recipient: UUID = Field(description=_RECIPIENT)


class NoticeDelivered(Event):
    """A mail server took a notice. Said once per notice; who hears of a delivery never sends that notice again."""

    type = "org.b40.notify.notice.delivered.v1"
    key = "notice"
    notice: UUID = Field(description="Id of the notice, derived from event, recipient and channel.")
    recipient: UUID | None = Field(default=None, description=_RECIPIENT + " Absent if what it tells came sealed.")
    about: Slug = Field(description="The subject that the notice is about.")
    channel: Slug = Field(description="How it was sent: ``e-mail``.")
    attempted: Instant = Field(
        description="Business time of the sending, UTC; the day alone if what it tells came sealed."
    )


class NoticeFailed(Event):
    """A notice can not be delivered, for good: it is not tried again, and nobody was told by it."""

    type = "org.b40.notify.notice.failed.v1"
    key = "notice"
    notice: UUID = Field(description="Id of the notice, derived from event, recipient and channel.")
    recipient: UUID | None = Field(default=None, description=_RECIPIENT + " Absent if what it tells came sealed.")
    about: Slug = Field(description="The subject that the notice is about.")
    channel: Slug = Field(description="How it was tried: ``e-mail``.")
    attempted: Instant = Field(
        description="Business time of the attempt, UTC; the day alone if what it tells came sealed."
    )
    reason: Slug = Field(description="Why, as a code: ``smtp-550`` (the server's reply code), ``recipient-gone``.")


class DigestDelivered(Event):
    """A mail server took a recipient's digest of a day. Who hears of it never sends that digest again."""

    type = "org.b40.notify.digest.delivered.v1"
    key = "digest"
    digest: UUID = Field(description="Id of the digest, derived from recipient and day.")
    recipient: UUID = Field(description=_RECIPIENT)
    day: date = Field(description="The day (UTC) whose notices it gathers.")
    notices: int = Field(ge=1, description="How many notices it gathers.")
    attempted: Instant = Field(description="Business time of the sending, UTC.")


class DigestFailed(Event):
    """A digest can not be delivered, for good: it is not tried again."""

    type = "org.b40.notify.digest.failed.v1"
    key = "digest"
    digest: UUID = Field(description="Id of the digest, derived from recipient and day.")
    recipient: UUID = Field(description=_RECIPIENT)
    day: date = Field(description="The day (UTC) whose notices it gathers.")
    notices: int = Field(ge=1, description="How many notices it gathers.")
    attempted: Instant = Field(description="Business time of the attempt, UTC.")
    reason: Slug = Field(description="Why, as a code: ``smtp-550`` (the server's reply code), ``recipient-gone``.")


INTAKE = Topic(
    name="notify-intake",
    kind=Kind.INTAKE,
    description="What cities' desks report of recipients, by opaque id: preferences, withdrawals, erasures.",
    events=(PreferenceReported, WithdrawalReported, ErasureRequested),
    producer="integrators",
    consumers=from_beginning("notify"),
)

CONSENTS = Topic(
    name="notify-consents",
    kind=Kind.FACTS,
    description="What recipients agreed to be told, by opaque id; heard again by a restored notify.",
    events=(ConsentGiven, ConsentWithdrawn, RecipientErased),
    producer="notify",
    consumers=from_beginning("notify"),
)

DELIVERIES = Topic(
    name="notify-deliveries",
    kind=Kind.FACTS,
    description="Which notices and digests were delivered, or can not be; a restored notify does not send them again.",
    events=(NoticeDelivered, NoticeFailed, DigestDelivered, DigestFailed),
    producer="notify",
    consumers=from_beginning("notify"),
)

REFUSALS = refusals("notify")

BREAK_GLASS = break_glass("notify")

TOPICS = (INTAKE, CONSENTS, DELIVERIES, REFUSALS, BREAK_GLASS)
