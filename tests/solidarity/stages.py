"""The three apps on real Kafka and PostgreSQL, with the registry for the city, and what integrators do with them."""

from collections.abc import Sequence
from typing import Any

from b40_contracts.solidarity import BatchDecided, OrderAnswerReported, OrderLine, OrderLinesPlaced, OrderPlaced
from b40_registry.app import application as registry
from b40_solidarity.gifts.app import application as gifts
from b40_solidarity.matcher.app import application as matcher
from b40_solidarity.needs.app import application as needs

from tests.registry.given import ISTANBUL
from tests.solidarity.given import attestation, bill, biller, decrypted, gift_reported, policy
from tests.support.stage import Stage

BILLERS = ("iski", "card-operator")
ALL = (registry, needs, gifts, matcher)
MORNING = "2022-07-04T09:00:00"
BATCH_HOUR = "2022-07-04T18:00:00"


async def begin(stage: Stage) -> None:
    """Istanbul is known, and its policy is in force."""
    await stage.tick("2022-07-04")
    await stage.publish(ISTANBUL, time="2022-06-20")
    await stage.publish(policy(), time="2022-07-01")
    for name in BILLERS:
        await stage.publish(biller(name), time="2022-07-01")
    await stage.quiet()


async def ask(stage: Stage, names: Sequence[str], amount_minor: int) -> None:
    """Households of these names are attested and have a bill each. Asked again, it is the same events again."""
    for name in names:
        await stage.publish(attestation(name), id=f"attestation-{name}", time=MORNING)
        await stage.publish(bill(name, amount_minor), id=f"bill-{name}", time=MORNING)


async def give(stage: Stage, names: Sequence[str], amount_minor: int) -> None:
    """Payers of these names give once each. Given again, it is the same event again."""
    for name in names:
        await stage.publish(gift_reported(name, amount_minor), id=f"gift-{name}", time=MORNING)


async def answer_all(stage: Stage, *, reject: Sequence[str] = (), time: str = "2022-07-05T19:00:00") -> None:
    """Billers answer every order placed so far; they reject the bills with these references."""
    for order in stage.said(OrderPlaced):
        rejected = tuple(line.line for line in lines_of(stage, order) if line.reference in reject)
        answer = OrderAnswerReported(order=order.order, biller=order.biller, rejected=rejected)
        await stage.publish(answer, id=f"answer-{order.order}", time=time)
    await stage.quiet()


def lines_of(stage: Stage, order: OrderPlaced) -> list[OrderLine]:
    """The lines of an order, as its biller reads them."""
    return decrypted(stage.said(OrderLinesPlaced), order.order)


async def close_at(stage: Stage, hour: str) -> None:
    """The hour comes, and what it brings is done."""
    await stage.quiet()
    await stage.tick(hour)
    await stage.quiet()


async def books(stage: Stage) -> dict[str, Any]:
    """The matcher's books, as its operations port states them."""
    async with stage.operations("solidarity-matcher") as client:
        response = await client.get("/books")
    content: dict[str, Any] = response.raise_for_status().json()
    return content


def only_batch(stage: Stage) -> BatchDecided:
    """The one batch that was decided."""
    (decided,) = stage.said(BatchDecided)
    return decided
