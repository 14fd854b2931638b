"""Policies of solidarity: what a city, or the network, offers and under which rules; and the words both sides share."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from b40_contracts.event import Event, Part
from b40_contracts.values import CurrencyCode, Instant, MinorUnits, Text

NETWORK = "network"
"""Scope of the policy for gifts that may go to any city."""

K_MIN = 5
"""No batch ever has fewer distinct households or payers, whatever a policy says."""

K_DEFAULT = 10

F_HOUSEHOLDS_DEFAULT = 2
"""How many households one attacker is assumed to control; a city examines each, so they are few."""

Scope = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}[A-Z2-9]{3}|network)$")]
"""Code of a city, or ``network``."""

Amount = Annotated[MinorUnits, Field(gt=0)]
"""An amount of money in minor units, more than nothing."""

Hour = Annotated[int, Field(strict=True, ge=0, le=23)]
Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
Week = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-w[0-9]{2}$")]
"""A week of ISO 8601, as ``2022-w27``."""


class SupportKind(StrEnum):
    """What a household is helped with."""

    WATER_BILL = "water-bill"
    GAS_BILL = "gas-bill"
    FAMILY = "family"
    MOTHER_AND_BABY = "mother-and-baby"
    """A mother with a baby of 0 to 4 years."""
    STUDENT = "student"
    TRANSPORT = "transport"
    HOME = "home"
    PENSIONERS_MARKET = "pensioners-market"

    @property
    def is_package(self) -> bool:
        """Whether its amount is the policy's; a bill's is the biller's."""
        return self not in (SupportKind.WATER_BILL, SupportKind.GAS_BILL)


class Border(StrEnum):
    """How far giving may go: to households of the same city, of the same country, or anywhere in the network."""

    CITY = "city"
    COUNTRY = "country"
    NETWORK = "network"


class TokenEpoch(StrEnum):
    """How long a payment partner gives a payer the same token."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Package(Part):
    """A package of support, the same for every household, and what it comes to."""

    kind: SupportKind = Field(description="The kind of support; no bill.")
    amount_minor: Amount = Field(description="What a household is paid out, minor units.")


class CurrencyRules(Part):
    """What a policy allows in one currency."""

    currency: CurrencyCode = Field(description="The currency.")
    denominations: Annotated[tuple[Amount, ...], Field(min_length=1, max_length=20)] = Field(
        description="The only amounts that a gift may have, minor units, as with coins: no gift betrays itself."
    )
    cap_minor: Amount = Field(
        description="The most that one attestation may allow, and all that hold at a time a household, minor units."
    )
    payer_cap_minor: Amount | None = Field(
        default=None,
        description="The most that one payer may give within an epoch of its token, minor units; absent: no limit.",
    )
    packages: Annotated[tuple[Package, ...], Field(max_length=len(SupportKind))] = Field(
        default=(), description="The packages that are paid out in this currency, each kind once."
    )

    @model_validator(mode="after")
    def _packages_are_no_bills_and_each_is_named_once(self) -> Self:
        kinds = [package.kind for package in self.packages]
        if len(kinds) != len(set(kinds)):
            raise ValueError("packages: a kind is named twice")
        if not all(kind.is_package for kind in kinds):
            raise ValueError("packages: a bill has the amount that its biller says")
        return self

    def package(self, kind: SupportKind) -> Package | None:
        """The package of a kind, or None if none is paid out."""
        return next((package for package in self.packages if package.kind == kind), None)


class PolicyTerms(Part):
    """The rules of a policy: the fields that a report and the state share."""

    scope: Scope = Field(description="The city whose policy it is, or ``network`` for gifts to anywhere.")
    k: int = Field(
        default=K_DEFAULT,
        ge=K_MIN,
        le=1_000,
        description="A batch closes only with so many distinct households and so many distinct payers; never below 5.",
    )
    f_payers: int | None = Field(
        default=None,
        ge=0,
        le=1_000,
        description="How many payers one attacker is assumed to control: that many are needed beyond k. Absent: k - 1.",
    )
    f_households: int = Field(
        default=F_HOUSEHOLDS_DEFAULT,
        ge=0,
        le=1_000,
        description="How many households one attacker is assumed to control: so many more than k are needed.",
    )
    kinds: Annotated[tuple[SupportKind, ...], Field(min_length=1, max_length=len(SupportKind))] = Field(
        description="The kinds of support that are offered."
    )
    currencies: Annotated[tuple[CurrencyRules, ...], Field(min_length=1, max_length=20)] = Field(
        description="Rules by currency, each currency once."
    )
    batch_hours: Annotated[tuple[Hour, ...], Field(min_length=1, max_length=24)] = Field(
        description="Hours of the day, UTC, at which batches may close."
    )
    batch_weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = Field(
        default=(1, 2, 3, 4, 5, 6, 7), description="Days of the week on which batches may close, Monday is 1."
    )
    border: Border = Field(
        default=Border.CITY,
        description="How far giving may go if the pool merges upward. Gifts to anywhere go anywhere.",
    )
    merge_after: int = Field(
        default=3,
        ge=1,
        le=1_000,
        description="A pool merges upward when its oldest need has waited so many batch hours.",
    )
    vouches: bool = Field(
        default=False,
        description="The city vouches that no household of it is attested twice, also not elsewhere: then its "
        "households count where pools merge.",
    )
    longest_wait_days: int = Field(
        default=90, ge=1, le=3_650, description="A need that has waited so many days is handed back to the city."
    )
    token_epoch: TokenEpoch = Field(
        default=TokenEpoch.QUARTER, description="How long payment partners give a payer the same token."
    )
    legal_basis: Text | None = Field(default=None, description="The law or contract that the money's path rests on.")
    in_force_from: Instant | None = Field(
        default=None, description="From when on the policy holds, UTC; absent: from its report on."
    )

    @model_validator(mode="after")
    def _each_currency_once(self) -> Self:
        codes = [rules.currency for rules in self.currencies]
        if len(codes) != len(set(codes)):
            raise ValueError("currencies: a currency is named twice")
        return self

    @property
    def payers_controlled(self) -> int:
        """How many payers one attacker is assumed to control."""
        return self.k - 1 if self.f_payers is None else self.f_payers

    def rules(self, currency: str) -> CurrencyRules | None:
        """The rules for a currency, or None if nothing is offered in it."""
        return next((rules for rules in self.currencies if rules.currency == currency), None)


class PolicyReported(PolicyTerms, Event):
    """A city, or the network's secretariat, reports its policy, whole. Leads to its statement as Policy.

    It may be reported before it holds (``in_force_from``): it is stated at once, and the one before holds until then.
    Refused if its time is before that of the last one of the scope (``older-policy``), or if gifts must be attributed
    to bills there (``gifts-attributed``): that would break the promise. It waits for an unknown city.
    A change holds for what comes later: gifts and needs keep the k, f and border in force when they came.
    """

    type = "org.b40.solidarity.policy.reported.v1"
    key = "scope"
    gifts_attributed: bool = Field(
        default=False, description="Whether the law there demands that it can be told which gift paid which bill."
    )


class AnnouncedPolicy(PolicyTerms):
    """A policy that is stated before it holds, from ``in_force_from`` on."""

    reported_at: Instant = Field(description="When it was reported, UTC.")
    version: int = Field(ge=1, description="Number among the scope's policies.")


class Policy(PolicyTerms, Event):
    """The policy of a scope, whole, and the one that is to follow. Without one, a scope takes no gifts and no needs."""

    type = "org.b40.solidarity.policy.stated.v1"
    key = "scope"
    reported_at: Instant = Field(description="When it was reported, UTC.")
    version: int = Field(default=1, ge=1, description="Number among the scope's policies.")
    announced: AnnouncedPolicy | None = Field(default=None, description="The policy that is to follow, if one is.")

    def at(self, time: datetime) -> PolicyTerms | None:
        """What holds at a time, or None before the first policy holds."""
        for terms in (self.announced, self):
            if terms is not None and (terms.in_force_from is None or terms.in_force_from <= time):
                return terms
        return None


def week_of(day: date) -> str:
    """The ISO week of a day: ``2022-w27``."""
    year, week, _ = day.isocalendar()
    return f"{year}-w{week:02d}"
