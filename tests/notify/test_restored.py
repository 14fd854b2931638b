"""What notify did before its database was restored is not done again: it hears its deliveries first."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
from b40_contracts.notify import DigestDelivered, NoticeDelivered, RecipientErased

from tests.notify.given import ANA, SKOPJE, admitted, enter, state
from tests.notify.post_office import PostOffice
from tests.support.stage import Stage

TABLES = (
    *("city", "recipient", "recipient_key", "recipient_erased", "consent", "digest", "notice"),
    *("b40.position", "b40.inbox", "b40.tick", "b40.task", "b40.outbox", "b40.state_heard"),
)


async def back_up(stage: Stage) -> None:
    """Copy all tables aside, as a backup would."""
    await stage.query("notify", "DROP SCHEMA IF EXISTS backup CASCADE")
    await stage.query("notify", "CREATE SCHEMA backup")
    for table in TABLES:
        await stage.query("notify", f"CREATE TABLE backup.{table.removeprefix('b40.')} AS TABLE {table}")


async def restore(stage: Stage) -> None:
    """Stop notify, put the tables back as they were, start it."""
    await stage.stop("notify")
    connection = await asyncpg.connect(stage.settings["notify"].database.get_secret_value())
    async with connection.transaction():
        # Constraints are not checked while rows are put back, as a restore does it.
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table in TABLES:
            identity = "OVERRIDING SYSTEM VALUE" if table == "b40.outbox" else ""
            await connection.execute(f"TRUNCATE {table} CASCADE")
            await connection.execute(f"INSERT INTO {table} {identity} TABLE backup.{table.removeprefix('b40.')}")
    await connection.close()
    await stage.start("notify")
    await stage.quiet()


async def test_a_restored_notify_does_not_send_again(stage: Stage, post_office: PostOffice, today: date) -> None:
    """Breaks if notices or digests are sent a second time, or forgotten, after the database went back."""
    await state(stage, SKOPJE)
    await enter(stage, ANA, digest=True)
    await back_up(stage)
    await stage.publish(admitted())
    await stage.quiet()
    await stage.tick(f"{today + timedelta(days=1)}")
    await stage.quiet()
    before = [mail["Message-ID"] for mail in post_office.mails]
    assert len(before) == 2

    await restore(stage)

    assert [mail["Message-ID"] for mail in post_office.mails] == before
    async with stage.http("notify") as client:
        summary = (await client.get("/notices/summary")).json()
    assert summary == {"sent": 1, "digests": 1, "by_subject": {"membership": 1}}
    assert len(stage.said(NoticeDelivered)) == 1
    assert len(stage.said(DigestDelivered)) == 1
    (notice,) = await stage.query("notify", "SELECT line, digest FROM notice")
    assert notice["line"] == "Skopje joined the network"
    assert isinstance(notice["digest"], UUID)


async def test_a_restored_notify_forgets_again_who_was_erased(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if a backup brings an erased person back to life."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    await back_up(stage)
    async with stage.http("notify") as client:
        await client.delete(f"/recipients/{ANA}")
    await stage.quiet()

    await restore(stage)

    assert await stage.query("notify", "SELECT FROM recipient") == []
    assert await stage.query("notify", "SELECT FROM recipient_key") == []
    await stage.publish(admitted())
    await stage.quiet()
    assert post_office.mails == []
    assert stage.said(RecipientErased) == [RecipientErased(recipient=ANA)]
