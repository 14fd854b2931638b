"""The registry's SQL on a real PostgreSQL: each answer agrees with the rule it serves."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import asyncpg
import pytest
from b40_chassis.hears import Connection
from b40_contracts.registry import City, CityProfileReported, LedgerEntry, Owner, Profile, Status
from b40_registry import decisions, groups, meetings, membership
from b40_registry.decisions import State
from b40_registry.meetings import KnownMeeting
from b40_registry.parts import shared
from b40_registry.store import cities as city_store
from b40_registry.store import decisions as decision_store
from b40_registry.store import groups as group_store
from b40_registry.store import meetings as meeting_store

from tests.registry.given import ISTANBUL, JUNE_28, PRISTINA, SOFIA, decision, entry, fulfilment, group, meeting

NOON = datetime(2022, 6, 20, 12, tzinfo=UTC)


async def describe(connection: Connection, *reports: CityProfileReported) -> None:
    for report in reports:
        await city_store.describe(connection, Profile(**shared(Profile, report)), NOON, "report-1")


async def state(connection: Connection, code: str) -> City:
    city = (await city_store.states(connection, [code]))[code]
    assert isinstance(city, City)
    return city


async def test_a_described_city_is_read_as_it_was_written(connection: Connection) -> None:
    await describe(connection, PRISTINA)
    city = await state(connection, "XKPRN")
    assert Profile(**shared(Profile, city)) == Profile(**shared(Profile, PRISTINA))
    assert (city.described_at, city.status, city.ledger) == (NOON, None, ())
    assert await city_store.zone_of(connection, "XKPRN") == "Europe/Belgrade"


async def test_a_city_known_from_its_own_state_is_not_described_anew(connection: Connection) -> None:
    """Breaks if a state that comes back writes over a later description."""
    await describe(connection, SOFIA)
    older = Profile(**shared(Profile, SOFIA)).model_copy(update={"names": {"en": "Serdica"}})
    istanbul = Profile(**shared(Profile, ISTANBUL))
    await city_store.enter_missing(connection, [(older, NOON - timedelta(days=1)), (istanbul, NOON)])
    assert (await state(connection, "BGSOF")).names == SOFIA.names
    assert (await state(connection, "TRIST")).names == ISTANBUL.names


async def test_cities_that_resemble_a_report_are_those_of_its_code_and_its_place(connection: Connection) -> None:
    await describe(connection, ISTANBUL, PRISTINA, SOFIA)
    found = await city_store.resembling(connection, "TRIST", SOFIA.geonames)
    assert [described.profile.code for described in found] == ["BGSOF", "TRIST"]


async def test_the_first_unknown_city_is_named(connection: Connection) -> None:
    await describe(connection, ISTANBUL)
    assert await city_store.first_unknown(connection, {"TRIST", "XKPRN", "BGSOF"}) == "BGSOF"
    assert await city_store.first_unknown(connection, {"TRIST"}) is None
    assert await city_store.first_unknown(connection, set()) is None


async def test_the_ledger_cannot_be_rewritten(connection: Connection) -> None:
    """INVARIANT: entries are added, never changed; the database itself says so."""
    await describe(connection, SOFIA)
    await city_store.add_entry(connection, "BGSOF", entry(Status.ACTIVE, JUNE_28))
    for statement in ("UPDATE membership_entry SET status = 'left'", "DELETE FROM membership_entry"):
        with pytest.raises(asyncpg.RaiseError, match="added to, never changed"):
            async with connection.transaction():
                await connection.execute(statement)


async def test_entries_begin_together_on_their_day_in_their_order(connection: Connection) -> None:
    await describe(connection, SOFIA)
    begins = datetime(2022, 6, 27, 21, tzinfo=UTC)
    entries = [entry(Status.ACTIVE, JUNE_28), entry(Status.SIGNED, JUNE_28)]
    for one in entries:
        await city_store.add_entry(connection, "BGSOF", one)
        await city_store.begin_later(connection, "BGSOF", one, begins)
    assert (await state(connection, "BGSOF")).status is None
    assert await city_store.beginning(connection, begins - timedelta(seconds=1), 10) == []
    assert await city_store.beginning(connection, begins, 10) == [("BGSOF/2022-06-28", begins)]
    assert await city_store.begin(connection, "BGSOF", JUNE_28) == entries[::-1]
    assert await city_store.beginning(connection, begins, 10) == []
    assert (await state(connection, "BGSOF")).status is Status.ACTIVE


async def test_who_was_a_member_on_a_day_is_the_same_by_query_and_by_announced_state(connection: Connection) -> None:
    """The two answers come from SQL and from the contract; any ledger that can be told must give one answer."""
    chance, reports = Random(2022), [ISTANBUL, PRISTINA, SOFIA]
    await describe(connection, *reports)
    for report in reports:
        ledger: list[LedgerEntry] = []
        while len(ledger) < 8:
            one = entry(chance.choice(list(Status)), date(2022, 1, 1) + timedelta(days=chance.randrange(25)))
            if not membership.is_entered(ledger, one) and membership.objection(ledger, one) is None:
                ledger.append(one)
                await city_store.add_entry(connection, report.code, one)
            elif chance.random() < 0.02:
                break
    cities = [await state(connection, report.code) for report in reports]
    seen = set()
    for day in (date(2021, 12, 30) + timedelta(days=n) for n in range(30)):
        rows = await city_store.members_on(connection, day)
        members = [row["code"] for row in rows]
        assert members == sorted(city.code for city in cities if city.member_on(day))
        seen.add(tuple(members))
    assert len(seen) > 2, "the ledgers that chance made must differ from day to day, or nothing was compared"


async def test_cities_are_paged_by_code_and_filtered_by_country(connection: Connection) -> None:
    await describe(connection, ISTANBUL, PRISTINA, SOFIA)

    async def codes(country: str | None, after: str, limit: int) -> list[str]:
        return [page.subject for page in await city_store.page(connection, country=country, after=after, limit=limit)]

    assert await codes(None, "", 2) == ["BGSOF", "TRIST"]
    assert await codes(None, "TRIST", 2) == ["XKPRN"]
    assert await codes("BG", "", 9) == ["BGSOF"]


async def test_a_group_is_read_as_it_was_written(connection: Connection) -> None:
    described = groups.group_of(group())
    await group_store.write(connection, described, NOON, "report-1")
    assert await group_store.lock(connection, "smart-cities") == (described, (NOON, "report-1"))
    changed = groups.group_of(group(cities=("TRIST",)))
    await group_store.write(connection, changed, NOON, "report-2")
    assert await group_store.find(connection, "smart-cities") == changed
    assert await group_store.page(connection, after="", limit=10) == [changed]
    assert await group_store.find(connection, "no-such-group") is None


async def test_a_meeting_is_held_once_and_its_unknown_groups_are_told(connection: Connection) -> None:
    described = meetings.meeting_of(meeting(groups=("smart-cities", "local-democracy")))
    await group_store.write(connection, groups.group_of(group()), NOON, "report-1")
    known = KnownMeeting(described, cancelled=False, held=False)
    await meeting_store.write(connection, known, NOON, NOON, "report-2")
    assert await meeting_store.lock(connection, described.meeting) == (known, (NOON, "report-2"))
    assert await meeting_store.ending(connection, NOON, 10) == [(described.meeting, NOON)]
    assert await meeting_store.hold(connection, described.meeting) == described
    assert await meeting_store.hold(connection, described.meeting) is None
    assert await meeting_store.ending(connection, NOON, 10) == []
    row = await meeting_store.find(connection, described.meeting)
    assert row is not None
    assert row["unknown_groups"] == ["local-democracy"]


async def test_a_cancelled_meeting_does_not_come_to_an_end(connection: Connection) -> None:
    known = KnownMeeting(meetings.meeting_of(meeting()), cancelled=True, held=False)
    await meeting_store.write(connection, known, NOON, NOON, "report-1")
    assert await meeting_store.ending(connection, NOON, 10) == []
    assert await meeting_store.hold(connection, known.meeting.meeting) is None


async def test_a_decision_moves_from_open_to_due_to_lapsed(connection: Connection) -> None:
    await describe(connection, ISTANBUL)
    fact = decisions.dated(decision(), "Europe/Istanbul")
    assert fact.falls_due is not None
    assert fact.lapses is not None
    await decision_store.add(connection, fact, "Europe/Istanbul")
    assert await decision_store.falling_due(connection, fact.falls_due - timedelta(seconds=1), 10) == []
    assert await decision_store.falling_due(connection, fact.falls_due, 10) == [(fact.decision, fact.falls_due)]
    assert await decision_store.move(connection, fact.decision, before=[State.OPEN], to=State.DUE) == fact
    assert await decision_store.move(connection, fact.decision, before=[State.OPEN], to=State.DUE) is None
    assert await decision_store.falling_due(connection, fact.lapses, 10) == []
    assert await decision_store.lapsing(connection, fact.lapses, 10) == [(fact.decision, fact.lapses)]


async def test_a_fulfilled_decision_falls_due_no_more_and_tells_how(connection: Connection) -> None:
    await describe(connection, ISTANBUL)
    fact = decisions.dated(decision(), "Europe/Istanbul")
    await decision_store.add(connection, fact, "Europe/Istanbul")
    await decision_store.fulfil(connection, fulfilment())
    known = await decision_store.lock(connection, fact.decision)
    assert known is not None
    assert (known.fact, known.state, known.fulfilment) == (fact, State.FULFILLED, fulfilment())
    far = datetime(2030, 1, 1, tzinfo=UTC)
    assert await decision_store.falling_due(connection, far, 10) == []
    assert await decision_store.lapsing(connection, far, 10) == []


async def test_decisions_are_filtered_and_their_unknown_references_told(connection: Connection) -> None:
    await describe(connection, ISTANBUL)
    of_city = decisions.dated(decision(decision="a"), "Europe/Istanbul")
    of_group = decisions.dated(decision(decision="b", owner=Owner(group="smart-cities"), meeting=None), "UTC")
    for fact in (of_city, of_group):
        await decision_store.add(connection, fact, "UTC")
    await decision_store.move(connection, "b", before=[State.OPEN], to=State.DUE)

    async def found(state: State | None = None, city: str | None = None, meeting: str | None = None) -> list[str]:
        rows = await decision_store.page(connection, state=state, city=city, meeting=meeting, after="", limit=9)
        return [row["slug"] for row in rows]

    assert await found() == ["a", "b"]
    assert await found(state=State.DUE) == ["b"]
    assert await found(city="TRIST") == ["a"]
    assert await found(meeting="istanbul-workshops-2022-06") == ["a"]
    row = await decision_store.find(connection, "a")
    assert row is not None
    assert (row["meeting_unknown"], row["group_unknown"]) == (True, False)
