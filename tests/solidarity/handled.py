"""The matcher's handlers on a database, without Kafka: who waits, what a batch hour decides, what follows from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from b40_chassis.hears import Connection, Due, Heard
from b40_chassis.identity import Identity
from b40_chassis.work import Announcement, Work, Written
from b40_contracts.catalogue import topic_of
from b40_contracts.event import Event
from b40_contracts.solidarity import DECISIONS, MATCHER, BatchDecided, GiftOpened, NeedOpened, Policy
from b40_solidarity.matcher.handlers.batches import apply_batch, decide_batch
from b40_solidarity.matcher.store import books, gifts, needs, policies, pools
from b40_solidarity.pools import Pool

from tests.solidarity.given import MONDAY, POOL, WATER, K, after, named, policy

SOMEWHERE = "somewhere"
IDENTITY = Identity(b"a secret of at least 32 bytes ...")


def heard(event: Event, id_: str, time: datetime) -> Heard[Any]:
    """An event as it is heard at this time, from somebody."""
    return Heard(
        event=event,
        id=id_,
        source="//somebody",
        time=time,
        appended=time,
        topic=SOMEWHERE,
        partition=0,
        offset=0,
        key=event.subject,
    )


async def announced_by(
    connection: Connection, handler: Any, cause: Any, now: datetime, app: str = MATCHER
) -> list[Announcement]:
    """What a handler announces because of this cause."""
    written = Written()
    work = Work(
        connection=connection,
        now=now,
        identity=IDENTITY,
        topic_of=lambda event: topic_of(event, app),
        intakes=(SOMEWHERE,),
        written=written,
    )
    await handler(cause, work)
    return written.announced


async def decide(connection: Connection, due: datetime, pool: str = POOL) -> list[Announcement]:
    """What the batch hour of a pool brings."""
    cause = Due("batch hour", pool, due, "//b40/matcher", str(IDENTITY.due("batch hour", pool, due)))
    return await announced_by(connection, decide_batch, cause, due)


async def read_back(connection: Connection, decision: Announcement) -> list[Announcement]:
    """What a decision brings when the matcher hears it again."""
    assert isinstance(decision.event, BatchDecided)
    heard = Heard(
        event=decision.event,
        id=str(decision.id),
        source="//b40/matcher",
        time=decision.time,
        appended=decision.time,
        topic=DECISIONS.name,
        partition=0,
        offset=0,
        key=decision.key,
    )
    return await announced_by(connection, apply_batch, heard, decision.time)


def batches(announced: Sequence[Announcement]) -> list[BatchDecided]:
    return [one.event for one in announced if isinstance(one.event, BatchDecided)]


async def next_due(connection: Connection, pool: str = POOL) -> datetime:
    due: datetime = await connection.fetchval("SELECT next_due FROM pool WHERE name = $1", pool)
    return due


async def state_policy(connection: Connection, scope: str = "TRIST", **changes: Any) -> None:
    """A policy holds since Monday."""
    await policies.put(connection, [Policy(**policy(scope, **changes).model_dump(), reported_at=MONDAY)])


def need_opened(name: str, amount_minor: int, *, city: str = "TRIST", hours: int = 0, **changes: Any) -> NeedOpened:
    fields = {
        "need": named(f"need {name}"),
        "household": named(f"household {name}"),
        "city": city,
        "kind": WATER,
        "currency": "TRY",
        "amount_minor": amount_minor,
        "since": after(hours),
        "k": K,
        "f_payers": 0,
        "f_households": 0,
    }
    return NeedOpened(**{**fields, **changes})


def gift_opened(name: str, amount_minor: int, *, hours: int = 0, **changes: Any) -> GiftOpened:
    fields = {
        "gift": named(f"gift {name}"),
        "payer": named(f"payer {name}"),
        "city": "TRIST",
        "kind": WATER,
        "currency": "TRY",
        "amount_minor": amount_minor,
        "since": after(hours),
        "k": K,
        "f_payers": 0,
        "f_households": 0,
        "epoch": "2022-q3",
        "partner": named("partner"),
    }
    return GiftOpened(**{**fields, **changes})


async def let_wait(connection: Connection, asked: Sequence[NeedOpened], given: Sequence[GiftOpened]) -> None:
    """These needs and gifts wait, and the gifts are in the books."""
    await pools.enter(connection, {Pool(need.city, need.kind, need.currency) for need in asked}, MONDAY)
    await needs.enter(connection, asked)
    await gifts.enter(connection, given)
    await books.transfer(connection, "TRY", sum(gift.amount_minor for gift in given), debit="waiting", credit="gifts")
