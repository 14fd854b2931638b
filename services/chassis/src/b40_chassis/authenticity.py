"""Whether an event of an intake comes from whom it names, looked at before its id is entered anywhere.

What came over HTTPS was let in at the door, by its sender's key; this app then accepted it under a keyed hash of its
own, which nobody else can make. What came over Kafka under the source of an integrator is signed by it (Ed25519,
RFC 8032; ``b40_contracts.signing``). Everything is judged by the moment at which it was appended, so that it is judged
alike when it is heard again. Signature and hash are taken up to the memory after they were made, and the inbox
remembers for longer: nothing that was captured can be played again.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from b40_contracts.cloudevents import CloudEvent, Malformed
from b40_contracts.cloudevents.envelope import parse_timestamp, timestamp
from b40_contracts.event import Event
from b40_contracts.integrators import Integrator, SigningKey
from b40_contracts.signing import SIGNATURE, SIGNATURE_KEY, SIGNATURE_TIME, content
from b40_contracts.topic import MEMORY_DAYS
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from b40_chassis import metrics
from b40_chassis.reading import Readable, UnknownType
from b40_chassis.record import Record
from b40_chassis.set_aside import Aside

if TYPE_CHECKING:
    from b40_chassis.frame import Frame

ACCEPTED = "accepted"
"""Extension in which an app's door says that it let an event in; of no use to anybody else."""
AHEAD_MAX = timedelta(minutes=10)
"""How far a signer's clock may be ahead of the broker's."""
BEYOND_SCOPE = "beyond-scope"
FORGED = frozenset({"not-signed", "wrong-signature", "signature-ended", "revoked-sender", "unknown-sender"})
"""Reasons of dead letters of which nobody knows who sent them: what they say of their sender proves nothing."""

Reason = tuple[str, str]
"""A short code and a sentence."""


class Claim(NamedTuple):
    """What an event says of itself: who sent it under which id, and what it is."""

    id: str
    source: str
    type: str
    event: Event | None


class Objection(NamedTuple):
    """A short code, and a sentence that names the field. Of what is beyond its scope the sender is known, and told."""

    claim: Claim
    reason: str
    detail: str

    @property
    def is_forgery(self) -> bool:
        """Whether it is not known who sent it."""
        return self.reason in FORGED


def accepted(secret: bytes, topic: str, cloud_event: CloudEvent, at: datetime) -> str:
    """When an app accepts an event for its intake topic, and the keyed hash under which it does."""
    accepted_at = timestamp(at)
    says = content(
        id=cloud_event.id,
        source=cloud_event.source,
        type=cloud_event.type,
        time=timestamp(cloud_event.time) if cloud_event.time is not None else "",
        subject=cloud_event.subject or "",
        signed_at=accepted_at,
        data=cloud_event.data or b"",
    )
    return f"{accepted_at} {_hash(secret, topic, says)}"


def objection(frame: "Frame", reading: Readable | UnknownType) -> Objection | None:
    """What is to be said against the sender of an event on an intake that is not sealed; None if nothing is."""
    owner = frame.integrators.owner(reading.heard.source if isinstance(reading, Readable) else reading.source)
    if owner is None and frame.strangers_allowed:
        return None  # most of them, where most senders are not registered
    record, claim = reading.record, _claim(reading)
    if _was_accepted(frame, record, claim):
        return None
    if owner is None or record.appended < owner.since:
        if frame.strangers_allowed:
            return None
        return Objection(claim, "unknown-sender", "source: is not that of a registered integrator")
    if owner.is_revoked(record.appended):
        return Objection(claim, "revoked-sender", f"source: {owner.name} is revoked")
    found = forged(owner, record, claim) or _beyond(owner, claim)
    return None if found is None else Objection(claim, *found)


def forged(owner: Integrator, record: Record, claim: Claim) -> Reason | None:
    """Why a record is not signed by its owner as it should be, code and sentence; None if it is."""
    signature, signed_at = record.header("ce_" + SIGNATURE), record.header("ce_" + SIGNATURE_TIME)
    if not signature or record.header("content-type").lower().startswith("application/cloudevents"):
        detail = f"{SIGNATURE}: is missing; {owner.name} is registered, so its events are signed, in binary mode"
        return "not-signed", detail
    named = record.header("ce_" + SIGNATURE_KEY)
    key = next((each for each in owner.signing_keys if each.id == named), None)
    if key is None:
        return "wrong-signature", f"{SIGNATURE_KEY}: is not the id of a key of {owner.name}"
    if not _verifies(key.public, signature, _content(record, claim, signed_at)):
        return "wrong-signature", f"{SIGNATURE}: is not that of this event with the key {key.id}"
    return _ended(key, signed_at, record.appended)


def count(asides: Iterable[Aside]) -> None:
    """Count what was set aside because it is not from whom it names: each is an alarm."""
    for each in asides:
        if each.reason in FORGED:
            metrics.forged.add(1, reason=each.reason)


def _claim(reading: Readable | UnknownType) -> Claim:
    if isinstance(reading, Readable):
        heard = reading.heard
        return Claim(heard.id, heard.source, heard.event.type, heard.event)
    return Claim(reading.id, reading.source, reading.cloud_event.type, None)


def _beyond(owner: Integrator, claim: Claim) -> Reason | None:
    found = owner.beyond(claim.source, claim.type, claim.event)
    return None if found is None else (BEYOND_SCOPE, f"{found[0]}: {found[1]}")


def _ended(key: SigningKey, signed_at: str, appended: datetime) -> Reason | None:
    if key.ends is not None and key.ends <= appended:
        return "signature-ended", f"{SIGNATURE_KEY}: the key {key.id} has ended"
    if not _is_timely(signed_at, appended):
        detail = f"is not within the {MEMORY_DAYS} days before the event came, or no time of RFC 3339: sign it anew"
        return "signature-ended", f"{SIGNATURE_TIME}: {detail}"
    return None


def _verifies(public: str, signature: str, signed: bytes) -> bool:
    try:
        _public_key(public).verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


@lru_cache
def _public_key(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))


def _content(record: Record, claim: Claim, signed_at: str) -> bytes:
    """What is signed of a record, as it stands there; id, source and type are those that were read of it."""
    return content(
        id=claim.id,
        source=claim.source,
        type=claim.type,
        time=record.header("ce_time"),
        subject=record.header("ce_subject"),
        signed_at=signed_at,
        data=record.value or b"",
    )


def _was_accepted(frame: "Frame", record: Record, claim: Claim) -> bool:
    """Whether this very app's door let it in."""
    accepted_at, _, proof = record.header("ce_" + ACCEPTED).partition(" ")
    if not proof or not _is_timely(accepted_at, record.appended):
        return False
    expected = _hash(frame.secret, record.topic, _content(record, claim, accepted_at))
    return hmac.compare_digest(proof.encode(), expected.encode())


def _is_timely(moment: str, appended: datetime) -> bool:
    """Whether something was made at most the memory before it came."""
    try:
        made = parse_timestamp("", moment)
    except Malformed:
        return False
    return appended - timedelta(days=MEMORY_DAYS) <= made <= appended + AHEAD_MAX


def _hash(secret: bytes, topic: str, says: bytes) -> str:
    return hashlib.blake2b(topic.encode() + b"\0" + says, key=secret[:64], digest_size=32).hexdigest()
