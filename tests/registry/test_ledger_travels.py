"""Cities and their membership on real Kafka and PostgreSQL: from what is reported to what everyone hears."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest
from b40_contracts.registry import City, CityAdmitted, CityLeft, CitySigned, Status
from b40_registry.app import application

from tests.registry.given import ISTANBUL, JUNE_28, PRISTINA, SOFIA, entry, membership
from tests.support.stage import Stage


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The registry alone, on 20 June 2022."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-06-20")
        await stage.quiet()
        yield stage


def last(stage: Stage, code: str) -> City:
    """The state of a city as it was last said."""
    return [city for city in stage.said(City) if city.code == code][-1]


async def test_a_city_is_stated_as_it_was_described(stage: Stage) -> None:
    await stage.publish(PRISTINA)
    await stage.quiet()
    assert [city.names for city in stage.said(City)] == [PRISTINA.names]
    assert last(stage, "XKPRN").status is None


async def test_a_membership_that_has_begun_is_announced_at_once(stage: Stage) -> None:
    await stage.publish(ISTANBUL)
    await stage.quiet()
    await stage.publish(membership("TRIST", Status.ACTIVE, date(2021, 11, 30)))
    await stage.quiet()
    assert [(fact.city, fact.on) for fact in stage.said(CityAdmitted)] == [("TRIST", date(2021, 11, 30))]
    assert last(stage, "TRIST").status is Status.ACTIVE


async def test_a_city_joins_on_its_day_and_not_before(stage: Stage) -> None:
    """Breaks if the day begins at midnight UTC instead of midnight in Sofia, or if nothing wakes the ledger."""
    await stage.publish(SOFIA)
    await stage.publish(membership("BGSOF", Status.SIGNED, JUNE_28))
    await stage.publish(membership("BGSOF", Status.ACTIVE, JUNE_28))
    await stage.tick("2022-06-27T20:59:00")
    await stage.quiet()
    assert stage.said(CityAdmitted) == []
    assert (last(stage, "BGSOF").status, len(last(stage, "BGSOF").ledger)) == (None, 2)
    await stage.tick("2022-06-27T21:00:00")
    await stage.quiet()
    assert [fact.on for fact in stage.said(CitySigned)] == [JUNE_28]
    assert [fact.on for fact in stage.said(CityAdmitted)] == [JUNE_28]
    assert (last(stage, "BGSOF").status, last(stage, "BGSOF").since) == (Status.ACTIVE, JUNE_28)


async def test_a_membership_of_a_city_not_yet_described_waits_for_its_profile(stage: Stage) -> None:
    """Breaks if the waiting report holds up the profile that it waits for."""
    await stage.publish(membership("BGSOF", Status.ACTIVE, date(2022, 6, 1)), id="too-early")
    await stage.quiet()
    assert stage.said(CityAdmitted) == []
    await stage.publish(SOFIA)
    await stage.quiet()
    assert [fact.city for fact in stage.said(CityAdmitted)] == ["BGSOF"]
    assert stage.refusals() == []


async def test_a_membership_of_a_city_that_is_never_described_is_refused_after_a_day(stage: Stage) -> None:
    await stage.publish(membership("BGXXX", Status.ACTIVE, date(2022, 6, 1)), id="unknown-city")
    await stage.quiet()
    assert stage.refusals() == []
    await stage.tick("2022-06-21T00:01:00")
    await stage.quiet()
    assert [(refused.id, refused.reason) for refused in stage.refusals()] == [("unknown-city", "unknown-key")]
    assert "BGXXX" in stage.refusals()[0].detail


async def test_what_contradicts_the_ledger_is_refused_and_nothing_else_is_disturbed(stage: Stage) -> None:
    await stage.publish(SOFIA)
    await stage.publish(membership("BGSOF", Status.LEFT, date(2022, 6, 1)), id="never-joined")
    await stage.publish(membership("BGSOF", Status.ACTIVE, date(2022, 6, 1)))
    await stage.publish(membership("BGSOF", Status.SIGNED, date(2022, 6, 10)), id="signs-too-late")
    await stage.publish(membership("BGSOF", Status.LEFT, date(2022, 6, 15)))
    await stage.quiet()
    assert [(refused.id, refused.reason) for refused in stage.refusals()] == [
        ("never-joined", "never-joined"),
        ("signs-too-late", "contradicts-ledger"),
    ]
    assert [fact.on for fact in stage.said(CityLeft)] == [date(2022, 6, 15)]
    assert [one.status for one in last(stage, "BGSOF").ledger] == [Status.ACTIVE, Status.LEFT]


async def test_the_same_entry_under_another_id_changes_nothing(stage: Stage) -> None:
    await stage.publish(SOFIA)
    await stage.publish(membership("BGSOF", Status.ACTIVE, date(2022, 6, 1)))
    await stage.publish(membership("BGSOF", Status.ACTIVE, date(2022, 6, 1)))
    await stage.quiet()
    assert len(stage.said(CityAdmitted)) == 1
    assert len(last(stage, "BGSOF").ledger) == 1
    assert stage.refusals() == []


async def test_an_older_profile_that_comes_late_changes_nothing(stage: Stage) -> None:
    await stage.publish(SOFIA, time="2022-06-19")
    older = SOFIA.model_copy(update={"names": {"en": "Serdica"}})
    await stage.publish(older, time="2022-06-18")
    newer = SOFIA.model_copy(update={"names": {"en": "Sofia", "bg": "София", "tr": "Sofya"}})
    await stage.publish(newer, time="2022-06-20")
    await stage.quiet()
    assert last(stage, "BGSOF").names == newer.names
    assert "Serdica" not in {city.names["en"] for city in stage.said(City)}


async def test_a_profile_with_a_zone_that_does_not_exist_is_refused(stage: Stage) -> None:
    await stage.publish(SOFIA.model_copy(update={"timezone": "Europe/Byzantium"}), id="no-zone")
    await stage.quiet()
    assert [(refused.id, refused.reason) for refused in stage.refusals()] == [("no-zone", "unknown-timezone")]
    assert stage.said(City) == []


async def test_a_registry_that_lost_its_cities_knows_them_from_their_states(stage: Stage) -> None:
    """Breaks if only reports bring cities: a membership would then wait for what everyone else has heard of."""
    await stage.publish(SOFIA)
    await stage.quiet()
    await stage.stop("registry")
    await forget_cities(stage)
    await stage.start("registry")
    await stage.publish(membership("BGSOF", Status.ACTIVE, date(2022, 6, 1)))
    await stage.quiet()
    assert [fact.city for fact in stage.said(CityAdmitted)] == ["BGSOF"]
    assert last(stage, "BGSOF").names == SOFIA.names


async def forget_cities(stage: Stage) -> None:
    """Make the registry hear its cities' states anew, without what it was told in reports."""
    connection = await asyncpg.connect(stage.settings["registry"].database.get_secret_value())
    await connection.execute("DELETE FROM city; DELETE FROM b40.state_heard")
    await connection.execute("DELETE FROM b40.position WHERE topic = 'registry-cities'")
    await connection.close()


async def test_who_was_a_member_on_a_day_can_be_asked_with_the_document(stage: Stage) -> None:
    await stage.publish(ISTANBUL)
    await stage.publish(SOFIA)
    await stage.publish(membership("TRIST", Status.ACTIVE, date(2021, 11, 30)))
    await stage.publish(membership("BGSOF", Status.ACTIVE, JUNE_28))
    await stage.quiet()
    async with stage.http("registry") as client:
        before = (await client.get("/members", params={"on": "2022-06-20"})).json()
        after = (await client.get("/members", params={"on": "2022-10-23"})).json()
    assert (before["count"], [member["city"] for member in before["members"]]) == (1, ["TRIST"])
    assert (after["count"], [member["city"] for member in after["members"]]) == (2, ["BGSOF", "TRIST"])
    assert after["members"][0]["source"]["title"] == entry(Status.ACTIVE, JUNE_28).source.title


async def test_cities_can_be_read_one_by_one_and_in_pages(stage: Stage) -> None:
    for report in (ISTANBUL, PRISTINA, SOFIA):
        await stage.publish(report)
    await stage.quiet()
    async with stage.http("registry") as client:
        assert (await client.get("/cities/XKPRN")).json()["names"] == PRISTINA.names
        page = (await client.get("/cities", params={"limit": 2})).json()
        rest = (await client.get("/cities", params={"limit": 2, "after": page[-1]["code"]})).json()
        assert [city["code"] for city in page + rest] == ["BGSOF", "TRIST", "XKPRN"]
        missing = await client.get("/cities/BGXXX")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        too_early = await client.get("/members", params={"on": "1899-12-31"})
        assert (too_early.status_code, too_early.json()["field"]) == (422, "query.on")
