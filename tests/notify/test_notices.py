"""From an event to a mail in the box, on real Kafka, PostgreSQL and SMTP."""

from datetime import UTC, date, datetime, time

from b40_contracts.notify import NoticeDelivered, NoticeFailed

from tests.notify.given import ANA, BORIS, NIS, SKOPJE, admitted, dated, enter, state
from tests.notify.post_office import PostOffice
from tests.support.stage import Stage


async def test_who_agreed_to_it_is_told_of_a_new_member(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if a notice is not made, not sent, or its delivery not announced and heard."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, language="mk")
    await stage.publish(admitted(), time="2022-06-28")
    await stage.quiet()

    (mail,) = post_office.mails
    assert mail["To"] == "ana@example.org"
    assert mail["Subject"] == "Скопје joined the network"
    (delivered,) = stage.said(NoticeDelivered)
    assert (delivered.recipient, delivered.about, delivered.channel) == (ANA, "membership", "e-mail")
    assert delivered.attempted == datetime.combine(today, time(6), UTC)
    assert mail["Message-ID"] == f"<{delivered.notice}@b40.example>"
    async with stage.http("notify") as client:
        summary = (await client.get("/notices/summary")).json()
    assert summary == {"sent": 1, "digests": 0, "by_subject": {"membership": 1}}


async def test_an_event_is_told_once_however_often_it_comes(stage: Stage, post_office: PostOffice) -> None:
    """INVARIANT: each event once per recipient and channel. Breaks if redelivery makes a second notice or mail."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    for _ in range(3):
        await stage.publish(admitted(), id="the-same", time="2022-06-28")
    await stage.quiet()

    assert len(post_office.mails) == 1
    assert len(stage.said(NoticeDelivered)) == 1


async def test_what_concerns_a_city_is_told_to_it_alone(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if a stop's date goes to recipients of other cities, or not to those who hear of every city."""
    await state(stage, SKOPJE, NIS)
    await enter(stage, ANA, city="RSINI")
    await enter(stage, BORIS)
    await stage.publish(dated("MKSKP"))
    await stage.publish(dated("RSINI"))
    await stage.quiet()

    assert [mail["Subject"] for mail in post_office.to("ana@example.org")] == ["Festival Bus 2022: Ниш on 20 July 2022"]
    assert len(post_office.to("boris@example.org")) == 2


async def test_an_event_without_recipients_makes_no_notice(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if notices are written to nobody, or if an event of an unknown city waits although nobody is told."""
    await stage.publish(admitted())
    await stage.quiet()

    assert post_office.mails == []
    assert await stage.query("notify", "SELECT FROM notice") == []
    assert await stage.query("notify", "SELECT FROM b40.set_aside") == []


async def test_a_text_that_names_an_unknown_city_waits_for_its_name(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if people read a code, or if the notice is lost."""
    await enter(stage, ANA)
    await stage.publish(admitted())
    await stage.quiet()
    assert post_office.mails == []

    await state(stage, SKOPJE)
    await stage.quiet()
    assert [mail["Subject"] for mail in post_office.mails] == ["Skopje joined the network"]


async def test_a_mail_refused_for_good_is_not_tried_again(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if a permanent refusal is retried, or told with the server's words, which repeat the address."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    post_office.replies["ana@example.org"] = ["550 5.1.1 <ana@example.org> unknown"]
    await stage.publish(admitted())
    await stage.quiet()

    (failed,) = stage.said(NoticeFailed)
    assert failed.reason == "smtp-550"
    assert post_office.mails == []
    assert stage.said(NoticeDelivered) == []


async def test_a_mail_refused_for_now_is_tried_again(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if a temporary refusal (greylisting, a full disk) loses a notice."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    post_office.replies["ana@example.org"] = ["451 4.7.1 later", "421 4.3.2 later"]
    await stage.publish(admitted())
    await stage.quiet()

    assert len(post_office.mails) == 1
    assert len(stage.said(NoticeDelivered)) == 1
    assert stage.said(NoticeFailed) == []
