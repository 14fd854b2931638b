"""Policies, attestations, bills and gifts for the tests: everything has a default, and ids derive from names."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from b40_contracts.solidarity import (
    AttestationReported,
    BillerReported,
    BillReported,
    CurrencyRules,
    GiftReported,
    OrderLine,
    OrderLinesPlaced,
    PolicyReported,
    SupportKind,
)
from b40_infra.season_billers import lines_of
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

NAMESPACE = UUID("5a6b7c8d-0000-4000-8000-00000000b401")
MONDAY = datetime(2022, 7, 4, tzinfo=UTC)
K = 5
WATER = SupportKind.WATER_BILL
POOL = "TRIST~water-bill~TRY"


def named(name: str) -> UUID:
    """The id of this name."""
    return uuid5(NAMESPACE, name)


def sealed(name: str) -> str:
    """Something opaque, always the same for a name."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def after(hours: int) -> datetime:
    """So many hours after Monday, 4 July 2022."""
    return MONDAY + timedelta(hours=hours)


def policy(scope: str = "TRIST", **changes: Any) -> PolicyReported:
    return PolicyReported(
        **{
            "scope": scope,
            "k": K,
            "f_payers": 0,
            "f_households": 0,
            "kinds": (SupportKind.WATER_BILL, SupportKind.GAS_BILL),
            "currencies": (CurrencyRules(currency="TRY", denominations=(5_000, 10_000, 25_000), cap_minor=60_000),),
            "batch_hours": (18,),
            **changes,
        }
    )


def attestation(name: str, **changes: Any) -> AttestationReported:
    """An attestation of the household of this name."""
    return AttestationReported(
        **{
            "attestation": named(f"attestation {name}"),
            "city": "TRIST",
            "household": f"household-{name}",
            "person": named(f"person {name}"),
            "kinds": (SupportKind.WATER_BILL,),
            "currency": "TRY",
            "cap_minor": 60_000,
            "until": date(2022, 12, 31),
            **changes,
        }
    )


def bill(name: str, amount_minor: int, *, of: str | None = None, **changes: Any) -> BillReported:
    """A bill of the household ``of`` (default: the one of the same name)."""
    return BillReported(
        **{
            "need": named(f"need {name}"),
            "attestation": named(f"attestation {of or name}"),
            "city": "TRIST",
            "kind": SupportKind.WATER_BILL,
            "currency": "TRY",
            "amount_minor": amount_minor,
            "biller": "iski",
            "reference": sealed(f"reference {name}"),
            "tag": sealed(f"bill {name}"),
            **changes,
        }
    )


def private_key(biller: str) -> X25519PrivateKey:
    """The private key of the biller of this name."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(f"key of {biller}".encode()).digest())


def biller(name: str = "iski") -> BillerReported:
    """A biller with its key."""
    public = private_key(name).public_key().public_bytes_raw()
    return BillerReported(biller=name, public_key=base64.b64encode(public).decode())


def decrypted(said: Sequence[OrderLinesPlaced], order: UUID) -> list[OrderLine]:
    """The lines of an order, as its biller reads them."""
    parts = sorted((one for one in said if one.order == order), key=lambda one: one.number)
    return [line for part in parts for line in lines_of(part, private_key(part.biller))]


def gift_reported(name: str, amount_minor: int, *, payer: str | None = None, **changes: Any) -> GiftReported:
    """A gift of the payer of this name (default: one of its own), who wants to be told."""
    return GiftReported(
        **{
            "gift": named(f"gift {name}"),
            "payer": sealed(f"payer {payer or name}"),
            "person": named(f"giver {payer or name}"),
            "city": "TRIST",
            "kind": SupportKind.WATER_BILL,
            "currency": "TRY",
            "amount_minor": amount_minor,
            **changes,
        }
    )
