"""Runs a summer through the three apps on real Kafka and PostgreSQL, and collects all that there is to be seen."""

import asyncio
import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from b40_chassis import tracing
from b40_contracts.registry import CityProfileReported
from b40_contracts.solidarity import CurrencyRules, GiftReported, OrderAnswerReported, OrderPlaced
from b40_solidarity.denominations import objection_to_gift
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from tests.registry.given import ISTANBUL
from tests.solidarity.attackers.city import BILLERS, DENOMINATIONS, WEEK, Asked, Given, Pool, Summer
from tests.solidarity.attackers.dumping import dumped
from tests.solidarity.attackers.evidence import APPS, BETWEEN, GIFTS_SIDE, NEEDS_SIDE, Evidence, Moment, Raw
from tests.solidarity.attackers.naming import identifiers
from tests.solidarity.given import attestation, bill, biller, gift_reported, named, policy, sealed
from tests.solidarity.stages import ALL
from tests.support.stage import Stage

BEGUN = "2022-07-01T00:00:00"
BATCH_DAY, BATCH_HOUR = 5, 18
CAP_MINOR = 1_000_000
KEEPING = ("TRIST", "GRATH")
"""Cities whose givers and households ask for their receipts."""


class Known(Stage):
    """A stage whose apps have secrets that are the same in every run, so that chance falls the same way."""

    async def _prepare_settings(self, folder: Path) -> None:
        await super()._prepare_settings(folder)
        for name, settings in self.settings.items():
            digits = hashlib.sha256(f"attacked {name}".encode()).hexdigest()
            self.settings[name] = settings.model_copy(update={"secret": SecretStr(digits)})


def terms(city: str, currency: str) -> Any:
    """The policy of a city: k is 5, f as policies have it unless they say otherwise."""
    rules = CurrencyRules(currency=currency, denominations=DENOMINATIONS, cap_minor=CAP_MINOR)
    return policy(
        city,
        currencies=(rules,),
        f_payers=None,
        f_households=2,
        batch_hours=(BATCH_HOUR,),
        batch_weekdays=(BATCH_DAY,),
    )


async def run(kafka: str, postgres: str, summer: Summer) -> Evidence:
    """What a summer leaves behind."""
    evidence = Evidence()
    with told(evidence):
        async with Known(kafka, postgres, *ALL) as stage:
            await _begin(stage, summer)
            for number, (asked, given) in enumerate(summer.weeks):
                await _week(stage, evidence, summer.hours[number], asked, given)
            await _finish(stage, evidence, summer)
    return evidence


@contextmanager
def told(evidence: Evidence) -> Iterator[None]:
    """Keeps what the apps write to their logs and traces."""
    lines, spans, provider = io.StringIO(), InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    handler, tracer = logging.StreamHandler(lines), tracing._tracer
    logging.getLogger().addHandler(handler)
    tracing._tracer = provider.get_tracer("b40")
    try:
        with redirect_stdout(lines):
            yield
    finally:
        tracing._tracer = tracer
        logging.getLogger().removeHandler(handler)
        evidence.logs = lines.getvalue()
        evidence.traces = "\n".join(span.to_json() for span in spans.get_finished_spans())


async def _begin(stage: Stage, summer: Summer) -> None:
    """The cities are known, their policies hold, and all households are attested."""
    await stage.tick(BEGUN)
    for number, (city, currency) in enumerate(sorted({(pool.city, pool.currency) for pool in summer.pools})):
        profile = {**ISTANBUL.model_dump(), "code": city, "geonames": 745_044 + number, "country": city[:2]}
        await stage.publish(CityProfileReported(**profile), time=BEGUN)
        await stage.publish(terms(city, currency), time=BEGUN)
    for name in sorted({name for names in BILLERS.values() for name in names}):
        await stage.publish(biller(name), id=_opaque(f"key of {name}"), source=f"//{name}", time=BEGUN)
    await stage.quiet()
    everybody = sorted((who, pool) for pool in summer.pools for who in pool.households)
    await asyncio.gather(*(_attest(stage, who, pool) for who, pool in sorted(everybody, key=lambda one: one[0])))
    await stage.quiet()


async def _attest(stage: Stage, household: str, pool: Pool) -> None:
    event = attestation(
        household, city=pool.city, kinds=(pool.kind,), currency=pool.currency, cap_minor=CAP_MINOR,
        receipt=kept(household),
    )  # fmt: skip
    await stage.publish(event, id=_opaque(f"attestation {household}"), source="//city", time=BEGUN)


def _opaque(name: str) -> str:
    """The id of a report: a sender must not write into it whom it is about, as it stands in clear."""
    return str(named(f"report of {name}"))


def kept(name: str) -> str | None:
    """The digest of the secret that a party of this name keeps; every other one keeps none."""
    return hashlib.sha256(name.encode()).hexdigest() if int(name, 16) % 2 else None


def reported(one: Given) -> GiftReported:
    """The gift as the payment partner takes it: exactly what the payer wishes if the rule lets it, else a coin."""
    fields: dict[str, Any] = {
        "payer": one.payer, "city": one.pool.city, "kind": one.pool.kind, "currency": one.pool.currency,
        "receipt": kept(one.payer),
    }  # fmt: skip
    name = f"{one.payer} {one.number}"
    wished = gift_reported(name, one.wish_minor, **fields)
    refused = objection_to_gift(wished, terms(one.pool.city, one.pool.currency))
    return gift_reported(name, one.amount_minor, **fields) if refused else wished


async def _week(stage: Stage, evidence: Evidence, hour: datetime, asked: list[Asked], given: list[Given]) -> None:
    arrivals: list[Asked | Given] = sorted([*asked, *given], key=lambda one: one.at)
    await asyncio.gather(*(_arrive(stage, one, hour) for one in arrivals))
    await stage.quiet()
    evidence.between.append(await _public(stage))
    evidence.waiting.append((hour, await dumped(stage, BETWEEN)))
    await stage.tick(hour)
    await _step(stage, evidence, "closed", hour)
    for number, billers in enumerate(zip(*BILLERS.values(), strict=True)):
        await _answer(stage, billers, hour + timedelta(hours=1 + number))
        await _step(stage, evidence, f"answered by {' and '.join(billers)}", hour)
    for app in APPS:
        evidence.dumps[app].append((hour, await dumped(stage, app)))
    await stage.tick(hour.replace(hour=0) + timedelta(days=3))
    await _step(stage, evidence, "published", hour)
    evidence.public.append(await _public(stage))
    evidence.metrics += [await _metrics(stage, app) for app in APPS]


async def _arrive(stage: Stage, one: Asked | Given, hour: datetime) -> None:
    if isinstance(one, Given):
        await stage.publish(
            reported(one), id=_opaque(f"gift {one.payer} {one.number}"), source="//partner", time=one.at
        )
        return
    name = f"{one.household} {one.number}"
    event = bill(
        name, one.amount_minor, of=one.household, city=one.pool.city, kind=one.pool.kind, currency=one.pool.currency,
        biller=one.biller, tag=sealed(f"bill {name}"), reference=sealed(f"reference {one.household} {one.number}"),
        cut_off=(hour + WEEK / 2).date() if one.urgent else None,
    )  # fmt: skip
    await stage.publish(event, id=_opaque(f"bill {name}"), source=f"//{one.biller}", time=one.at)


async def _answer(stage: Stage, billers: Sequence[str], at: datetime) -> None:
    """Some billers answer their orders of this hour: all that was to be paid is settled."""
    since = at - WEEK / 2
    orders = [order for order in stage.said(OrderPlaced) if order.biller in billers and order.placed_at > since]
    answers = [OrderAnswerReported(order=order.order, biller=order.biller) for order in orders]
    await asyncio.gather(
        *(stage.publish(each, id=f"answer-{each.order}", source=f"//{each.biller}", time=at) for each in answers)
    )


async def _step(stage: Stage, evidence: Evidence, what: str, hour: datetime) -> None:
    await stage.quiet()
    evidence.moments.append(Moment(what, hour, len(stage.heard)))


async def _public(stage: Stage) -> dict[str, Any]:
    """What anybody may read of all apps."""
    pages: dict[str, Any] = {}
    async with stage.http(BETWEEN) as client:
        for path in ("/records/TRY", "/records/EUR", "/statistics", "/open-data/supports.json", "/books"):
            answer = await client.get(path)
            pages[path] = answer.json() if answer.status_code == 200 else None
    return pages


async def _metrics(stage: Stage, app: str) -> str:
    async with stage.operations(app) as client:
        return (await client.get("/metrics")).raise_for_status().text


async def _finish(stage: Stage, evidence: Evidence, summer: Summer) -> None:
    assert stage.refusals() == [], "the summer is made of what is acceptable"
    evidence.heard = list(stage.heard)
    evidence.raw = await _raw(stage)
    keeping = [pool for pool in summer.pools if pool.city in KEEPING]
    for app, who in [
        (GIFTS_SIDE, [payer for pool in keeping for payer in pool.payers]),
        (NEEDS_SIDE, [household for pool in keeping for household in pool.households]),
    ]:
        async with stage.http(app) as client:
            for name in who:
                answer = await client.get("/receipts", headers={"Authorization": f"Bearer {name}"})
                evidence.receipts[name] = answer.raise_for_status().json()
    evidence.names = identifiers(stage, evidence, summer)
    evidence.pools = {who: pool.name for pool in summer.pools for who in (*pool.payers, *pool.households)}


async def _raw(stage: Stage) -> list[Raw]:
    """Every record of every topic, as an operator of Kafka sees it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(stage.prefix + topic, number) for topic, number in stage._partitions()]
        consumer.assign(parts)
        ends, found = await consumer.end_offsets(parts), list[Raw]()
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [_seen(record, stage.prefix) for record in records]
        return sorted(found, key=lambda raw: (raw.timestamp, raw.topic, raw.partition, raw.offset))
    finally:
        await consumer.stop()


def _seen(record: Any, prefix: str) -> Raw:
    headers = tuple((name, bytes(value or b"")) for name, value in record.headers)
    return Raw(
        record.topic.removeprefix(prefix), record.partition, record.offset, record.timestamp, record.key or b"",
        len(record.value or b""), headers,
    )  # fmt: skip
