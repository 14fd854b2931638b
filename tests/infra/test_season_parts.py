"""The parts of a season's run that need no platform: its input, the order of its moments, its checks."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from b40_contracts import registry
from b40_contracts.platform import APPS
from b40_infra import season_checks, season_input
from b40_infra.errors import Trouble
from b40_infra.local.catcher import Counts
from b40_infra.season import INPUT, difference, kills_of, load
from b40_infra.season_publish import Integrator
from b40_infra.season_read import Announced, Announcements
from b40_infra.ways import Ways

FOLDER = INPUT / "2022"
STATUS = dict.fromkeys(("outbox", "tasks", "waiting", "released", "due_aside", "unsendable", "duplicates", "dead"), 0)


def documents(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def passages(part: object) -> list[str]:
    """All passages anywhere in an event's data."""
    if isinstance(part, dict):
        own = [part["passage"]] if "passage" in part else []
        return own + [passage for inner in part.values() for passage in passages(inner)]
    return [passage for inner in part for passage in passages(inner)] if isinstance(part, list) else []


def test_every_fact_carries_the_passage_that_it_rests_on() -> None:
    """Breaks if something is stated as a fact that nobody can look up."""
    assert [fact["id"] for fact in documents("facts.jsonl") if not passages(fact["data"])] == []


def test_every_assumption_is_marked_and_no_fact_is() -> None:
    """Breaks if an invention could be taken for what a source says."""
    assert all(line["assumed"] is True for line in documents("assumptions.jsonl"))
    assert not any("assumed" in line for line in documents("facts.jsonl"))


def test_ids_are_unique_for_their_source() -> None:
    """Breaks if one line would be taken for the repetition of another."""
    ids = [(line.event.source, line.event.id) for line in load("2022").lines]
    assert len(set(ids)) == len(ids)


def test_every_city_of_the_list_has_a_code_and_a_name_in_english() -> None:
    """Breaks if a city could not be named in the report."""
    names = season_input.city_names(FOLDER)
    assert names["XKPRN"] == "Pristina"
    assert len(names) == 54


def test_what_is_older_than_the_season_is_published_on_its_first_day_in_its_order() -> None:
    """Breaks if the founding were published after the signing in Sofia, or not at all."""
    season = load("2022")
    published = [line for day in season.days() for moment in season.moments(day) for line in moment]
    assert len(published) == len(season.lines)
    assert [line.time for line in published] == sorted(line.time for line in published)
    first = season.moments(season.first)[0]
    assert {line.time for line in first} == {datetime(2021, 11, 29, 9, tzinfo=UTC)}


def test_each_process_is_killed_on_a_day_of_its_own_on_which_something_happens() -> None:
    """Breaks if two were killed on one day, or one on a day without events."""
    season = load("2022")
    names = ("kafka", "postgres", "mail", *APPS)
    kills = kills_of(season, names)
    assert sorted(kills.values()) == sorted(names)
    assert all(season.moments(day) for day in kills)


def test_an_event_after_the_last_day_is_named() -> None:
    """Breaks if such an event were left out in silence."""
    with pytest.raises(Trouble, match="line"):
        season_input.season(FOLDER, date(2022, 6, 20), date(2022, 7, 1))


def test_a_season_without_its_files_is_told_in_one_line(tmp_path: Path) -> None:
    """Breaks if a missing file ended in a traceback."""
    with pytest.raises(Trouble, match=r"facts\.jsonl"):
        season_input.season(tmp_path, date(2022, 6, 20), date(2022, 10, 23))


def test_an_id_that_stands_twice_on_a_topic_is_told_and_counted_once() -> None:
    """Breaks if a doubled announcement went unseen, or the same id of another source were taken for it."""
    one, other = (Announced(registry.DECISIONS, source, "1", None) for source in ("//b40/registry", "//b40/events"))
    announced = Announcements([one, other, one])
    assert announced.doubled == [one]
    assert announced.count == 2


async def test_after_a_kill_the_same_may_stand_again_but_nothing_else_under_its_id() -> None:
    """Breaks if what is sent again by whoever was killed ends a season, or if a change under one id goes unseen."""
    one = Announced(registry.DECISIONS, "//b40/registry", "1", None, b"said")
    report = {
        "events": {"dead": 0, "unprocessed": 0},
        "notices": {"sent": 0, "digests": 0},
        "solidarity": {"batches": 0},
    }
    nobody_to_ask = Integrator(Ways.unasked("nowhere:1", "http://{}".format, "http://{}".format))

    async def faults(*announced: Announced) -> list[str]:
        return await season_checks.faults(
            [], nobody_to_ask, Announcements(announced), report, Counts(0, 0), killed=True
        )

    assert await faults(one, one) == []
    (fault,) = await faults(one, replace(one, content=b"said otherwise"))
    assert "other content" in fault


def test_states_are_not_counted_among_what_was_announced() -> None:
    """Breaks if a state said again after a restart changed the report."""
    assert Announcements([Announced(registry.CITIES, "//b40/registry", "1", None)]).count == 0


def test_what_the_apps_say_of_themselves_is_summed() -> None:
    """Breaks if something left undone in one app were not seen."""
    statuses = {"registry": STATUS | {"waiting": 1, "duplicates": 2}, "events": STATUS | {"outbox": 3, "dead": 4}}
    counts = season_checks.counts(statuses, published=7)
    assert (counts.published, counts.duplicates_dropped, counts.dead, counts.unprocessed) == (7, 2, 4, 4)


def test_two_reports_differ_where_they_differ() -> None:
    """Breaks if a difference deep in a report were overlooked."""
    one, other = {"events": {"published": 1, "dead": 0}, "tour": {"km": 1.0}}, {"events": {"published": 2, "dead": 0}}
    assert difference(one, other) == {"events.published": (1, 2), "tour": ({"km": 1.0}, None)}


async def test_each_fault_is_a_sentence_for_a_person() -> None:
    """Breaks if a season ended well although something was lost, doubled, left, or the books or mails are wrong."""
    one = Announced(registry.DECISIONS, "//b40/registry", "1", None)
    report = {
        "events": {"dead": 1, "unprocessed": 2},
        "notices": {"sent": 3, "digests": 1},
        "solidarity": {"EUR": {"gifts_minor": 100, "waiting_minor": 40, "settled_minor": 59}, "batches": 1},
    }
    nobody_to_ask = Integrator(Ways.unasked("nowhere:1", "http://{}".format, "http://{}".format))
    faults = await season_checks.faults(
        [], nobody_to_ask, Announcements([one, one]), report, Counts(5, 5), killed=False
    )
    assert len(faults) == 5
    assert "twice" in faults[0]
    assert "dead letters" in faults[1]
    assert "unprocessed" in faults[2]
    assert "4 notices and digests" in faults[3]
    assert "do not balance: gifts 100, all else 99" in faults[4]
