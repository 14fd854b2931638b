"""Digests, on real Kafka, PostgreSQL and SMTP."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from b40_contracts.notify import DigestDelivered, DigestFailed, NoticeDelivered, WithdrawalReported
from b40_notify.texts.text import day

from tests.notify.given import ANA, SKOPJE, admitted, dated, enter, state
from tests.notify.post_office import PostOffice
from tests.support.stage import Stage

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def test_the_notices_of_a_day_come_together(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if a digest comes early, twice, empty, or if its notices are sent by themselves too."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, city="MKSKP", immediate=False, digest=True)
    await stage.publish(admitted())
    await stage.publish(dated())
    await stage.quiet()
    evening = datetime.combine(today, time(18), ZoneInfo("Europe/Skopje")).astimezone(UTC)
    await stage.tick(evening - MINUTE)
    await stage.quiet()
    assert post_office.mails == []

    for now in (evening, evening + MINUTE, evening + DAY):
        await stage.tick(now)
        await stage.quiet()
    (mail,) = post_office.mails
    assert mail["Subject"] == f"B40 on {day(today)}: 2 notices"
    assert mail["Date"].datetime == evening
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.index("Skopje joined the network") < text.index("Festival Bus 2022: Skopje on 20 July 2022")
    (delivered,) = stage.said(DigestDelivered)
    assert (delivered.recipient, delivered.day, delivered.notices) == (ANA, today, 2)
    assert stage.said(NoticeDelivered) == []
    async with stage.http("notify") as client:
        assert (await client.get("/notices/summary")).json() == {"sent": 0, "digests": 1, "by_subject": {}}


async def test_who_wants_both_gets_both(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if one way of being told takes away the other."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, immediate=True, digest=True)
    await stage.publish(admitted())
    await stage.quiet()
    await stage.tick(f"{today + DAY}")
    await stage.quiet()

    assert [mail["List-Id"] for mail in post_office.mails] == ["<membership.b40.example>", "<digest.b40.example>"]


async def test_a_day_without_news_has_no_digest(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if people get empty mails."""
    await enter(stage, ANA, digest=True)
    await stage.tick(f"{today + DAY}")
    await stage.quiet()

    assert post_office.mails == []
    assert stage.said(DigestDelivered) == []


async def test_a_digest_leaves_out_what_was_withdrawn(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if an opt-out does not reach what was gathered before it."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, immediate=False, digest=True)
    await stage.publish(admitted())
    await stage.quiet()
    await stage.publish(WithdrawalReported(recipient=ANA))
    await stage.quiet()
    await stage.tick(f"{today + DAY}")
    await stage.quiet()

    assert post_office.mails == []
    (failed,) = stage.said(DigestFailed)
    assert failed.reason == "consent-withdrawn"
