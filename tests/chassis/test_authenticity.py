"""Over Kafka: nobody reports as somebody else, uses an id up before its owner, or plays again what was captured."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import prometheus_client
import pytest
from b40_chassis import authenticity
from b40_contracts.cloudevents import CloudEvent, to_http, to_kafka_structured
from b40_contracts.integrators import SigningKey

from tests.chassis.library import INTAKE, TOPICS, BookReported, BookShelved, Shelf, ShelfReported, Switches, library
from tests.support.integrators import Partner, send, state, topic
from tests.support.stage import Stage

DESK = Partner()
SHELF = ShelfReported(shelf="s")


def book(title: str) -> BookReported:
    return BookReported(book="b", shelf="s", title=title)


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The library, which has heard of the desk; the shelf is there."""
    application = replace(library(Switches()), topics=(*TOPICS, topic("library")))
    async with Stage(kafka, postgres, application) as stage:
        await state(stage, DESK.state())
        await stage.publish(SHELF)
        await stage.quiet()
        yield stage


async def report(stage: Stage, *events: CloudEvent) -> None:
    for event in events:
        await send(stage, INTAKE.name, event)
    await stage.quiet()


async def dead(stage: Stage) -> list[tuple[str, str]]:
    """Ids and reasons of the dead letters."""
    rows = await stage.query("library", "SELECT event_id, reason FROM b40.set_aside ORDER BY id")
    return [(row["event_id"], row["reason"]) for row in rows]


def titles(stage: Stage) -> list[str]:
    return [each.title for each in stage.said(BookShelved)]


async def test_what_is_signed_is_taken_and_a_stranger_goes_on_as_before(stage: Stage) -> None:
    await report(stage, DESK.signed(DESK.event(book("signed"), "1")))
    await stage.publish(book("of a stranger"))
    await stage.quiet()
    assert (sorted(titles(stage)), await dead(stage)) == (["of a stranger", "signed"], [])


def forgeries() -> dict[str, tuple[CloudEvent, str]]:
    """Events under the desk's source that are not from it, all with the id that it is about to use."""
    event, thief = DESK.event(book("forged"), "1"), Partner()
    signed = DESK.signed(event)
    other = DESK.signed(DESK.event(book("other"), "1")).extensions
    return {
        "not signed at all": (event, "not-signed"),
        "signed with a key of his own": (thief.signed(event), "wrong-signature"),
        "signed with it under the desk's key id": (
            replace(thief.signed(event), extensions={**thief.signed(event).extensions, "signaturekey": key_of(signed)}),
            "wrong-signature",
        ),
        "with the signature of another event": (replace(event, extensions=other), "wrong-signature"),
        "with other data": (replace(signed, data=book("altered").model_dump_json().encode()), "wrong-signature"),
        "at another time": (replace(signed, time=signed.time and signed.time + timedelta(days=1)), "wrong-signature"),
        "under another id": (replace(DESK.signed(DESK.event(book("forged"), "0")), id="1"), "wrong-signature"),
        "with a signature that is none": (changed(signed, signature="AAAA"), "wrong-signature"),
        "with one that is no base64": (changed(signed, signature="ş"), "wrong-signature"),
        "signed at another time": (changed(signed, signaturetime="2026-01-01T00:00:00Z"), "wrong-signature"),
        "accepted by a door that there is not": (
            changed(event, accepted=bogus_proof()),
            "not-signed",
        ),
        "of a source in other letters": (replace(event, source="HTTPS://Desk.example/%62ooks"), "not-signed"),
        "of a source further down": (replace(event, source=f"{DESK.source}/more"), "not-signed"),
        "of a type that nobody takes": (replace(event, type="org.b40.library.book.burned.v1"), "not-signed"),
    }


def bogus_proof() -> str:
    """What looks as if the door had just let an event in."""
    return f"{datetime.now(UTC).isoformat()} {'0' * 64}"


def key_of(event: CloudEvent) -> str:
    return event.extensions["signaturekey"]


def changed(event: CloudEvent, **extensions: str) -> CloudEvent:
    return replace(event, extensions={**event.extensions, **extensions})


async def test_a_forged_event_is_a_dead_letter_and_uses_no_id_up(stage: Stage) -> None:
    """INVARIANT: the owner of a source can always use its ids. Breaks if a forgery reaches the inbox, is refused under
    the owner's name, holds a key, or is not counted."""
    forged = forgeries()
    before = counted()
    await report(stage, *(event for event, _ in forged.values()))
    assert [reason for _, reason in await dead(stage)] == [reason for _, reason in forged.values()]
    assert (titles(stage), stage.refusals()) == ([], [])
    assert counted() - before == len(forged)
    await report(stage, DESK.signed(DESK.event(book("genuine"), "1")))
    assert titles(stage) == ["genuine"]


def counted() -> float:
    metrics = prometheus_client.REGISTRY.collect()
    return sum(sample.value for metric in metrics for sample in metric.samples if sample.name == "b40_forged_total")


async def test_what_was_captured_takes_effect_once(stage: Stage) -> None:
    event = DESK.signed(DESK.event(book("once"), "1"))
    await report(stage, event, event, event)
    assert titles(stage) == ["once"]
    assert (await stage.services["library"].status())["duplicates"] == 2


async def test_what_was_captured_long_ago_is_not_taken(stage: Stage) -> None:
    """INVARIANT: a signature ends before the inbox forgets. Breaks if a replay after the memory takes effect again."""
    now = datetime.now(UTC)
    old = DESK.signed(DESK.event(book("old"), "1"), now - timedelta(days=36))
    ahead = DESK.signed(DESK.event(book("ahead"), "2"), now + timedelta(hours=1))
    recent = DESK.signed(DESK.event(book("recent"), "3"), now - timedelta(days=34))
    await report(stage, old, ahead, recent)
    assert await dead(stage) == [("1", "signature-ended"), ("2", "signature-ended")]
    assert titles(stage) == ["recent"]


async def test_what_the_door_let_in_long_ago_is_not_taken(stage: Stage) -> None:
    """INVARIANT: as for signatures. Breaks if a record that came over HTTPS can be played again after the memory."""
    secret, now = stage.services["library"].frame.secret, datetime.now(UTC)
    for id_, days in (("1", 36), ("2", 34)):
        event = DESK.event(book(f"{days} days ago"), id_)
        proof = authenticity.accepted(secret, INTAKE.name, event, now - timedelta(days=days))
        await send(stage, INTAKE.name, changed(event, accepted=proof))
    await stage.quiet()
    assert (await dead(stage), titles(stage)) == ([("1", "not-signed")], ["34 days ago"])


async def test_structured_mode_cannot_be_signed(stage: Stage) -> None:
    """Breaks if the headers of a record are judged, and something else in its value is handled."""
    record = to_kafka_structured(DESK.event(book("inside"), "1"))
    signature = [
        (f"ce_{name}", value.encode()) for name, value in DESK.signed(DESK.event(SHELF, "1")).extensions.items()
    ]
    await stage.publish_raw(INTAKE.name, record.key, record.value, [*record.headers, *signature])
    await stage.quiet()
    assert await dead(stage) == [("1", "not-signed")]


async def test_keys_follow_one_another_and_end(stage: Stage) -> None:
    """Breaks if an old key ends before its time, or does not end."""
    new = Partner()
    now = datetime.now(UTC)
    still = SigningKey(public=DESK.public.hex(), ends=now + timedelta(hours=1))
    await state(stage, DESK.state(2, signing_keys=(still, SigningKey(public=new.public.hex()))))
    await report(stage, DESK.signed(DESK.event(book("old key"), "1")), new.signed(DESK.event(book("new key"), "2")))
    assert titles(stage) == ["old key", "new key"]
    ended = SigningKey(public=DESK.public.hex(), ends=now)
    await state(stage, DESK.state(3, signing_keys=(ended, SigningKey(public=new.public.hex()))))
    await report(stage, DESK.signed(DESK.event(book("late"), "3")))
    assert await dead(stage) == [("3", "signature-ended")]


async def test_after_a_revocation_nothing_is_taken_and_nobody_else_gets_the_source(stage: Stage) -> None:
    await state(stage, DESK.state(2, revoked=datetime.now(UTC)))
    await report(stage, DESK.signed(DESK.event(book("signed"), "1")), DESK.event(book("unsigned"), "2"))
    assert await dead(stage) == [("1", "revoked-sender"), ("2", "revoked-sender")]


async def test_an_older_state_of_an_integrator_changes_nothing(stage: Stage) -> None:
    """Breaks if a registry restored from a backup brings a revoked key back under a higher version."""
    await state(stage, DESK.state(5, revoked=datetime.now(UTC)))
    older = DESK.state(2)
    event = replace(DESK.event(older, "x"), extensions={"stateversion": "9"})
    await send(stage, "registry-integrators", event)
    await stage.quiet()
    await report(stage, DESK.signed(DESK.event(book("signed"), "1")))
    assert await dead(stage) == [("1", "revoked-sender")]


async def test_what_is_beyond_the_scope_is_refused_with_the_field(stage: Stage) -> None:
    """Its sender is known, so it is told; nobody else needs to look."""
    await state(stage, DESK.state(2, types=(ShelfReported.type,)))
    await report(stage, DESK.signed(DESK.event(book("beyond"), "1")), DESK.signed(DESK.event(SHELF, "2")))
    (refusal,) = stage.refusals()
    assert (refusal.id, refusal.reason) == ("1", "beyond-scope")
    assert refusal.detail == "type: is not one of the types that library-desk may report"
    assert await dead(stage) == []


async def test_a_bogus_proof_of_the_door_does_not_widen_the_scope(stage: Stage) -> None:
    await state(stage, DESK.state(2, types=(ShelfReported.type,)))
    await report(
        stage,
        changed(DESK.signed(DESK.event(book("beyond"), "1")), accepted=bogus_proof()),
    )
    assert [refusal.reason for refusal in stage.refusals()] == ["beyond-scope"]


async def test_what_came_over_https_needs_no_signature_and_its_proof_fits_nothing_else(stage: Stage) -> None:
    """Breaks if what the door let in is refused behind it, or if its proof can be put on another event."""
    async with stage.http("library") as client:
        message = to_http(DESK.event(book("at the door"), "1"))
        answer = await client.post("/intake", headers={**dict(message.headers), **DESK.headers}, content=message.body)
        assert answer.status_code == 202, answer.text
    await stage.quiet()
    assert (titles(stage), await dead(stage)) == (["at the door"], [])
    (proof,) = await sent_proofs(stage)
    await report(stage, changed(DESK.event(book("forged"), "2"), accepted=proof))
    assert await dead(stage) == [("2", "not-signed")]


async def sent_proofs(stage: Stage) -> list[str]:
    rows = await stage.query("library", "SELECT unnest(headers) AS headers FROM b40.outbox ORDER BY id")
    framed = [row["headers"].split("\x1f") for row in rows if "ce_accepted" in row["headers"].split("\x1f")[0]]
    return [values[names.split("\x1e").index("ce_accepted")] for names, *values in framed]


async def test_nobody_reports_as_the_platform_itself(stage: Stage) -> None:
    """INVARIANT: an id of an announcement cannot be used up through an intake."""
    await report(stage, replace(DESK.event(book("announced?"), "1"), source="//b40/registry"))
    assert await dead(stage) == [("1", "not-signed")]


async def test_what_came_before_the_registration_is_judged_as_it_was_then(stage: Stage) -> None:
    """Breaks if a restored app refuses what it had taken before somebody registered the source."""
    await state(stage, DESK.state(2, since=datetime.now(UTC) + timedelta(hours=1)))
    await report(stage, DESK.event(book("not registered yet"), "1"))
    assert titles(stage) == ["not registered yet"]


async def test_a_dead_letter_is_judged_again_when_it_is_replayed(stage: Stage) -> None:
    """Breaks if an operator can let a forgery in, or a genuine event stays out although its key is known now."""
    new = Partner()
    await report(stage, DESK.event(book("forged"), "1"), new.signed(DESK.event(book("new key"), "2")))
    await state(stage, DESK.state(2, signing_keys=(SigningKey(public=new.public.hex()),)))
    async with stage.operations("library") as client:
        rows = (await client.get("/set-aside")).json()
        results = [(await client.post(f"/set-aside/{row['id']}/replay")).json()["result"] for row in rows]
    await stage.quiet()
    assert results[0].startswith("failed: signature: is missing; library-desk is registered")
    assert (results[1], titles(stage)) == ("applied", ["new key"])


async def test_where_strangers_are_refused_only_the_registered_report(kafka: str, postgres: str) -> None:
    application = replace(library(Switches()), topics=(*TOPICS, topic("library")))
    async with Stage(kafka, postgres, application, strangers="refused") as stage:
        await state(stage, DESK.state())
        await stage.publish(book("of a stranger"), id="1")
        await report(stage, DESK.signed(DESK.event(SHELF, "2")))
        assert await dead(stage) == [("1", "unknown-sender")]
        assert len(stage.said(Shelf)) == 1


async def test_a_copy_that_starts_knows_whom_it_heard_of(stage: Stage) -> None:
    """Breaks if integrators are only in memory, or read after the first events."""
    await stage.stop("library")
    await send(stage, INTAKE.name, DESK.event(book("forged"), "1"))
    await stage.start("library")
    await stage.quiet()
    assert await dead(stage) == [("1", "not-signed")]


async def test_a_copy_learns_what_another_heard(stage: Stage) -> None:
    """Breaks if only the copy that has the partition knows of a revocation."""
    integrators: Any = stage.services["library"].frame.integrators
    revoked = DESK.state(2, revoked=datetime.now(UTC))
    await stage.query("library", "UPDATE b40.integrator SET version = 2, stated = $1", revoked.model_dump(mode="json"))
    await integrators.look(stage.services["library"].frame.pool)
    assert integrators.owner(DESK.source).revoked is not None
    assert integrators.holder(DESK.api_key, datetime.now(UTC)) is None
