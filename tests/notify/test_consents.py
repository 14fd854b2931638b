"""Who is told follows what people agreed to, on real Kafka, PostgreSQL and SMTP."""

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest
from b40_contracts.notify import (
    ConsentGiven,
    ConsentWithdrawn,
    ErasureRequested,
    NoticeFailed,
    PreferenceReported,
    RecipientErased,
    Subject,
    WithdrawalReported,
)

from tests.notify.given import ANA, BORIS, SKOPJE, admitted, dated, enter, state
from tests.notify.post_office import PostOffice
from tests.support.stage import Stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """A client of notify's public port."""
    async with stage.http("notify") as client:
        yield client


def link(mail: EmailMessage) -> str:
    """Where the mail's one-click link leads on notify's own port."""
    found = re.match(r"<https://notify\.b40\.example(/unsubscribe/[^>]+)>", mail["List-Unsubscribe"])
    assert found is not None, mail["List-Unsubscribe"]
    return found[1]


async def test_one_click_ends_the_notices_of_that_subject(
    stage: Stage, post_office: PostOffice, client: httpx.AsyncClient
) -> None:
    """RFC 8058. Breaks if the link does nothing, ends too much, or needs a page, a cookie or a second click."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    await stage.publish(admitted())
    await stage.quiet()
    answer = await client.post(
        link(post_office.mails[0]),
        content="List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    await stage.quiet()
    assert stage.said(ConsentWithdrawn) == [ConsentWithdrawn(recipient=ANA, about="membership")]

    await stage.publish(admitted())
    await stage.publish(dated())
    await stage.quiet()
    assert [mail["List-Id"] for mail in post_office.mails] == ["<membership.b40.example>", "<tours.b40.example>"]


async def test_opening_the_link_changes_nothing(
    stage: Stage, post_office: PostOffice, client: httpx.AsyncClient
) -> None:
    """Programs that scan mails open links. Breaks if GET withdraws consent."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    await stage.publish(admitted())
    await stage.quiet()
    page = await client.get(link(post_office.mails[0]))
    await stage.quiet()

    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert stage.said(ConsentWithdrawn) == []


async def test_a_link_that_was_not_made_here_does_nothing(stage: Stage, client: httpx.AsyncClient) -> None:
    """Breaks if anybody can unsubscribe anybody."""
    for method in ("GET", "POST"):
        assert (await client.request(method, "/unsubscribe/AAAAAAAAAAAAAAAAAAAAAAAA")).status_code == 404
    await stage.quiet()
    assert stage.said(ConsentWithdrawn) == []


async def test_an_address_is_shown_masked_and_rests_encrypted(stage: Stage, client: httpx.AsyncClient) -> None:
    """Breaks if the vault's tables, a topic or an answer hold the address in clear."""
    await enter(stage, ANA)
    shown = (await client.get(f"/recipients/{ANA}")).json()

    assert shown["address"] == "a…@example.org"
    assert shown["about"] == ["membership", "tours"]
    (row,) = await stage.query("notify", "SELECT address, key FROM recipient JOIN keys.recipient ON recipient = id")
    assert b"ana" not in row["address"] + row["key"]
    assert "ana@" not in repr(stage.heard)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "no address"},
        {"address": "ana@example.org\r\nBcc: all@example.org"},
        {"about": ["weather"]},
        {"immediate": False, "digest": False},
        {"city": "Skopje"},
        {"nickname": "Ana"},
    ],
)
async def test_a_malformed_recipient_is_refused_without_repeating_it(
    stage: Stage, client: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    """Breaks if bad data enters the vault, or an answer repeats what may be personal."""
    body = {"address": "ana@example.org", "about": ["tours"], **wrong}
    answer = await client.put(f"/recipients/{ANA}", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "example.org" not in answer.text
    assert await stage.query("notify", "SELECT FROM recipient") == []


async def test_an_entry_repeated_under_its_idempotency_key_is_said_once(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    """Breaks if who repeats a request after a lost answer makes a second announcement of it."""
    for _ in range(2):
        entered = {"address": "ana@example.org", "about": ["tours"]}
        answer = await client.put(f"/recipients/{ANA}", json=entered, headers={"idempotency-key": "entry-1"})
        assert answer.status_code == 204
    await stage.quiet()

    assert len(stage.said(ConsentGiven)) == 1


async def test_erasing_deletes_row_and_key_and_the_id_is_not_used_again(
    stage: Stage, post_office: PostOffice, client: httpx.AsyncClient
) -> None:
    """Breaks if anything of the person stays, if it is still told, or if a restored copy is not told of it."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    assert (await client.delete(f"/recipients/{ANA}")).status_code == 204
    assert (await client.delete(f"/recipients/{ANA}")).status_code == 204
    await stage.quiet()
    await stage.publish(admitted())
    await stage.quiet()

    assert stage.said(RecipientErased) == [RecipientErased(recipient=ANA)]
    assert post_office.mails == []
    for table in ("recipient", "keys.recipient", "consent"):
        assert await stage.query("notify", f"SELECT FROM {table}") == []
    assert (await client.get(f"/recipients/{ANA}")).status_code == 404
    again = await client.put(f"/recipients/{ANA}", json={"address": "ana@example.org", "about": []})
    assert again.status_code == 410


async def test_a_desk_reports_preferences_withdrawals_and_erasures(stage: Stage) -> None:
    """Breaks if what comes by topic is not announced as the consent that it leads to."""
    await enter(stage, ANA)
    await enter(stage, BORIS)
    chosen = PreferenceReported(recipient=ANA, about=(Subject.TOURS, Subject.FAIRS), immediate=False, digest=True)
    await stage.publish(chosen)
    await stage.quiet()
    await stage.publish(WithdrawalReported(recipient=ANA, about=Subject.TOURS))
    await stage.publish(ErasureRequested(recipient=BORIS))
    await stage.quiet()

    assert ConsentGiven(recipient=ANA, about=("fairs", "tours"), immediate=False, digest=True) in stage.said(
        ConsentGiven
    )
    rows = await stage.query("notify", "SELECT recipient, about, immediate, digest FROM consent")
    assert [tuple(row) for row in rows] == [(ANA, ["fairs"], False, True)]
    assert stage.said(RecipientErased) == [RecipientErased(recipient=BORIS)]
    assert stage.refusals() == []


async def test_reports_on_somebody_unknown_or_erased_are_refused(stage: Stage, client: httpx.AsyncClient) -> None:
    """Breaks if a mistyped id is accepted in silence."""
    await enter(stage, BORIS)
    await client.delete(f"/recipients/{BORIS}")
    await stage.publish(WithdrawalReported(recipient=ANA))
    await stage.publish(ErasureRequested(recipient=BORIS))
    await stage.quiet()

    assert sorted(refused.reason for refused in stage.refusals()) == ["recipient-erased", "unknown-recipient"]


async def test_consent_withdrawn_before_the_mail_left_stops_it(stage: Stage, post_office: PostOffice) -> None:
    """Breaks if a notice that waits for a slow mail server is sent to who has left meanwhile."""
    await state(stage, SKOPJE)
    await enter(stage, ANA)
    refused = post_office.refuse("ana@example.org", "451 4.7.1 later")
    await stage.publish(admitted())
    await asyncio.wait_for(refused.wait(), 10)
    await stage.publish(WithdrawalReported(recipient=ANA))
    async with asyncio.timeout(10):
        while await stage.query("notify", "SELECT FROM consent WHERE about <> '{}'"):  # noqa: ASYNC110  (the database rings no bell)
            await asyncio.sleep(0.02)
    post_office.empty()
    await stage.quiet()

    assert post_office.mails == []
    (failed,) = stage.said(NoticeFailed)
    assert failed.reason == "consent-withdrawn"
