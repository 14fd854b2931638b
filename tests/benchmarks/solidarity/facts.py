"""What was reported: the periods of the generator in the apps' words, sealed as their intakes would write it."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from b40_chassis.packing import Packer, headers_of
from b40_contracts.cloudevents import CloudEvent, KafkaRecord, describe
from b40_contracts.event import Event
from b40_contracts.solidarity import (
    GIFTS_INTAKE,
    NEEDS_INTAKE,
    AttestationReported,
    BillerReported,
    BillReported,
    CurrencyRules,
    GiftReported,
    OrderAnswerReported,
    Package,
    PolicyReported,
    SupportKind,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.benchmarks.solidarity.history import ATTESTED, BATCH_HOUR, DENOMINATIONS, Asked, Given, Period

CITY, CURRENCY = "TRIST", "TRY"
CITY_SOURCE, PARTNER_SOURCE = "//city.example/istanbul", "//partner.example/gifts"
CAP_MINOR = 2_000_000
LONGEST_WAIT_DAYS = 1_500
"""Most of the 95,786 bills that waited before the holiday waited for a year: none of them is handed back."""

UTILITIES = 4
CARD_OPERATOR = "card-operator"
BILLERS = (
    *(f"water-{number}" for number in range(UTILITIES)),
    *(f"gas-{number}" for number in range(UTILITIES)),
    CARD_OPERATOR,
)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
REFERENCE_BYTES = 80
"""As long as a customer's number, encrypted by HPKE."""


class Fact(NamedTuple):
    """Something that was reported, and by whom."""

    event: Event
    id: str
    source: str
    time: datetime

    def described(self) -> CloudEvent:
        """As a CloudEvent."""
        return describe(self.event, id=self.id, source=self.source, time=self.time)

    @property
    def topic(self) -> str:
        """The intake that it stands on."""
        return (GIFTS_INTAKE if isinstance(self.event, GiftReported) else NEEDS_INTAKE).name


def policy(amounts: Mapping[SupportKind, int], every: int, since: datetime) -> Fact:
    """The city's policy from a moment on; k and f are what policies have that do not say otherwise."""
    packages = tuple(Package(kind=kind, amount_minor=amount_minor) for kind, amount_minor in sorted(amounts.items()))
    rules = CurrencyRules(currency=CURRENCY, denominations=DENOMINATIONS, cap_minor=CAP_MINOR, packages=packages)
    event = PolicyReported(
        scope=CITY,
        kinds=tuple(SupportKind),
        currencies=(rules,),
        batch_hours=(BATCH_HOUR,),
        batch_weekdays=EVERY_DAY if every == 1 else (1,),
        longest_wait_days=LONGEST_WAIT_DAYS,
        in_force_from=since,
    )
    return Fact(event, str(named("policy", since.year)), CITY_SOURCE, since - timedelta(days=10))


def billers(time: datetime) -> list[Fact]:
    """All billers report their keys."""
    facts = []
    for number, name in enumerate(BILLERS):
        public = private_key(name).public_key().public_bytes_raw()
        event = BillerReported(biller=name, public_key=base64.b64encode(public).decode())
        facts.append(Fact(event, str(named("biller", number)), f"//{name}.example", time))
    return facts


def reported(period: Period) -> tuple[list[Fact], list[Fact]]:
    """What came in a period: on the needs' intake and on the gifts', each in order of time."""
    needs = [fact for asked in period.asked for fact in _asked(asked)]
    return sorted(needs, key=lambda fact: fact.time), [given(one) for one in period.given]


def _asked(asked: Asked) -> Iterator[Fact]:
    if asked.attested is not None:
        yield attestation(asked.household, asked.attested)
    yield bill(asked)


def attestation(household: int, time: datetime) -> Fact:
    """The city attests a household."""
    event = AttestationReported(
        attestation=named("attestation", household),
        city=CITY,
        household=named("household", household).hex,
        person=named("person", household),
        kinds=tuple(SupportKind),
        currency=CURRENCY,
        cap_minor=CAP_MINOR,
        until=(time + ATTESTED + timedelta(days=65)).date(),
    )
    return Fact(event, str(named("attestation report", household)), CITY_SOURCE, time)


def bill(asked: Asked, cut_off: date | None = None) -> Fact:
    """A biller confirms a bill, or who pays packages out a package."""
    biller = biller_of(asked.number, asked.kind)
    event = BillReported(
        need=named("need", asked.number),
        attestation=named("attestation", asked.household),
        city=CITY,
        kind=asked.kind,
        currency=CURRENCY,
        amount_minor=asked.amount_minor,
        biller=biller,
        reference=reference(asked.number),
        tag=base64.b64encode(_hash("bill", asked.number)).decode(),
        cut_off=cut_off,
    )
    return Fact(event, str(named("bill report", asked.number)), f"//{biller}.example", asked.at)


def given(one: Given) -> Fact:
    """The payment partner reports a gift; its giver wants to be told."""
    event = GiftReported(
        gift=named("gift", one.number),
        payer=base64.b64encode(_hash("payer", one.payer)).decode(),
        person=named("giver", one.payer),
        city=CITY,
        kind=one.kind,
        currency=CURRENCY,
        amount_minor=one.amount_minor,
    )
    return Fact(event, str(named("gift report", one.number)), PARTNER_SOURCE, one.at)


def answer(order: UUID, biller: str, rejected: tuple[UUID, ...], time: datetime) -> Fact:
    """A biller answers an order."""
    event = OrderAnswerReported(order=order, biller=biller, rejected=rejected)
    return Fact(event, f"answer {order}", f"//{biller}.example", time)


def biller_of(number: int, kind: SupportKind) -> str:
    """Who is to be paid for this support."""
    if kind.is_package:
        return CARD_OPERATOR
    return BILLERS[number % UTILITIES + (UTILITIES if kind == SupportKind.GAS_BILL else 0)]


def private_key(biller: str) -> X25519PrivateKey:
    """The private key of an invented biller."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(f"replay {biller}".encode()).digest())


def reference(number: int) -> str:
    """A bill's reference, which its biller alone could read; here it only looks as if."""
    return base64.b64encode(number.to_bytes(8) + bytes(REFERENCE_BYTES - 8)).decode()


def number_of(reference: str) -> int:
    """The support whose bill has this reference."""
    return int.from_bytes(base64.b64decode(reference)[:8])


def named(what: str, number: int) -> UUID:
    """An id without order, as foreign senders give them; always the same for a number."""
    return UUID(bytes=_hash(what, number), version=4)


def _hash(what: str, number: int) -> bytes:
    return hashlib.blake2b(f"{what} {number}".encode(), digest_size=16).digest()


def packed(packer: Packer, facts: Iterable[Fact]) -> list[tuple[str, KafkaRecord]]:
    """Facts as records of their topics, sealed."""
    records = []
    for fact in facts:
        one = packer.pack_event(fact.topic, fact.described())
        records.append((one.topic, KafkaRecord(one.key, one.value, headers_of(one.headers))))
    return records
