"""What a batch hour brings on a real database: merging upward, handing back, several batches, parts, chance."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from b40_chassis.hears import Connection
from b40_contracts.solidarity import Border, NeedsHandedBack, Policy
from b40_solidarity.leaving import TIMES_MAX
from b40_solidarity.matcher.store import books, gifts, policies
from b40_solidarity.ordering import NEEDS_MAX

from tests.solidarity.given import MONDAY, K, after, named, policy
from tests.solidarity.handled import (
    batches,
    decide,
    gift_opened,
    let_wait,
    need_opened,
    next_due,
    read_back,
    state_policy,
)

EVENING, DAY = after(18), 24
THIRD_EVENING = after(18 + 2 * DAY)
BOTH = ("TRIST", "TRIZM")


async def two_cities(connection: Connection, **of_needs: Any) -> None:
    """Three households each of two cities of a country, and payers enough, none of which is enough for one city."""
    for city in BOTH:
        await state_policy(connection, city, border=Border.COUNTRY)
        await let_wait(
            connection,
            [need_opened(f"{city} {n}", 9_000, city=city, border=Border.COUNTRY, **of_needs) for n in range(3)],
            [gift_opened(f"{city} {n}", 10_000, city=city, border=Border.COUNTRY) for n in range(4)],
        )


async def test_a_pool_merges_into_its_country_after_three_batch_hours(connection: Connection) -> None:
    """Breaks if a small city's households wait for ever, or if a pool merges before it has waited."""
    await two_cities(connection, vouched=True)
    for evening in (EVENING, after(18 + DAY)):
        assert await decide(connection, evening) == []
    (decided,) = batches(await decide(connection, THIRD_EVENING))
    assert (decided.pool, decided.city) == ("TR~water-bill~TRY", None)
    assert decided.households + len(decided.left_needs) == 6
    assert await next_due(connection) == after(18 + 3 * DAY)


@pytest.mark.parametrize(
    ("of_needs", "reason"),
    [
        ({"vouched": False}, "their city does not vouch that they are attested once"),
        ({"vouched": True, "border": Border.CITY}, "the policy under which they came keeps giving within the city"),
        ({"vouched": True, "currency": "EUR"}, "pools never merge across currencies"),
    ],
)
async def test_what_may_not_be_merged_is_not(connection: Connection, of_needs: dict[str, Any], reason: str) -> None:
    for city in BOTH:
        await state_policy(connection, city, border=Border.COUNTRY)
        fields = {"border": Border.COUNTRY, **(of_needs if city == "TRIZM" else {"vouched": True})}
        await let_wait(
            connection,
            [need_opened(f"{city} {n}", 9_000, city=city, **fields) for n in range(3)],
            [gift_opened(f"{city} {n}", 10_000, city=city, border=Border.COUNTRY) for n in range(4)],
        )
    assert await decide(connection, THIRD_EVENING) == [], reason


async def test_gifts_stay_within_the_border_of_their_policy(connection: Connection) -> None:
    await two_cities(connection, vouched=True)
    await connection.execute("UPDATE gift SET border = 'city' WHERE city = 'TRIZM'")
    assert await decide(connection, THIRD_EVENING) == []


async def test_a_cut_off_merges_at_once_and_is_handed_back_if_that_does_not_help(connection: Connection) -> None:
    """Breaks if k shrinks for urgency, or if a household hears too late that nobody pays."""
    tuesday = date(2022, 7, 5)
    await two_cities(connection, vouched=True)
    await let_wait(connection, [need_opened("urgent", 9_000, cut_off=tuesday, vouched=False)], [])
    (decided, handed_back) = await decide(connection, EVENING)
    assert batches([decided])[0].pool == "TR~water-bill~TRY"
    assert isinstance(handed_back.event, NeedsHandedBack)
    assert handed_back.event.needs == (named("need urgent"),)
    await let_wait(connection, [need_opened("late", 9_000, city="TRIZM", cut_off=tuesday)], [])
    (late,) = await decide(connection, EVENING, "TRIZM~water-bill~TRY")
    assert isinstance(late.event, NeedsHandedBack)
    assert late.event.needs == (named("need late"),)
    assert await decide(connection, after(18 + DAY)) == [], "it is handed back once"


async def test_what_has_waited_as_long_as_the_policy_allows_is_handed_back(connection: Connection) -> None:
    await state_policy(connection, longest_wait_days=10)
    await let_wait(connection, [need_opened("old", 9_000), need_opened("young", 9_000, hours=1)], [])
    assert await decide(connection, after(18 + 9 * DAY)) == []
    await let_wait(connection, [need_opened("older", 9_000, hours=-20)], [])
    (first,) = await decide(connection, after(-20 + 10 * DAY))
    assert isinstance(first.event, NeedsHandedBack)
    assert first.event.needs == (named("need older"),)
    (second,) = await decide(connection, after(18 + 10 * DAY))
    assert isinstance(second.event, NeedsHandedBack)
    assert set(second.event.needs) == {named("need old"), named("need young")}
    assert (second.event.due, second.key) == (after(18 + 10 * DAY), str(second.event.handing))


async def test_a_pool_fuller_than_a_batch_closes_several_at_one_hour(connection: Connection) -> None:
    """Breaks if a peak of bills waits for as many days as it has batches, or takes what chance left a minute ago."""
    await state_policy(connection)
    count = NEEDS_MAX + 100
    await let_wait(
        connection,
        [need_opened(str(number), 9_000) for number in range(count)],
        [gift_opened(str(number), 10_000) for number in range(count)],
    )
    first_said = await decide(connection, EVENING)
    (first,) = batches(first_said)
    again = await next_due(connection)
    assert (first.due, first.nth, again > EVENING, again.second) == (EVENING, 0, True, 0)
    second_said = await decide(connection, again)
    (second,) = batches(second_said)
    assert (second.due, second.nth, second.number) == (EVENING, 1, 2)
    left = {*first.left_needs, *first.left_gifts}
    assert not left & {*(one.need for one in second.needs), *(one.gift for one in second.gifts)}
    assert await next_due(connection) == after(18 + DAY)
    for said in (*first_said, *second_said):
        assert len(await read_back(connection, said)) == 2


async def few_households_of_three_cities(connection: Connection) -> None:
    """More needs than a batch, of four households in each city; the first city's few are older. A gift for each."""
    for city, count, hours in (("TRIST", 8, 0), ("TRIZM", NEEDS_MAX // 2 + 50, 1), ("TRANK", NEEDS_MAX // 2 + 50, 1)):
        await state_policy(connection, city, border=Border.COUNTRY)
        fields: dict[str, Any] = {"city": city, "hours": hours, "border": Border.COUNTRY}
        households = [named(f"household {city} {number}") for number in range(4)]
        needs = [
            need_opened(f"{city} {number}", 9_000, household=households[number % 4], vouched=True, **fields)
            for number in range(count)
        ]
        gifts = [gift_opened(f"{city} {number}", 10_000, **fields) for number in range(count)]
        await let_wait(connection, needs, gifts)


async def test_a_pool_that_others_merge_into_closes_as_many_at_one_hour_as_it_is_full(connection: Connection) -> None:
    """Breaks if a peak in small cities waits for days, or if one city's needs end it, or if what is urgent in another
    is handed back before the last of these batches, which may pay it."""
    await few_households_of_three_cities(connection)
    other = "TRIZM~water-bill~TRY"
    await connection.execute("UPDATE need SET cut_off = '2022-07-07' WHERE pool = $1", other)
    (first,) = batches(await decide(connection, THIRD_EVENING))
    again = await next_due(connection)
    assert (first.pool, first.nth, again) == ("TR~water-bill~TRY", 0, THIRD_EVENING + timedelta(microseconds=1))
    assert await decide(connection, THIRD_EVENING, other) == [], "the pool closed one at this moment"
    assert await next_due(connection, other) == again
    (second,) = batches(await decide(connection, again))
    assert (second.pool, second.due, second.nth, second.number) == (first.pool, THIRD_EVENING, 1, 2)
    assert not {one.need for one in first.needs} & {one.need for one in second.needs}
    assert await decide(connection, again, other) == [], "nothing that is urgent is left"
    assert {await next_due(connection), await next_due(connection, other)} == {after(18 + 3 * DAY)}
    assert await connection.fetch("SELECT FROM pool WHERE merged_into IS NOT NULL") == [], "the hour is over"


async def test_who_merges_for_a_full_pool_merges_no_further(connection: Connection) -> None:
    """Breaks if a city whose needs are all met goes on to the network, where nobody has waited yet."""
    await few_households_of_three_cities(connection)
    await connection.execute("UPDATE gift SET border = 'network'")
    await connection.execute("UPDATE need SET border = 'network'")
    await decide(connection, THIRD_EVENING)
    await connection.execute("UPDATE gift SET city = 'GRATH' WHERE reserved IS NULL")
    assert await decide(connection, await next_due(connection)) == []
    assert await next_due(connection) == after(18 + 3 * DAY)


async def test_the_rest_of_a_gift_waits_and_is_spent_as_its_next_part(connection: Connection) -> None:
    """Breaks if a part is spent twice, or the rest of a gift is lost: in the books, or after a restore."""
    await state_policy(connection)
    await let_wait(
        connection,
        [need_opened(str(number), 9_000) for number in range(K)],
        [gift_opened(str(number), 25_000) for number in range(K)],
    )
    (first_said,) = await decide(connection, EVENING)
    (first,) = batches([first_said])
    assert {(one.part, one.amount_minor + one.left_minor) for one in first.gifts} == {(1, 25_000)}
    assert sum(one.amount_minor for one in first.gifts) == 45_000
    assert len(await read_back(connection, first_said)) == 2
    assert (await books.all_of_them(connection))["TRY"]["waiting_minor"] == 80_000
    assert await gifts.any_taken(connection, first.gifts)
    await let_wait(connection, [need_opened(f"next {number}", 16_000, hours=20) for number in range(K)], [])
    (second_said,) = await decide(connection, after(18 + DAY))
    (second,) = batches([second_said])
    assert {(one.part, one.left_minor) for one in second.gifts} == {(2, 0)}
    assert sum(one.amount_minor for one in second.gifts) == 80_000
    assert len(await read_back(connection, second_said)) == 2
    assert (await books.all_of_them(connection))["TRY"]["waiting_minor"] == 0


async def test_what_chance_left_is_left_twice_at_most(connection: Connection) -> None:
    """INVARIANT: over many evenings; also that each evening leaves somebody."""
    await state_policy(connection)
    times: Counter[UUID] = Counter()
    for day in range(8):
        await let_wait(
            connection,
            [need_opened(f"{day} {number}", 9_000, hours=day * DAY) for number in range(20)],
            [gift_opened(f"{day} {number}", 10_000, hours=day * DAY) for number in range(20)],
        )
        (said,) = await decide(connection, after(18 + day * DAY))
        (decided,) = batches([said])
        assert decided.left_needs
        assert decided.left_gifts
        times.update([*decided.left_needs, *decided.left_gifts])
        await read_back(connection, said)
        kept = await connection.fetch("SELECT id, times FROM left_out WHERE id = ANY($1)", decided.left_needs)
        assert {row["id"]: row["times"] for row in kept} == {one: times[one] for one in decided.left_needs}
    assert 1 < max(times.values()) <= TIMES_MAX


async def test_who_came_under_a_policy_keeps_it_when_another_holds(connection: Connection) -> None:
    """Breaks if a stricter policy is forgotten as soon as a milder one follows."""
    mild = policy(k=K, in_force_from=None)
    await policies.put(connection, [Policy(**mild.model_dump(), reported_at=MONDAY)])
    asked = [need_opened(str(number), 9_000, k=7) for number in range(6)]
    await let_wait(connection, asked, [gift_opened(str(number), 10_000) for number in range(8)])
    assert await decide(connection, EVENING) == []
    await let_wait(connection, [need_opened("seventh", 9_000)], [])
    (decided,) = batches(await decide(connection, after(18 + DAY)))
    assert (decided.k, decided.households) == (7, 7)
