"""Signatures of events that come over Kafka: Ed25519 (RFC 8032) over what an event says, in three extensions.

What is signed are these lines, joined by ``\\n``, in UTF-8; none of them can hold a line's end:

    b40-signature-1
    id
    source
    type
    time                 as it is sent, letter for letter
    subject              empty if it is not sent
    signaturetime        when it was signed: RFC 3339, as ``2022-07-01T09:00:00Z``
    SHA-256 of the data  of the record's value, byte for byte, in 64 hexadecimal digits

``signature`` is the 64 bytes in base64 (RFC 4648, section 4), ``signaturekey`` the id of the key. A signed event comes
in binary mode: in structured mode nobody could tell which bytes of the data were signed. This module needs no package
for cryptography: who signs brings the function that signs, as ``Ed25519PrivateKey.sign`` of the package cryptography.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from b40_contracts.cloudevents.envelope import CloudEvent, timestamp
from b40_contracts.integrators import key_id

HEADING = "b40-signature-1"
SIGNATURE, SIGNATURE_KEY, SIGNATURE_TIME = "signature", "signaturekey", "signaturetime"


def content(
    *,
    id: str,  # noqa: A002  (its name in CloudEvents)
    source: str,
    type: str,  # noqa: A002  (its name in CloudEvents)
    time: str,
    subject: str,
    signed_at: str,
    data: bytes,
) -> bytes:
    """What is signed of an event, from its attributes as they are sent. ``subject`` is empty if there is none."""
    digest = hashlib.sha256(data).hexdigest()
    return "\n".join((HEADING, id, source, type, time, subject, signed_at, digest)).encode()


def signed(event: CloudEvent, sign: Callable[[bytes], bytes], public: bytes, at: datetime) -> CloudEvent:
    """The event with its signature. ``sign`` makes the 64 bytes; ``public`` are the 32 bytes of its public key.

    ``at`` is now, aware: a signature is taken up to the memory of the platform later. An event without data or time
    is signed as well, but no intake takes one.
    """
    signed_at = timestamp(at)
    attributes = event.attributes()
    signature = sign(
        content(
            id=event.id,
            source=event.source,
            type=event.type,
            time=attributes.get("time", ""),
            subject=attributes.get("subject", ""),
            signed_at=signed_at,
            data=event.data or b"",
        )
    )
    extensions = {
        SIGNATURE: base64.b64encode(signature).decode("ascii"),
        SIGNATURE_KEY: key_id(public),
        SIGNATURE_TIME: signed_at,
    }
    return replace(event, extensions={**event.extensions, **extensions})
