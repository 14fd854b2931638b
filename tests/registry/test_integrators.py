"""Integrators are registered on the operations port alone, heard by every app with an intake, and stay known."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from b40_chassis.hears import Connection
from b40_contracts.cloudevents import to_http
from b40_contracts.integrators import PLATFORM, ApiKey, Integrator, SigningKey
from b40_contracts.registry import City, Status
from b40_events.app import application as events
from b40_registry import integrators
from b40_registry.app import application as registry
from b40_registry.store import integrators as store

from tests.registry.given import JUNE_28, SOFIA, membership
from tests.support.integrators import LONG_AGO, Partner, send
from tests.support.stage import Stage

DESK = Partner(name="sofia-it", source="https://sofia.example/it", api_key="b40_key-of-sofia")
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
DIGEST = DESK.state().api_keys[0].digest


def wanted(**changed: Any) -> dict[str, Any]:
    fields = {
        "name": DESK.name, "sources": [DESK.source], "cities": ["BGSOF"], "at": NOW.isoformat(),
        "api_keys": [DIGEST], "signing_keys": [DESK.public.hex()],
    }  # fmt: skip
    return {**fields, **changed}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "library-desk", "sources": ("//free",)}, "known-name"),
        ({"name": "b40", "sources": ("//free",)}, "known-name"),
        ({"sources": ("//free", "https://desk.example/books/of/mine")}, "taken-source"),
        ({"sources": ("https://DESK.example",)}, "taken-source"),
        ({"sources": ("//b40/registry",)}, "taken-source"),
        ({"sources": ("//free",), "types": ("org.b40.registry.city.stated.v1",)}, "unknown-type"),
        ({"sources": ("//free",), "api_keys": Partner().state().api_keys}, "known-key"),
    ],
)
def test_who_may_not_be_registered(changed: dict[str, Any], reason: str) -> None:
    known = Partner().state()
    found = integrators.objection(DESK.state(**changed), [known])
    assert found is not None
    assert found.reason == reason


def test_sources_side_by_side_may_be_registered() -> None:
    assert integrators.objection(DESK.state(), [Partner().state(), PLATFORM.model_copy(update={"name": "x"})]) is None


def test_new_keys_let_the_older_ones_of_their_kind_end() -> None:
    """Breaks if a rotation ends keys of the other kind, or makes a key live longer than it should."""
    ends, sooner = NOW + timedelta(days=7), NOW + timedelta(days=1)
    ending = ApiKey(digest="1" * 64, ends=sooner)
    before = DESK.state(api_keys=(ending, ApiKey(digest="2" * 64)))
    after = integrators.with_keys(before, [ApiKey(digest="3" * 64)], [], ends, NOW)
    assert [(key.digest[0], key.ends) for key in after.api_keys] == [("1", sooner), ("2", ends), ("3", None)]
    assert (after.signing_keys, after.revision) == (before.signing_keys, 2)


def test_keys_that_ended_long_ago_leave_the_state() -> None:
    old = SigningKey(public="1" * 64, ends=NOW - timedelta(days=71))
    recent = SigningKey(public="2" * 64, ends=NOW - timedelta(days=69))
    after = integrators.with_keys(DESK.state(signing_keys=(old, recent)), [], [], NOW, NOW)
    assert after.signing_keys == (recent,)


def test_a_revocation_stays() -> None:
    gone = integrators.revoked(DESK.state(), NOW)
    assert (gone.revoked, gone.revision) == (NOW, 2)
    assert integrators.revoked(gone, NOW + timedelta(days=1)) is gone


async def test_an_older_revision_that_is_heard_late_takes_nothing_back(connection: Connection) -> None:
    """Breaks if the registry's own state of before brings back a key that was ended since."""
    now = integrators.revoked(DESK.state(), NOW)
    await store.keep(connection, [now, Partner().state()])
    await store.keep(connection, [DESK.state(), Partner().state(revision=2)])
    assert [(each.name, each.revision) for each in await store.listed(connection)] == [
        ("library-desk", 2),
        ("sofia-it", 2),
    ]
    assert (await store.states(connection, ["sofia-it"]))["sofia-it"] == now


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The registry and the events service, on 20 June 2022."""
    async with Stage(kafka, postgres, registry, events, strangers="refused") as stage:
        await stage.tick("2022-06-20")
        await stage.quiet()
        yield stage


@pytest.fixture
async def operations(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with stage.operations("registry") as client:
        yield client


async def test_who_is_registered_is_known_to_every_app_and_reports_by_both_ways(
    stage: Stage, operations: httpx.AsyncClient
) -> None:
    answer = await operations.post("/integrators", json=wanted(at=LONG_AGO.isoformat()))
    assert answer.status_code == 201, answer.text
    await stage.quiet()
    for app in ("registry", "events"):
        async with stage.operations(app) as client:
            assert (await client.get("/intake/integrators")).json() == {"sofia-it": 1}
    async with stage.http("registry") as client:
        message = to_http(DESK.event(SOFIA, "profile"))
        answer = await client.post("/intake", headers={**dict(message.headers), **DESK.headers}, content=message.body)
        assert answer.status_code == 202, answer.text
    await stage.quiet()
    signed = DESK.signed(DESK.event(membership("BGSOF", Status.ACTIVE, JUNE_28), "member"))
    await send(stage, "registry-intake", signed)
    await stage.quiet()
    assert stage.said(City)[-1].ledger[-1].status is Status.ACTIVE


async def test_a_city_that_is_not_its_own_is_named(stage: Stage, operations: httpx.AsyncClient) -> None:
    await operations.post("/integrators", json=wanted(at=LONG_AGO.isoformat()))
    await stage.quiet()
    elsewhere = DESK.event(membership("TRIST", Status.LEFT, JUNE_28), "1")
    async with stage.http("registry") as client:
        message = to_http(elsewhere)
        answer = await client.post("/intake", headers={**dict(message.headers), **DESK.headers}, content=message.body)
        assert (answer.status_code, answer.json()["field"]) == (403, "data.city")
    await send(stage, "registry-intake", DESK.signed(replace(elsewhere, id="2")))
    await stage.quiet()
    (refusal,) = stage.refusals()
    assert refusal.detail == "data.city: names TRIST, which is not one of the cities of sofia-it"


async def test_keys_are_rotated_and_all_is_revoked(stage: Stage, operations: httpx.AsyncClient) -> None:
    await operations.post("/integrators", json=wanted())
    ends = {"at": NOW.isoformat(), "ends": (NOW + timedelta(days=7)).isoformat()}
    answer = await operations.post("/integrators/sofia-it/rotate", json={**ends, "api_keys": ["1" * 64]})
    assert [key["ends"] for key in answer.json()["api_keys"]] == ["2026-12-03T09:00:00Z", None]
    again = await operations.post("/integrators/sofia-it/rotate", json={**ends, "api_keys": ["1" * 64]})
    assert (again.status_code, again.json()["field"]) == (409, "keys")
    assert (await operations.post("/integrators/sofia-it/revoke", json={"at": NOW.isoformat()})).json()["revoked"]
    await stage.quiet()
    assert [each.revision for each in stage.said(Integrator)] == [1, 2, 3]
    answer = await operations.post("/integrators/sofia-it/rotate", json={**ends, "api_keys": ["2" * 64]})
    assert (answer.status_code, answer.json()["title"]) == (409, "Revoked")
    answer = await operations.post("/integrators", json=wanted(name="thief", api_keys=["3" * 64], signing_keys=[]))
    assert (answer.status_code, answer.json()["field"]) == (409, "sources.0"), "its source stays its own"


async def test_what_is_wrong_with_a_registration_is_named(operations: httpx.AsyncClient) -> None:
    for changed, field in (
        ({"name": "Sofia IT"}, "body.name"),
        ({"sources": []}, "body.sources"),
        ({"sources": ["https://sofia.example/ it"]}, "body.sources.0"),
        ({"cities": ["Sofia"]}, "body.cities.0"),
        ({"api_keys": ["b40_the-key-itself"]}, "body.api_keys.0"),
        ({"at": "2026-11-26T09:00:00"}, "body.at"),
    ):
        answer = await operations.post("/integrators", json=wanted(**changed))
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert "the-key-itself" not in answer.text
    answer = await operations.post("/integrators/nobody/revoke", json={"at": NOW.isoformat()})
    assert (answer.status_code, answer.json()["field"]) == (404, "name")


async def test_nobody_registers_itself_through_an_open_port(stage: Stage) -> None:
    """INVARIANT: registering is for operations. Breaks if the public port has a route for it, or an intake takes it."""
    async with stage.http("registry") as client:
        assert (await client.post("/integrators", json=wanted())).status_code == 404
        message = to_http(DESK.event(DESK.state(), "1"))
        assert (await client.post("/intake", headers=dict(message.headers), content=message.body)).status_code == 401
    await stage.quiet()
    assert stage.said(Integrator) == []


async def test_a_registry_restored_from_a_backup_forgets_no_revocation(
    stage: Stage, operations: httpx.AsyncClient
) -> None:
    """INVARIANT: a revoked key stays revoked. Breaks if the state of a backup is said over a newer one."""
    await operations.post("/integrators", json=wanted())
    await stage.quiet()
    backup = await stage.query("registry", "SELECT stated FROM integrator")
    await operations.post("/integrators/sofia-it/revoke", json={"at": NOW.isoformat()})
    await stage.quiet()
    await stage.query("registry", "UPDATE integrator SET revision = 1, stated = $1", backup[0]["stated"])
    for table in ("state_said", "state_heard"):
        await stage.query(
            "registry",
            f"UPDATE b40.{table} SET version = 1 WHERE topic = 'registry-integrators'",  # noqa: S608
        )
    await stage.stop("registry")
    await go_back(stage)
    await stage.start("registry")
    await stage.quiet()
    await stage.tick("2022-06-21")
    await stage.quiet()
    assert stage.said(Integrator)[-1].revoked == NOW
    (stored,) = await stage.query("registry", "SELECT stated FROM integrator")
    assert stored["stated"]["revoked"] is not None


async def go_back(stage: Stage) -> None:
    """The database's position on the topic of integrators is that of the backup: after the first state."""
    address = stage.settings["registry"].database.get_secret_value()
    connection = await asyncpg.connect(address)
    await connection.execute(
        """UPDATE b40.position SET next_offset = 1, last_hash = NULL WHERE topic = 'registry-integrators'"""
    )
    await connection.close()
