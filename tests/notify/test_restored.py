"""What notify did before its database was restored is not done again: it hears its deliveries first."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from b40_contracts.notify import DigestDelivered, NoticeDelivered, NoticeFailed, RecipientErased
from b40_contracts.solidarity import GiftNoticeRequested, NoticeTemplate

from tests.notify.given import ANA, SKOPJE, admitted, enter, state
from tests.notify.post_office import PostOffice
from tests.support import backups
from tests.support.stage import Stage

Restore = Callable[[], Awaitable[None]]
BackUp = Callable[[], Awaitable[Restore]]


def address(stage: Stage) -> str:
    return stage.settings["notify"].database.get_secret_value()


@pytest.fixture
async def back_up(stage: Stage, postgres: str, tmp_path: Path) -> BackUp:
    """Takes a backup. Returns what stops notify, puts the backup in its database's place, and starts it."""

    async def take() -> Restore:
        backup = await backups.back_up(address(stage), tmp_path)

        async def bring_back() -> None:
            await stage.stop("notify")
            await backups.restore(postgres, address(stage), backup)
            await stage.start("notify")
            await stage.quiet()

        return bring_back

    return take


async def test_a_restored_notify_does_not_send_again(
    stage: Stage, post_office: PostOffice, today: date, back_up: BackUp
) -> None:
    """Breaks if notices or digests are sent a second time, or forgotten, after the database went back."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, digest=True)
    restore = await back_up()
    await stage.publish(admitted())
    await stage.quiet()
    await stage.tick(f"{today + timedelta(days=1)}")
    await stage.quiet()
    before = [mail["Message-ID"] for mail in post_office.mails]
    assert len(before) == 2

    await restore()

    assert [mail["Message-ID"] for mail in post_office.mails] == before
    async with stage.http("notify") as client:
        summary = (await client.get("/notices/summary")).json()
    assert summary == {"sent": 1, "digests": 1, "by_subject": {"membership": 1}}
    assert len(stage.said(NoticeDelivered)) == 1
    assert len(stage.said(DigestDelivered)) == 1
    (notice,) = await stage.query("notify", "SELECT line, digest FROM notice")
    assert notice["line"] == "Skopje joined the network"
    assert isinstance(notice["digest"], UUID)


@pytest.mark.parametrize("heard_before", [0, 1, 2])
async def test_a_restored_notify_does_not_send_again_what_came_sealed(
    stage: Stage, post_office: PostOffice, today: date, back_up: BackUp, heard_before: int
) -> None:
    """Breaks if the same words are sent once more, because another of two notices stood for both the first time."""
    await enter(stage, ANA, about=["settlements"])
    restore = None
    for number in range(2):
        if number == heard_before:
            restore = await back_up()
        await stage.publish(
            GiftNoticeRequested(notice=UUID(int=number), person=ANA, template=NoticeTemplate.GIFT_SPENT)
        )
        await stage.quiet()
    restore = restore or await back_up()
    await stage.tick(f"{today}T10:00:00")
    await stage.quiet()
    assert len(post_office.mails) == 1

    await restore()
    await stage.tick(f"{today}T17:00:00")
    await stage.quiet()

    assert len(post_office.mails) == 1
    assert len(stage.said(NoticeDelivered)) == 1
    assert await stage.query("notify", "SELECT FROM notice WHERE state NOT IN ('sent', 'covered')") == []


async def test_a_restored_notify_does_not_try_again_what_came_sealed_and_failed(
    stage: Stage, post_office: PostOffice, today: date, back_up: BackUp
) -> None:
    """Breaks if what the backup holds for its hour does not hear that it failed for good."""
    await enter(stage, ANA, about=["settlements"])
    await stage.publish(GiftNoticeRequested(notice=UUID(int=1), person=ANA, template=NoticeTemplate.GIFT_SPENT))
    await stage.quiet()
    restore = await back_up()
    post_office.replies["ana@example.org"] = ["550 nobody here"]
    await stage.tick(f"{today}T10:00:00")
    await stage.quiet()
    assert len(stage.said(NoticeFailed)) == 1

    await restore()
    await stage.tick(f"{today}T17:00:00")
    await stage.quiet()

    assert post_office.mails == []
    assert len(stage.said(NoticeFailed)) == 1


async def test_a_restored_notify_forgets_again_who_was_erased(
    stage: Stage, post_office: PostOffice, back_up: BackUp
) -> None:
    """Breaks if a backup brings an erased person back to life."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    restore = await back_up()
    async with stage.http("notify") as client:
        await client.delete(f"/recipients/{ANA}")
    await stage.quiet()

    await restore()

    assert await stage.query("notify", "SELECT FROM recipient") == []
    assert await stage.query("notify", "SELECT FROM keys.recipient") == []
    await stage.publish(admitted())
    await stage.quiet()
    assert post_office.mails == []
    assert stage.said(RecipientErased) == [RecipientErased(recipient=ANA)]


async def test_a_mail_that_was_to_be_sent_at_the_backup_and_was_sent_since_is_not_sent_again(
    stage: Stage, post_office: PostOffice, back_up: BackUp
) -> None:
    """Breaks if workers begin before notify has heard its own deliveries again."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    refused = post_office.refuse("ana@example.org", "451 later")
    await stage.publish(admitted())
    await asyncio.wait_for(refused.wait(), 20)
    restore = await back_up()
    post_office.standing.clear()
    await stage.quiet()
    assert len(post_office.mails) == 1

    await restore()

    assert len(post_office.mails) == 1
    assert len(stage.said(NoticeDelivered)) == 1
    assert await stage.query("notify", "SELECT FROM b40.task") == []
