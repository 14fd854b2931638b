"""What an app is behind with is taken in order of append time across its topics, also where copies share them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from b40_chassis import positions
from b40_chassis.catching_up import CatchingUp
from b40_chassis.cursor import Cursor
from b40_chassis.reading import Reading, Unreadable
from b40_chassis.record import Record

from tests.failures.test_upgrade_contracts import Printed, Versions, new_stage
from tests.support.stage import Stage

QUESTIONS, ANSWERS = "reader-intake", "press-books"
PROBE = "probe"


@pytest.fixture
async def stage(kafka: str, postgres: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Questions and answers in turn, three of each: each topic's on one partition."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        for number in range(3):
            await versions.say(Printed(book="b", city="Pécs"), f"question {number}", QUESTIONS)
            await stage.quiet()
            await versions.say(Printed(book="b", city="Pécs"), f"answer {number}", ANSWERS)
            await stage.quiet()
        yield stage


@pytest.fixture
async def catching_up(stage: Stage) -> CatchingUp:
    """Of a copy whose hearing, a probe of its own, has taken nothing yet."""
    service = stage.services["reader"]
    topics = {name: service.frame.heard[name] for name in (QUESTIONS, ANSWERS)}
    cursor = Cursor(PROBE, topics, "reader", stage.prefix, service.offsets)
    await service.frame.pool.execute(
        "INSERT INTO b40.position (hearing, topic, partition, next_offset) SELECT $1, topic, partition, 0 "
        "FROM b40.position WHERE topic = ANY($2)",
        PROBE,
        list(topics),
    )
    made = CatchingUp(service.frame, cursor, service.offsets)
    await made.begin()
    return made


def at(time: int, offset: int, topic: str = ANSWERS) -> Reading:
    """A record appended so many seconds after another moment."""
    appended = datetime(2022, 6, 20, tzinfo=UTC) + timedelta(seconds=time)
    return Unreadable(Record(topic, 0, offset, appended, None, None, ()), "", "")


def came(stage: Stage, topic: str) -> list[Reading]:
    """What Kafka would hand out of a topic: all of it."""
    records = [
        Record(one.topic, one.partition, one.offset, one.appended, None, None, ())
        for one in stage.heard
        if one.topic == topic
    ]
    return [Unreadable(record, "", "") for record in records]


async def moved(stage: Stage, topic: str, next_offset: int) -> None:
    """Another copy took so many of a topic."""
    await stage.query(
        "reader",
        """UPDATE b40.position SET next_offset = $3 WHERE hearing = $1 AND topic = $2 AND partition = (
             SELECT partition FROM b40.position WHERE hearing = 'main' AND topic = $2 AND next_offset > 0)""",
        PROBE,
        topic,
        next_offset,
    )


async def test_what_another_copy_has_before_it_comes_first(stage: Stage, catching_up: CatchingUp) -> None:
    """Breaks if only the order within a copy counts: the other topic may be another copy's."""
    answers = came(stage, ANSWERS)
    catching_up.add(answers)
    assert await catching_up.next(100) == []
    await moved(stage, QUESTIONS, 1)
    assert await catching_up.next(100) == answers[:1]
    catching_up.took(answers[:1])
    await moved(stage, ANSWERS, 1)
    await moved(stage, QUESTIONS, 3)
    assert await catching_up.next(100) == answers[1:]
    assert not catching_up.is_over


async def test_what_one_copy_has_of_both_is_taken_in_turns(stage: Stage, catching_up: CatchingUp) -> None:
    """Breaks if the answers wait for questions that lie beside them, or come before them."""
    catching_up.add(came(stage, ANSWERS) + came(stage, QUESTIONS))
    taken = []
    for number in range(3):
        for topic in (QUESTIONS, ANSWERS):
            part = await catching_up.next(100)
            taken += part
            catching_up.took(part)
            await moved(stage, topic, number + 1)
    places = [(one.record.topic, one.record.offset) for one in taken]
    assert places == [(topic, number) for number in range(3) for topic in (QUESTIONS, ANSWERS)]
    assert await catching_up.next(100) == []
    assert catching_up.is_over


async def test_a_stopped_partition_holds_nobody_up(stage: Stage, catching_up: CatchingUp) -> None:
    """Breaks if an app whose intake is stopped hears nothing at all any more."""
    answers = came(stage, ANSWERS)
    catching_up.add(answers)
    async with stage.services["reader"].frame.pool.acquire() as connection:
        partition = (QUESTIONS, came(stage, QUESTIONS)[0].record.partition)
        await positions.stop(connection, PROBE, partition, 0, "for a test")
    assert await catching_up.next(100) == answers


async def test_what_is_kept_is_dropped_when_it_comes_again(stage: Stage, catching_up: CatchingUp) -> None:
    """Breaks if what was kept of a revoked partition is taken beside what its new batch brings."""
    answers = came(stage, ANSWERS)
    catching_up.add(answers[1:])
    catching_up.add(answers)
    await moved(stage, QUESTIONS, 3)
    assert await catching_up.next(100) == answers
    assert catching_up.drop() == [(ANSWERS, answers[0].record.partition)]
    assert await catching_up.next(100) == []


async def test_nothing_is_left_out_where_a_brokers_clock_went_back(stage: Stage, catching_up: CatchingUp) -> None:
    """Breaks if a part has a hole: the position would move over what was left out."""
    answers = [at(1, 0), at(5, 1), at(2, 2)]
    catching_up.add([*answers, at(3, 0, QUESTIONS)])
    assert await catching_up.next(100) == answers[:1]


async def test_of_what_came_at_one_moment_the_earlier_is_not_held_up(stage: Stage, catching_up: CatchingUp) -> None:
    """Breaks if a copy waits with what has its turn because more came later: two copies would wait for each other."""
    answers = came(stage, ANSWERS)
    later = [one._replace(appended=answers[2].record.appended) for one in (each.record for each in answers[1:])]
    catching_up.add([answers[0], *(Unreadable(record, "", "") for record in later)])
    await moved(stage, QUESTIONS, 1)
    assert await catching_up.next(100) == answers[:1]
