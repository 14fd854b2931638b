"""What may be attested under a policy, and which bills may be opened under an attestation."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from b40_contracts.solidarity import AttestationReported, BillReported, PolicyTerms

from b40_solidarity.objections import Objection


@dataclass(frozen=True, slots=True)
class Attestation:
    """An attestation as it holds, and what was opened under it so far and not withdrawn.

    ``household`` is a keyed hash. It has ``ended`` if its person was erased.
    """

    city: str
    household: UUID
    kinds: Collection[str]
    currency: str
    cap_minor: int
    until: date
    opened_minor: int
    ended: bool = False


def objection_to_attestation(report: AttestationReported, policy: PolicyTerms) -> Objection | None:
    """Why the city's policy does not allow this attestation, or None."""
    missing = sorted(set(report.kinds) - set(policy.kinds))
    if missing:
        return Objection("kind-not-offered", f"kinds: the policy of {report.city} does not offer {missing[0]}")
    rules = policy.rules(report.currency)
    if rules is None:
        return Objection("currency-not-offered", f"currency: {report.city} offers nothing in {report.currency}")
    if report.cap_minor > rules.cap_minor:
        return Objection("above-cap", f"cap_minor: the policy of {report.city} allows {rules.cap_minor} at most")
    return None


def objection_to_amount(report: BillReported, policy: PolicyTerms) -> Objection | None:
    """Why the amount is not that of the city's package, or None; a bill's amount is its biller's."""
    if not report.kind.is_package:
        return None
    rules = policy.rules(report.currency)
    package = rules.package(report.kind) if rules else None
    if package is None:
        return Objection("package-not-offered", f"kind: {report.city} pays no such package out in {report.currency}")
    if report.amount_minor != package.amount_minor:
        return Objection("another-amount", f"amount_minor: this package of {report.city} is {package.amount_minor}")
    return None


def objection_to_sum(report: BillReported, opened_minor: int, policy: PolicyTerms) -> Objection | None:
    """Why a household, for whom so much was opened already, cannot be given this too, or None."""
    rules = policy.rules(report.currency)
    if rules is None or opened_minor + report.amount_minor <= rules.cap_minor:
        return None
    return Objection(
        "above-household-cap", "amount_minor: with what is open for this household already it is above the policy's cap"
    )


def objection_to_bill(report: BillReported, attestation: Attestation, time: datetime) -> Objection | None:
    """Why a bill confirmed at ``time`` cannot be opened under its attestation, or None."""
    if attestation.ended:
        return Objection("attestation-ended", "attestation: who was attested asks no more")
    if time.date() > attestation.until:
        return Objection("attestation-expired", f"attestation: it held until {attestation.until}")
    if report.city != attestation.city:
        return Objection("another-city", "city: another city attested this household")
    if report.kind not in attestation.kinds:
        return Objection("kind-not-attested", f"kind: the household is not attested for {report.kind}")
    if report.currency != attestation.currency:
        return Objection("another-currency", f"currency: the cap is in {attestation.currency}")
    if attestation.opened_minor + report.amount_minor > attestation.cap_minor:
        return Objection("above-cap", "amount_minor: with what is open already it is above the attestation's cap")
    return None
