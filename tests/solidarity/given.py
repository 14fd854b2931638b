"""Policies, attestations, bills and gifts for the tests: everything has a default, and ids derive from names."""

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from b40_contracts.solidarity import (
    AttestationReported,
    BillReported,
    CurrencyRules,
    GiftReported,
    PolicyReported,
    SupportKind,
)

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
