"""Billers, and what they are to be paid: the payment partner hears one total, the lines only the biller can read."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from b40_contracts.event import Event
from b40_contracts.solidarity.needs import Reference
from b40_contracts.solidarity.policies import Amount
from b40_contracts.values import CurrencyCode, Instant, Slug

PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""A public key of X25519 (RFC 7748), 32 bytes in base64."""

Ciphertext = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=900_000)]

LINES_MAX = 500
"""Lines in one record at most; an order of more comes in several."""


class BillerReported(Event):
    """A utility, or a partner that pays packages out, says to which key its lines are encrypted. Leads to Biller.

    Refused: ``another-reporter`` (the biller is somebody else's), ``older-key``, ``weak-key``.
    """

    type = "org.b40.solidarity.biller.reported.v1"
    key = "biller"
    biller: Slug = Field(description="Name of the biller, as bills give it.")
    public_key: PublicKey = Field(description="Its public key of X25519, 32 bytes in base64.")


class Biller(Event):
    """A biller as it is. Without one its bills wait, and are refused after a day."""

    type = "org.b40.solidarity.biller.stated.v1"
    key = "biller"
    biller: Slug = Field(description="Name of the biller.")
    public_key: PublicKey = Field(description="Its public key of X25519, 32 bytes in base64.")
    reported_at: Instant = Field(description="When the key was reported, UTC.")
    reporter: str = Field(max_length=2_000, description="The CloudEvents source that may change it.")


class OrderPlaced(Event):
    """The payment partner is to pay a biller this total. One per biller and batch; it names no bill and no gift."""

    type = "org.b40.solidarity.order.placed.v1"
    key = "order"
    order: UUID = Field(description="Id of the order.")
    biller: Slug = Field(description="Who is paid.")
    currency: CurrencyCode = Field(description="Currency of the total.")
    total_minor: Amount = Field(description="Sum of the lines, minor units.")
    remittance: UUID = Field(description="Random reference of the one transfer.")
    placed_at: Instant = Field(description="Time of the batch, UTC.")


class OrderLine(BaseModel):
    """One bill of an order."""

    line: UUID = Field(description="Reference of the line: of need and part alone, so that one said again is known.")
    reference: Reference = Field(description="Reference of the bill, encrypted to the biller's key by its reporter.")
    amount_minor: Amount = Field(description="What is paid, minor units.")


class OrderLines(BaseModel):
    """What a biller reads when it has decrypted ``OrderLinesPlaced.encrypted``, as JSON."""

    lines: tuple[OrderLine, ...] = Field(min_length=1, max_length=LINES_MAX, description="The bills, shuffled.")


class OrderLinesPlaced(Event):
    """Which bills an order pays, encrypted to its biller: HPKE of RFC 9180, in base mode, without associated data.

    The suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; ``info`` is ``b40-order-lines-1 ORDER NUMBER``.
    """

    type = "org.b40.solidarity.order-lines.placed.v1"
    key = "order"
    order: UUID = Field(description="Id of the order.")
    biller: Slug = Field(description="Who can read it.")
    number: int = Field(ge=1, description="Number of this part of the lines.")
    of: int = Field(ge=1, description="In how many parts the lines come.")
    encrypted: Ciphertext = Field(description="The encapsulated key, 32 bytes, and the ciphertext, in base64.")

    @staticmethod
    def info(order: UUID, number: int) -> bytes:
        """What the encryption is bound to."""
        return f"b40-order-lines-1 {order} {number}".encode()
