"""The harness of chaos notices what it is there to notice, and the same seed plans the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import asyncpg
import pytest
from b40_chassis.inbox import uuid_of
from b40_chassis.relay import LEADER_LOCK

from tests.chaos.evidence import gather
from tests.chaos.inputs import Item, Kind, inputs
from tests.chaos.model import Evidence, Place, expected, findings
from tests.chaos.plan import SECONDS, plan
from tests.chaos.repairs import Repairs
from tests.chaos.run import settle
from tests.chaos.sender import Sender
from tests.support.ground import Ground, Key, until

SEED = 3
WAITS = "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
RELAY = """SELECT pid FROM pg_stat_activity
  WHERE application_name = 'b40 relay' AND datname = current_database()"""


@pytest.fixture(scope="module")
def items() -> list[Item]:
    taken = list(islice(inputs(SEED), 800))
    while taken[-1].kind is not Kind.TRANSFER:
        taken.pop()
    return taken


@pytest.fixture
def sound(items: list[Item]) -> Evidence:
    """What is found when all went as it must."""
    log = [((0, number), number) for number, item in enumerate(items) if item.kind is not Kind.TICK]
    must = expected(log, items)
    booked = list(must.booked)
    return Evidence(
        log=log,
        acknowledged=[number for _, number in log],
        booked=booked,
        announced=booked,
        refused=list(must.refused.elements()),
        set_aside=sorted(must.set_aside),
        duplicates=must.duplicates,
        unbalanced=0,
    )


def test_the_same_seed_plans_the_same_faults_and_inputs_and_another_seed_others() -> None:
    assert plan(1, 60, SECONDS, 2) == plan(1, 60, SECONDS, 2) != plan(2, 60, SECONDS, 2)
    assert list(islice(inputs(1), 100)) == list(islice(inputs(1), 100)) != list(islice(inputs(2), 100))


def test_a_plan_keeps_to_what_is_asked_for() -> None:
    strikes = plan(SEED, 600, ["kill", "freeze"], 3)
    faults = [fault for strike in strikes for fault in strike.faults]
    assert {fault.kind for fault in faults} == {"kill", "freeze"}
    assert {fault.copy for fault in faults} == {0, 1, 2}
    assert {len(strike.faults) for strike in strikes} == {1, 2}
    assert all(strike.at + fault.seconds <= 600 for strike in strikes for fault in strike.faults)


def test_poison_of_each_kind_and_duplicates_are_among_the_inputs() -> None:
    assert {item.kind for item in islice(inputs(SEED), 10_000)} == set(Kind)


def test_nothing_is_found_where_nothing_is_wrong(items: list[Item], sound: Evidence) -> None:
    assert findings(sound, items) == {}


def test_each_thing_that_is_wrong_is_found(items: list[Item], sound: Evidence) -> None:
    """Breaks if a comparison is forgotten: each of these is found under its own name, and by no other luck."""
    first, *others = sound.booked
    account = first[0]
    swapped = _swapped(sound.booked, account)
    stray: Place = (3, 99)
    wrong = {
        "acknowledged, not in the log": replace(sound, acknowledged=[*sound.acknowledged, 10**6]),
        "lost": replace(sound, booked=others, announced=others),
        "doubled": replace(sound, booked=[*sound.booked, first]),
        "booked, not given": replace(sound, booked=[*sound.booked, ("nobody", 1)]),
        "reordered": replace(sound, booked=swapped),
        "not announced": replace(sound, announced=others),
        "announced twice": replace(sound, announced=[*sound.announced, first]),
        "announced, not booked": replace(sound, announced=[*sound.announced, ("nobody", 1)]),
        "announced out of order": replace(sound, announced=swapped),
        "not refused": replace(sound, refused=sound.refused[1:]),
        "refused wrongly": replace(sound, refused=[*sound.refused, ("some", "id-reused")]),
        "not set aside": replace(sound, set_aside=sound.set_aside[1:]),
        "set aside wrongly": replace(sound, set_aside=[*sound.set_aside, stray]),
        "out of balance": replace(sound, unbalanced=-1),
        "left": replace(sound, left={"outbox": 1}),
        "unaccounted": replace(sound, duplicates=sound.duplicates - 1),
    }
    missed = [name for name, evidence in wrong.items() if name not in findings(evidence, items)]
    assert missed == []


async def test_a_planted_double_and_planted_losses_are_found(
    kafka: str, postgres: str, tmp_path: Path, items: list[Item]
) -> None:
    """On real parts: the inbox forgets one that comes again, an announcement and a booking vanish."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        (copy,) = await ground.started("a")
        sender, repairs = Sender(kafka, ground.prefix), Repairs(ground, [copy], items)
        await repairs.close_account()
        await sender.send_now(enumerate(items[:-1]))
        await settle(ground, [copy])
        await repairs.finish()
        await settle(ground, [copy])
        assert findings(await gather(ground, repairs, sender.acknowledged), items) == {}

        given = [(number, item) for number, item in enumerate(items) if item.kind is Kind.TRANSFER]
        again, gone = given[0], given[1][1].transfer
        await ground.query("DELETE FROM b40.inbox WHERE id = $1", uuid_of(again[1].id))
        await ground.query("DELETE FROM transfer WHERE account = $1 AND number = $2", *_key(gone))
        await sender.send_now([again])
        silent = await _lose_an_announcement(ground, sender, items)
        await settle(ground, [copy])
        found = findings(await gather(ground, repairs, sender.acknowledged), items)
        assert found["doubled"] == [str(again[1].transfer)]
        assert found["lost"] == [str(gone)]
        assert found["not announced"] == [str(silent)]


async def _lose_an_announcement(ground: Ground, sender: Sender, items: list[Item]) -> Key:
    """The last item's: the relay is kept from the lead while it is booked, and its row of the outbox taken away."""
    number, wanted = len(items) - 1, _key(items[-1].transfer)
    holder = await asyncpg.connect(ground.database)
    leading = asyncio.create_task(holder.execute("SELECT pg_advisory_lock($1)", LEADER_LOCK))
    await until(lambda: _some(ground, WAITS))
    (old,) = await ground.query(RELAY)
    await ground.query("SELECT pg_terminate_backend($1)", old["pid"])
    await leading
    await until(lambda: _some(ground, RELAY + " AND pid <> $1", old["pid"]))  # the old one sends no more
    await sender.send_now([(number, items[-1])])
    await until(lambda: _some(ground, "SELECT FROM transfer WHERE account = $1 AND number = $2", *wanted))
    await ground.query("DELETE FROM b40.outbox WHERE sent IS NULL")
    await holder.close()
    return wanted


async def _some(ground: Ground, statement: str, *values: object) -> bool:
    return bool(await ground.query(statement, *values))


def _key(transfer: Key | None) -> Key:
    assert transfer is not None, "this item is a transfer"
    return transfer


def _swapped(keys: Sequence[Key], account: str) -> list[Key]:
    """The first two transfers of an account in the other order."""
    first, second = [place for place, key in enumerate(keys) if key[0] == account][:2]
    swapped = list(keys)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return swapped
