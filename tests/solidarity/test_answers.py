"""Answers of billers: the first is final, one that contradicts it is told apart, one that does not come is noticed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from b40_chassis.hears import Connection
from b40_chassis.work import Work, Written
from b40_contracts.catalogue import topic_of
from b40_contracts.platform import EventRefused
from b40_contracts.solidarity import (
    NEEDS,
    NeedOpened,
    NeedsOrdered,
    OrderAnswerReported,
    OrderedNeed,
    OrderPlaced,
    SettlementCounted,
)
from b40_registry.app import application as registry
from b40_solidarity.answered import overdue_since
from b40_solidarity.needs.app import application as needs
from b40_solidarity.needs.handlers.answers import settle_order
from b40_solidarity.needs.metrics import answers_contradicting, count_overdue, orders_overdue
from b40_solidarity.needs.settings import settings
from b40_solidarity.needs.store import orders, trees
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.trees import Tree

from tests.solidarity.given import after, named
from tests.solidarity.handled import IDENTITY, heard
from tests.solidarity.stages import ask, begin
from tests.solidarity.test_lines import FIRST, order
from tests.solidarity.test_lines import ask as ask_once
from tests.support.stage import Stage

NAMES = [f"h{number}" for number in range(5)]
LATER = after(60)
DAYS = settings().answer_days


async def answer(connection: Connection, placed: OrderPlaced, id_: str, *rejected: UUID) -> Written:
    """What comes of an answer."""
    event = OrderAnswerReported(order=placed.order, biller=placed.biller, rejected=rejected)
    written = Written()
    work = Work(
        connection=connection,
        now=LATER,
        identity=IDENTITY,
        topic_of=lambda event: topic_of(event, NEEDS),
        intakes=("somewhere",),
        written=written,
    )
    await settle_order(heard(event, id_, LATER), work)
    return written


def reasons(written: Written) -> list[str]:
    return [refusal.reason for refusal in written.refused]


async def rejected_once(connection: Connection) -> tuple[OrderPlaced, UUID]:
    """An order of one line, which its biller rejected."""
    await ask_once(connection, "a report")
    placed, (line,) = await order(connection, FIRST, 60_000)
    assert reasons(await answer(connection, placed, "first", line.line)) == []
    return placed, line.line


async def test_an_answer_said_again_is_told_from_one_that_contradicts_it(needs_connection: Connection) -> None:
    """Breaks if a harmless repetition alarms, or nobody hears that a biller now says something else."""
    placed, line = await rejected_once(needs_connection)

    again = await answer(needs_connection, placed, "again", line)
    assert (reasons(again), again.counted) == (["order-answered"], [])
    assert await orders.contradicted(needs_connection, 10) == []

    otherwise = await answer(needs_connection, placed, "otherwise")
    assert (reasons(otherwise), otherwise.counted) == (["order-answered-otherwise"], [answers_contradicting])
    assert otherwise.announced == []
    (found,) = await orders.contradicted(needs_connection, 10)
    assert (found.order, found.biller, found.contradicted_at) == (placed.order, "iski", LATER)
    assert await needs_connection.fetchval("SELECT array_agg(state) FROM need") == ["open"], "the first answer holds"


async def test_how_an_order_was_answered_is_forgotten_with_its_batch(needs_connection: Connection) -> None:
    """Breaks if a rejected line still names a need of a batch when nobody may know who shared it."""
    placed, _ = await rejected_once(needs_connection)
    await answer(needs_connection, placed, "otherwise")
    batch, part, root = named(f"batch of {FIRST}"), named("part"), "ab" * 32
    await tree_tables.enter(needs_connection, part, "TRY", after(168), [batch])
    await tree_tables.keep(needs_connection, Tree(part, "side", "TRY", b"seed", bytes(32)))
    await needs_connection.execute("UPDATE tree SET root = $1", root)
    await tree_tables.note_published(needs_connection, root, 1, after(168))
    await trees.forget_batches(needs_connection, after(169))

    assert await needs_connection.fetch("SELECT FROM placed_order WHERE answer IS NOT NULL") == []
    assert await orders.contradicted(needs_connection, 10) == []
    otherwise = await answer(needs_connection, placed, "once more")
    assert (reasons(otherwise), otherwise.counted) == (["order-answered"], [])


async def test_an_order_is_overdue_when_its_days_are_over_and_until_it_is_answered(
    needs_connection: Connection,
) -> None:
    await ask_once(needs_connection, "a report")
    placed, _ = await order(needs_connection, FIRST, 60_000)
    last_moment = FIRST + timedelta(days=DAYS)
    assert overdue_since(last_moment, DAYS) == FIRST
    assert await count_overdue(needs_connection, last_moment) == 0
    late = last_moment + timedelta(minutes=1)
    assert await count_overdue(needs_connection, late) == 1
    (found,) = await orders.overdue(needs_connection, overdue_since(late, DAYS), 10)
    assert (found.order, found.biller, found.placed_at) == (placed.order, "iski", FIRST)
    await answer(needs_connection, placed, "first")
    assert await count_overdue(needs_connection, late) == 0


async def test_operations_are_alarmed_and_find_the_order(kafka: str, postgres: str) -> None:
    """Breaks if an unanswered order returns by itself, is told to nobody, or is named in what is measured."""
    async with Stage(kafka, postgres, registry, needs) as stage:
        await begin(stage)
        await ask(stage, NAMES, 9_000)
        await stage.quiet()
        asked = tuple(OrderedNeed(need=one.need, amount_minor=9_000) for one in stage.said(NeedOpened))
        await stage.publish(NeedsOrdered(batch=named("batch"), currency="TRY", due=FIRST, needs=asked))
        await stage.quiet()
        (placed,) = stage.said(OrderPlaced)
        await stage.tick(FIRST + timedelta(days=DAYS))
        await stage.quiet()
        assert (await told(stage), await troubled(stage, "overdue")) == ((0, 0), [])

        await stage.tick(FIRST + timedelta(days=DAYS, minutes=1))
        await stage.quiet()
        assert (await told(stage), await troubled(stage, "overdue")) == ((1, 0), [str(placed.order)])
        assert stage.said(SettlementCounted) == []

        for id_, rejected in (("first", ()), ("again", ()), ("otherwise", (named("line"),))):
            report = OrderAnswerReported(order=placed.order, biller=placed.biller, rejected=rejected)
            await stage.publish(report, id=id_)
            await stage.quiet()
        assert (await told(stage), await troubled(stage, "overdue")) == ((0, 1), [])
        assert await troubled(stage, "contradicted") == [str(placed.order)]
        refused = [(one.id, one.reason) for one in stage.said(EventRefused)]
        assert refused == [("again", "order-answered"), ("otherwise", "order-answered-otherwise")]


async def told(stage: Stage) -> tuple[float, float]:
    """The overdue orders and the contradicting answers that are exported: two numbers, and nothing else of them."""
    async with stage.operations("solidarity-needs") as client:
        lines = (await client.get("/metrics")).raise_for_status().text.splitlines()
    names = (orders_overdue.samples[0], answers_contradicting.samples[0])
    values = dict(line.split(" ") for line in lines if line.startswith(names))
    return float(values[names[0]]), float(values[names[1]])


async def troubled(stage: Stage, what: str) -> Sequence[str]:
    """The ids of the orders that the operations port lists."""
    async with stage.operations("solidarity-needs") as client:
        found: list[dict[str, Any]] = (await client.get(f"/orders/{what}")).raise_for_status().json()
    assert all(each["biller"] == "iski" for each in found)
    return [each["order"] for each in found]
