"""The registry as an integrator meets it over HTTPS: what is taken, what became of it, what is wrong with it."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from b40_contracts.event import Event
from b40_contracts.registry import City, Status
from b40_registry.app import application

from tests.registry.given import SOFIA, membership
from tests.support.stage import Stage

SENDER = "https://sofia.example/it"


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The registry alone, on 20 June 2022."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-06-20")
        await stage.quiet()
        yield stage


async def report(client: httpx.AsyncClient, id_: str, event: Event, **changed: Any) -> httpx.Response:
    """Post an event as a structured CloudEvent, with some of its data changed."""
    envelope = {
        "specversion": "1.0",
        "id": id_,
        "source": SENDER,
        "type": event.type,
        "time": "2022-06-20T09:00:00Z",
        "data": {**event.model_dump(mode="json"), **changed},
    }
    return await client.post("/intake", json=envelope, headers={"content-type": "application/cloudevents+json"})


async def fate(client: httpx.AsyncClient, id_: str) -> tuple[str, str]:
    """What became of an event, and the reason if there is one."""
    told = (await client.get(f"/intake/{quote(SENDER, safe='')}/{id_}")).json()
    return told["state"], told.get("reason", "")


async def test_a_city_reports_itself_and_follows_what_becomes_of_it(stage: Stage) -> None:
    async with stage.http("registry") as client:
        assert (await report(client, "early", membership("BGSOF", Status.ACTIVE, date(2022, 6, 1)))).status_code == 202
        await stage.quiet()
        assert (await fate(client, "early"))[0] == "waiting"
        assert (await report(client, "profile", SOFIA)).status_code == 202
        await report(client, "again", membership("BGSOF", Status.SIGNED, date(2022, 6, 2)))
        await stage.quiet()
        assert [await fate(client, id_) for id_ in ("early", "profile")] == [("applied", ""), ("applied", "")]
        state, reason = await fate(client, "again")
        assert (state, reason.split(":")[0]) == ("refused", "contradicts-ledger")
        assert (await client.get("/cities/BGSOF")).json()["status"] == "active"
    assert stage.said(City)[-1].status is Status.ACTIVE


async def test_what_is_malformed_is_told_at_once_with_the_field(stage: Stage) -> None:
    """Breaks if something is accepted that nobody can apply."""
    event = membership("BGSOF", Status.ACTIVE, date(2022, 6, 1))
    wrong: dict[str, dict[str, Any]] = {
        "data.on": {"on": "1899-12-31"},
        "data.status": {"status": "president"},
        "data.city": {"city": "sofia"},
        "data.source": {"source": None},
    }
    async with stage.http("registry") as client:
        for field, changed in wrong.items():
            answer = await report(client, "wrong", event, **changed)
            assert (answer.status_code, answer.json()["field"]) == (422, field)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_questions_that_make_no_sense_are_problems_that_name_the_field(stage: Stage) -> None:
    """Breaks if a strange character reaches the database, or if an answer repeats what was asked."""
    async with stage.http("registry") as client:
        for address, field in (
            ("/cities?after=%00", "query.after"),
            ("/cities?limit=0", "query.limit"),
            ("/cities?country=Bulgaria", "query.country"),
            ("/cities/sofia", "path.code"),
            ("/members", "query.on"),
            ("/members?on=1899-12-31", "query.on"),
            ("/decisions?state=forgotten", "query.state"),
            ("/decisions?city=%00", "query.city"),
            ("/meetings?since=soon", "query.since"),
            ("/groups/%00", "path.group"),
        ):
            answer = await client.get(address)
            assert (answer.status_code, answer.json()["field"]) == (422, field), address
            assert answer.headers["content-type"] == "application/problem+json"
