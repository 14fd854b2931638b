"""The containers from outside: who is let in, what comes of the season, what a part may do."""

import json
import subprocess
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from b40_chassis.reaching import Kafka
from b40_contracts.platform import APPS
from b40_infra.season import Options, difference, load, replay_on
from b40_infra.season_publish import Integrator
from b40_infra.stack import Stack
from rich.console import Console

from tests.stack.running import INFRA, SEASON, compose

ON_ONE_MACHINE = Path(__file__).parents[1] / "journeys" / "season-2022.json"
"""The report of the embedded parts: `make test` shows that it is theirs."""


async def comes_in(kafka: Kafka) -> bool:
    producer = AIOKafkaProducer(**kafka.client())
    try:
        await producer.start()
    except KafkaError:
        return False
    finally:
        await producer.stop()
    return True


async def fate_of_a_report(stack: Stack) -> str:
    """What becomes of an event that is reported now."""
    event = {
        "specversion": "1.0", "id": "call-after-rotation", "source": "//athens.example/culture",
        "type": "org.b40.events.deadline.reported.v1", "time": "2026-11-02T12:00:00Z",
        "data": {"deadline": "creative-europe-2027", "name": "The call closes", "on": "2027-02-15"},
    }  # fmt: skip
    async with Integrator(stack.ways) as integrator:
        headers = {"content-type": "application/cloudevents+json"}
        taken = await integrator.call("POST", "events", "/intake", json=event, headers=headers)
        assert taken.status_code == 202, taken.text
        await stack.quiet(60)
        fate = await integrator.call("GET", "events", taken.json()["accepted"][0]["fate"])
        return str(fate.json()["state"])


async def test_the_season_of_2022_comes_to_the_same_as_everywhere(stack: Stack, tmp_path: Path) -> None:
    """Breaks if a grant, a key or a right of a role is missing, or if anything depends on where the parts run."""
    season, options, quiet = load("2022"), Options(folder=tmp_path / "season"), Console(quiet=True)
    outcome = await replay_on(stack, season, options, quiet)
    assert outcome.faults == []
    assert difference(outcome.report, json.loads(ON_ONE_MACHINE.read_text())) == {}


async def test_who_is_let_in_for_one_thing_does_no_other(stack: Stack) -> None:
    async with AIOKafkaProducer(**stack.ways.integrator.client()) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait("clock", b"{}")


async def test_who_brings_no_password_is_not_let_in(stack: Stack) -> None:
    assert not await comes_in(Kafka(stack.ways.integrator.bootstrap))


async def test_secrets_are_rotated_while_events_come(started: None, tmp_path: Path) -> None:
    """Breaks if an old password is still let in, a new one is not, or what is sealed with a new key cannot be read."""
    async with Stack(INFRA, tmp_path / "before", SEASON) as before:
        former = before.ways.integrator
        compose("run", "--rm", "--no-TTY", "secrets", "b40", "secrets", "rotate")
        compose("run", "--rm", "--no-TTY", "--no-deps", "setup")
        for part in (*APPS, "postgres", "kafka"):
            compose("restart", part)
            compose("up", "--detach", "--wait", "--no-deps", part)
        assert not await comes_in(former)
    async with Stack(INFRA, tmp_path / "after", SEASON) as after:
        assert await fate_of_a_report(after) == "applied"


async def test_a_lost_database_is_restored(stack: Stack) -> None:
    """As the page LostDatabase says. Breaks if the image lacks a program, or a role a right."""
    await stack.quiet(60)
    before = compose("run", "--rm", "--no-TTY", "b40", "positions", "show", "--app", "events")
    compose("run", "--rm", "--no-TTY", "events-backup")
    compose("stop", "events")
    compose("exec", "--no-TTY", "postgres", "dropdb", "--username=postgres", "--force", "events")
    compose("run", "--rm", "--no-TTY", "--no-deps", "setup")
    assert "as it was on" in compose("run", "--rm", "--no-TTY", "events-backup", "restore", "events")
    compose("up", "--detach", "--wait", "events")
    await stack.quiet(60)
    assert compose("run", "--rm", "--no-TTY", "b40", "positions", "show", "--app", "events") == before


def test_no_part_runs_as_root_or_may_write_its_image(started: None) -> None:
    """INVARIANT: least privilege. Kafka's own start writes its settings beside its programs."""
    found = [json.loads(line) for line in compose("ps", "--format", "json").splitlines()]
    assert {each["Service"] for each in found} >= {*APPS, "kafka", "postgres", "mail"}
    for each in found:
        inspected = json.loads(subprocess.check_output(["docker", "inspect", each["ID"]], text=True))[0]
        assert inspected["Config"]["User"] not in ("", "0", "root", "0:0"), each["Service"]
        assert inspected["HostConfig"]["CapDrop"] == ["ALL"], each["Service"]
        assert inspected["HostConfig"]["ReadonlyRootfs"] or each["Service"] == "kafka", each["Service"]


def test_no_secret_stands_in_an_environment(started: None) -> None:
    """Breaks if whoever may look at a container sees a password."""
    for identity in compose("ps", "--all", "--quiet").split():
        inspected = json.loads(subprocess.check_output(["docker", "inspect", identity], text=True))[0]
        for setting in inspected["Config"]["Env"]:
            name, _, value = setting.partition("=")
            assert "PASSWORD" not in name or value.startswith("/secrets/"), name
            assert "postgresql://" not in value, name


def test_the_operator_sees_all_apps_ready(started: None) -> None:
    told = compose("run", "--rm", "--no-TTY", "b40", "status")
    assert all(app in told for app in APPS), told
