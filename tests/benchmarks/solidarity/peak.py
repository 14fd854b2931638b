"""The peak: 16,100 needs within a minute at the HTTPS intake, as in the first seven hours of 2020, while gifts arrive.

Nothing may be lost: each need that was acknowledged is opened, or refused with a reason, once.
"""

import asyncio
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import httpx
from b40_contracts.cloudevents import HttpMessage, to_http_batch
from b40_contracts.solidarity import OPEN_NEEDS
from b40_infra.local import ports

from tests.benchmarks.latency import quantile
from tests.benchmarks.site import Machine
from tests.benchmarks.solidarity import facts
from tests.benchmarks.solidarity.books import Wrong
from tests.benchmarks.solidarity.facts import Fact
from tests.benchmarks.solidarity.history import BILL_KINDS, DENOMINATIONS, Asked, Given, History, Wanted
from tests.benchmarks.solidarity.published import LAUNCH
from tests.benchmarks.solidarity.replay import begin
from tests.benchmarks.solidarity.site import GIFTS, MATCHER, NEEDS, Site

AT = LAUNCH + timedelta(hours=10)
EARLY_EACH, TWICE_EACH, AGAIN_EACH = 20, 100, 50
"""One bill of so many comes before its attestation, is one that came before, and one request of so many comes again."""

HANDLED_SECONDS_MAX = 300
ASK_SECONDS = 0.1
HANDLED = """SELECT opened, opened + early + refused AS handled FROM
               (SELECT count(*) AS opened FROM need) AS one, (SELECT count(*) AS early FROM early_bill) AS two,
               (SELECT count(*) AS refused FROM b40.refused) AS three"""
KNOWN = "SELECT (SELECT count(*) FROM need) AS needs, (SELECT count(*) FROM gift) AS gifts"


@dataclass(frozen=True, slots=True)
class Peak:
    """So many needs, and as many gifts, within so many seconds, so many in a request."""

    needs: int
    seconds: float
    batch: int


@dataclass(frozen=True, slots=True)
class Peaked:
    """What became of it. Latencies are from when a request was due.

    ``handled_seconds`` are since the first request, ``behind_seconds`` since the last answer. The attestations of the
    households came before, on the intake itself, and were read at this speed.
    """

    attestations_per_second: float
    needs: int
    batch: int
    sent_seconds: float
    latency_ms: Mapping[str, Mapping[str, float]]
    handled_seconds: float
    behind_seconds: float
    opened: int
    refused: int
    reasons: Mapping[str, int]
    gifts: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A request's answer: the ids that it acknowledges, and how long it took from when it was due, in seconds."""

    accepted: Sequence[str]
    took: float


async def measure_peak(machine: Machine, peak: Peak) -> Peaked:
    """One run. Raises Wrong if anything was lost, or came twice."""
    wanted = Wanted()
    bills, gifts = _bills(peak.needs), [facts.given(_gift(number)) for number in range(peak.needs)]
    early = [number for number in range(peak.needs) if _is_early(number)]
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(Site(machine, tls=True))
        await begin(site, wanted, History(wanted))
        attestations_per_second = await _attest(site, peak.needs)
        begun = time.monotonic()
        handling = asyncio.create_task(_handled(site, peak.needs))
        answered = dict(zip((NEEDS, GIFTS), await asyncio.gather(
            _send(site, NEEDS, bills, peak), _send(site, GIFTS, gifts, peak)
        ), strict=True))  # fmt: skip
        sent_seconds = time.monotonic() - begun
        handled = await handling - begun
        site.publish(site.pack([facts.attestation(number, AT + timedelta(hours=1)) for number in early]))
        await site.quiet()
        acknowledged = {fact.id: fact for fact in bills}.keys() & set(_accepted(answered[NEEDS]))
        refused = await _check(site, bills, acknowledged, set(_accepted(answered[GIFTS])))
        return Peaked(
            attestations_per_second=attestations_per_second,
            needs=peak.needs,
            batch=peak.batch,
            sent_seconds=sent_seconds,
            latency_ms={app: _latency(found) for app, found in answered.items()},
            handled_seconds=handled,
            behind_seconds=handled - sent_seconds,
            opened=len(acknowledged) - len(refused),
            refused=len(refused),
            reasons=dict(Counter(refused.values())),
            gifts=await site.databases[MATCHER].fetchval("SELECT count(*) FROM gift"),
        )


def _bills(count: int) -> list[Fact]:
    """One bill of each household; some are another's bill, under an id of their own."""
    bills = []
    for number in range(count):
        asked = Asked(number, number, BILL_KINDS[number % 2], 8_000 + number % 9_000, AT, None)
        fact = facts.bill(asked)
        if number % TWICE_EACH == TWICE_EACH - 1:
            other = facts.bill(asked._replace(number=number - 4 * len(BILL_KINDS)))
            own = {what: facts.named(what, number) for what in ("need", "attestation")}
            event = other.event.model_copy(update=own)
            fact = other._replace(event=event, id=fact.id)
        bills.append(fact)
    return bills


def _gift(number: int) -> Given:
    return Given(number, number % 5_000, BILL_KINDS[number % 2], DENOMINATIONS[number % 3], AT)


def _is_early(number: int) -> bool:
    return number % EARLY_EACH == 1


def _requests(given: Sequence[Fact], peak: Peak) -> list[HttpMessage]:
    """Requests of one sender each, in an order of chance; some come twice."""
    by_sender: dict[str, list[Fact]] = defaultdict(list)
    for fact in given:
        by_sender[fact.source].append(fact)
    requests = [
        to_http_batch([fact.described() for fact in mine[at : at + peak.batch]])
        for mine in by_sender.values()
        for at in range(0, len(mine), peak.batch)
    ]
    requests += requests[::AGAIN_EACH]
    Random(len(requests)).shuffle(requests)
    return requests


async def _send(site: Site, app: str, given: Sequence[Fact], peak: Peak) -> list[Answered]:
    """Each request when it is due, whether those before were answered or not."""
    requests = _requests(given, peak)
    trusted = ssl.create_default_context(cafile=str(site.folder / "authority.pem"))
    url = f"https://{ports.HOST}:{site.copies[app].public_port}/intake"
    async with httpx.AsyncClient(verify=trusted, timeout=60) as client:
        begun = time.monotonic()

        async def send(number: int, request: HttpMessage) -> Answered:
            due = begun + peak.seconds * number / len(requests)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            answer = await client.post(url, content=request.body, headers=dict(request.headers))
            took = time.monotonic() - due
            if answer.status_code != 202:
                raise Wrong(f"{app}: {answer.status_code} {answer.text}")
            return Answered([one["id"] for one in answer.json()["accepted"]], took)

        return list(await asyncio.gather(*(send(number, request) for number, request in enumerate(requests))))


async def _attest(site: Site, count: int) -> float:
    """All households but those whose bills come early are attested. Returns how many a second."""
    before = [number for number in range(count) if not _is_early(number)]
    records = site.pack([facts.attestation(number, AT - timedelta(hours=1)) for number in before])
    begun = time.monotonic()
    site.publish(records)
    await site.quiet()
    return len(before) / (time.monotonic() - begun)


async def _handled(site: Site, count: int) -> float:
    """When each need was opened, refused or set to wait for its attestation, and the matcher knew what was opened."""
    async with asyncio.timeout(HANDLED_SECONDS_MAX):
        while True:
            needs = await site.databases[NEEDS].fetchrow(HANDLED)
            matcher = await site.databases[MATCHER].fetchrow(KNOWN)
            assert needs is not None and matcher is not None, "counts have one row"  # noqa: PT018
            if needs["handled"] == count and matcher["needs"] == needs["opened"] and matcher["gifts"] == count:
                return time.monotonic()
            await asyncio.sleep(ASK_SECONDS)


async def _check(site: Site, bills: Sequence[Fact], acknowledged: set[str], gifts: set[str]) -> dict[str, str]:
    """The acknowledged needs that were refused, with the reason. Raises Wrong if one is neither or both."""
    rows = await site.databases[NEEDS].fetch("SELECT id, reason FROM b40.refused")
    refused = {row["id"]: row["reason"] for row in rows}
    opened = {row["id"] for row in await site.databases[NEEDS].fetch("SELECT id FROM need")}
    expected = {fact.event.model_dump()["need"] for fact in bills if fact.id in acknowledged - refused.keys()}
    known = await site.databases[MATCHER].fetchval("SELECT count(*) FROM need")
    given = await site.databases[MATCHER].fetchval("SELECT count(*) FROM gift")
    if len(acknowledged) != len(bills) or not refused.keys() <= acknowledged:
        raise Wrong(f"{len(acknowledged)} of {len(bills)} needs were acknowledged")
    if opened != expected or known != len(opened) or await site.ends(OPEN_NEEDS.name) != known:
        raise Wrong(f"{len(expected)} needs are to be open, {len(opened)} are, the matcher knows {known}")
    if given != len(gifts):
        raise Wrong(f"{len(gifts)} gifts were acknowledged, the matcher knows {given}")
    return refused


def _accepted(answered: Sequence[Answered]) -> list[str]:
    return [id_ for one in answered for id_ in one.accepted]


def _latency(answered: Sequence[Answered]) -> dict[str, float]:
    ordered = sorted(one.took * 1_000 for one in answered)
    return {"median": quantile(ordered, 0.5), "p99": quantile(ordered, 0.99), "max": ordered[-1]}
