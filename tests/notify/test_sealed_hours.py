"""What came sealed is sent at fixed hours, so that neither when mails come nor how many tells of single gifts."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from b40_contracts.notify import NoticeDelivered, NoticeFailed, WithdrawalReported
from b40_contracts.solidarity import GiftNoticeRequested, GiftPersonErased, NeedNoticeRequested, NoticeTemplate
from b40_notify.store import notices

from tests.notify.given import ANA, BORIS, SKOPJE, enter, state
from tests.notify.post_office import PostOffice
from tests.support.stage import Stage

MINUTE = timedelta(minutes=1)


def paid(number: int = 1, person: UUID = ANA) -> NeedNoticeRequested:
    """A bill of somebody was paid."""
    return NeedNoticeRequested(notice=UUID(int=number), city="MKSKP", person=person, template=NoticeTemplate.BILL_PAID)


def spent(number: int = 1) -> GiftNoticeRequested:
    """A gift of Ana was spent."""
    return GiftNoticeRequested(notice=UUID(int=number), person=ANA, template=NoticeTemplate.GIFT_SPENT)


def at(today: date, hour: int) -> datetime:
    return datetime.combine(today, time(hour), UTC)


async def pass_time(stage: Stage, now: datetime) -> None:
    await stage.tick(now)
    await stage.quiet()


async def test_a_sealed_notice_waits_for_its_hour_where_the_person_is(
    stage: Stage, post_office: PostOffice, today: date
) -> None:
    """Breaks if a mail comes when the bill was paid, or bears that time."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, about=["settlements"], city="MKSKP")
    await stage.publish(paid())
    await stage.quiet()
    hour = datetime.combine(today, time(10), ZoneInfo("Europe/Skopje")).astimezone(UTC)
    await pass_time(stage, hour - MINUTE)
    assert post_office.mails == []

    await pass_time(stage, hour)
    (mail,) = post_office.mails
    assert mail["Date"].datetime == hour
    await pass_time(stage, hour + timedelta(days=1))
    assert len(post_office.mails) == 1


async def test_the_same_words_are_sent_once_an_hour(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if the number of mails says how many gifts were spent, or a later hour is swallowed."""
    await enter(stage, ANA, about=["settlements"])
    await enter(stage, BORIS, about=["settlements"])
    for event in (spent(1), spent(2), paid(), spent(3), paid(2, BORIS)):
        await stage.publish(event)
        await stage.quiet()
    await pass_time(stage, at(today, 10))
    assert len(post_office.to("ana@example.org")) == 2, "one of each kind"
    assert len(post_office.to("boris@example.org")) == 1
    assert len(stage.said(NoticeDelivered)) == 3
    states = "SELECT state FROM notice GROUP BY state ORDER BY state"
    assert [row["state"] for row in await stage.query("notify", states)] == ["covered", "sent"]

    await stage.publish(spent(4))
    await stage.quiet()
    await pass_time(stage, at(today, 17))
    assert len(post_office.to("ana@example.org")) == 3


@pytest.mark.parametrize("leaving", [WithdrawalReported(recipient=ANA), GiftPersonErased(person=ANA)])
async def test_who_left_before_the_hour_gets_nothing(
    stage: Stage, post_office: PostOffice, today: date, leaving: WithdrawalReported | GiftPersonErased
) -> None:
    """Breaks if what is held goes by what was agreed to when it came."""
    await enter(stage, ANA, about=["settlements"])
    await stage.publish(spent())
    await stage.quiet()
    await stage.publish(leaving)
    await stage.quiet()
    await pass_time(stage, at(today, 10))

    assert post_office.mails == []
    (failed,) = stage.said(NoticeFailed)
    assert failed.recipient is None
    assert await stage.query("notify", "SELECT FROM notice WHERE state = 'held'") == []


async def test_a_restart_loses_nothing_of_what_is_held(stage: Stage, post_office: PostOffice, today: date) -> None:
    await enter(stage, ANA, about=["settlements"])
    await stage.publish(spent())
    await stage.quiet()
    await stage.stop("notify")
    await stage.start("notify")
    await pass_time(stage, at(today, 10))

    assert len(post_office.mails) == 1


async def test_the_order_within_an_hour_is_not_that_of_coming(stage: Stage, today: date) -> None:
    """Breaks if who is told first tells whose bill was paid first: opaque ids say it, and keyed hashes."""
    people = sorted((ANA, BORIS), reverse=True)
    for person in people:
        await enter(stage, person, about=["settlements"])
        await stage.publish(paid(person.int, person))
        await stage.quiet()
    address = stage.settings["notify"].database.get_secret_value()
    async with asyncpg.create_pool(address, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        held = await notices.held(connection, at(today, 10), 10)

    assert held == [(str(person), at(today, 10)) for person in sorted(people)]
