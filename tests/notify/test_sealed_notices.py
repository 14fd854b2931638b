"""Notices of solidarity tell nothing to who looks over a shoulder, reads a topic, or stands between."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from b40_contracts.event import Event
from b40_contracts.notify import DELIVERIES, NoticeDelivered, RecipientErased
from b40_contracts.solidarity import (
    GiftNoticeRequested,
    GiftPersonErased,
    GreetingRequested,
    NeedNoticeRequested,
    NeedPersonErased,
    NoticeTemplate,
)

from tests.notify.given import ANA, BORIS, SKOPJE, enter, state
from tests.notify.post_office import PostOffice
from tests.support.stage import Stage

MORNING = datetime(2022, 7, 4, 9, tzinfo=UTC)
NOTICE = UUID("0181b780-0000-8aaa-8bbb-010203040506")
NEED = NeedNoticeRequested(notice=NOTICE, city="MKSKP", person=ANA, template=NoticeTemplate.BILL_PAID)
GIFT = GiftNoticeRequested(notice=NOTICE, person=ANA, template=NoticeTemplate.GIFT_SPENT)
GREETING = GreetingRequested(notice=NOTICE, city="MKSKP", person=ANA)

TELLING = ("bill", "donor", "gift", "need", "aid", "paid", "solidarity", "settle", "skopje", "household")


async def pass_hours(stage: Stage, today: date) -> None:
    """The fixed hours of the day come."""
    await stage.tick(f"{today}T17:00:00")
    await stage.quiet()


@pytest.mark.parametrize("event", [NEED, GIFT, GREETING])
async def test_a_sealed_notice_says_nothing_to_others(
    stage: Stage, post_office: PostOffice, today: date, event: Event
) -> None:
    """Breaks if sender, subject line, a header, or the text betrays what it is about."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, about=["settlements"])
    await enter(stage, BORIS, about=["settlements"], city="MKSKP")
    await stage.publish(event)
    await stage.quiet()
    await pass_hours(stage, today)

    (mail,) = post_office.mails
    assert mail["To"] == "ana@example.org"
    assert mail["Subject"] == "A message for you"
    assert str(mail["From"]) == "B40 <notices@b40.example>"
    body = mail.get_body(("plain",))
    assert body is not None
    shown = "\n".join(str(mail[name]) for name in ("From", "Subject", "List-Id")) + body.get_content()
    without_link = shown[: shown.index("https://")].lower()
    assert [word for word in TELLING if word in without_link] == []


async def test_the_delivery_of_a_sealed_notice_names_nobody_and_no_hour(stage: Stage, today: date) -> None:
    """Breaks if the open topic of deliveries tells who got such a notice, when, or because of what."""
    await enter(stage, ANA, about=["settlements"])
    sealed_id = await stage.publish(NEED, time="2022-07-04T10:00:00")
    await stage.quiet()
    await pass_hours(stage, today)

    (heard,) = [heard for heard in stage.heard if heard.topic == DELIVERIES.name]
    assert isinstance(heard.event, NoticeDelivered)
    assert heard.event.recipient is None
    assert (heard.time.hour, heard.event.attempted.hour) == (0, 0)
    assert sealed_id not in repr(heard)
    assert str(ANA) not in repr(heard)


async def test_a_sealed_notice_never_waits_for_a_digest(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if it is gathered with others, under the network's name and with a delivery that names the recipient."""
    await enter(stage, ANA, about=["settlements"], immediate=False, digest=True)
    await stage.publish(NEED)
    await stage.quiet()
    await stage.tick(f"{today + timedelta(days=1)}")
    await stage.quiet()

    assert [mail["Subject"] for mail in post_office.mails] == ["A message for you"]


@pytest.mark.parametrize("erased", [NeedPersonErased(person=ANA, reported_at=MORNING), GiftPersonErased(person=ANA)])
async def test_whom_solidarity_forgets_notify_forgets(
    stage: Stage, post_office: PostOffice, today: date, erased: Event
) -> None:
    """Breaks if an address outlives the wish to be forgotten."""
    await enter(stage, ANA, about=["settlements"])
    await stage.publish(erased)
    await stage.quiet()
    await stage.publish(NEED)
    await stage.quiet()
    await pass_hours(stage, today)

    assert post_office.mails == []
    assert stage.said(RecipientErased) == [RecipientErased(recipient=ANA)]
    for table in ("recipient", "keys.recipient", "consent"):
        assert await stage.query("notify", f"SELECT FROM {table}") == []


async def test_of_whom_notify_does_not_know_nothing_is_said(stage: Stage) -> None:
    """Breaks if everybody hears the id of somebody who asked for help; it is not used again all the same."""
    await stage.publish(NeedPersonErased(person=ANA, reported_at=MORNING))
    await stage.quiet()

    assert stage.said(RecipientErased) == []
    async with stage.http("notify") as client:
        answer = await client.put(f"/recipients/{ANA}", json={"address": "ana@example.org", "about": ["settlements"]})
    assert answer.status_code == 410
