"""``b40 access``: what differs is shown before it is changed, and errors say what to do."""

from pathlib import Path

import pytest
from b40_infra import access, command
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from tests.support.guarded import INTEGRATORS, Guarded, guarded

__all__ = ["guarded"]

KNOWN = [f"--integrator={name}={','.join(intakes)}" for name, intakes in INTEGRATORS.items()]
GAS = "--integrator=gas-utility=events-intake,registry-intake"


def run(*arguments: str, environment: dict[str, str]) -> tuple[int, str]:
    result = CliRunner().invoke(command.app, ["access", *arguments], env={**environment, "COLUMNS": "200"})
    return result.exit_code, result.output


def test_a_plan_shows_what_differs_and_changes_nothing(guarded: Guarded) -> None:
    setup = guarded.environment(access.SETUP)
    for _ in range(2):
        code, shown = run("plan", *KNOWN, GAS, environment=setup)
        assert code == 0
        lines = shown.splitlines()
        assert lines[0] == "enter: gas-utility"
        assert [line for line in lines if "write" in line] == [
            "grant: gas-utility may write topic events-intake",
            "grant: gas-utility may write topic registry-intake",
        ]
        assert all(line.startswith("grant: gas-utility may read ") for line in lines[1:] if "write" not in line)
    code, shown = run("plan", *KNOWN, environment=setup)
    assert (code, "and no others" in shown) == (0, True)


def test_who_is_applied_comes_in_and_who_is_left_out_afterwards_does_not(guarded: Guarded, tmp_path: Path) -> None:
    """By the principal that sets up, which is no administrator."""
    setup = guarded.environment(access.SETUP) | {"B40_PASSWORDS": str(tmp_path)}
    (tmp_path / "gas-utility.password").write_text("of gas")
    code, shown = run("apply", *KNOWN, GAS, environment=setup)
    assert (code, "enter: gas-utility" in shown) == (0, True), shown
    seen = AdminClient(guarded.login("gas-utility", "of gas")).list_topics(timeout=10).topics
    assert {name for name in seen if name.endswith("intake")} == {"events-intake", "registry-intake"}
    code, shown = run("apply", *KNOWN, environment=setup)
    assert (code, "remove: gas-utility" in shown) == (0, True), shown
    with pytest.raises(KafkaException):
        AdminClient(guarded.login("gas-utility", "of gas")).list_topics(timeout=2)


@pytest.mark.parametrize(
    ("arguments", "change", "told"),
    [
        (["plan", "--integrator=water"], {}, "--integrator water: write NAME=INTAKE"),
        (["plan", "--integrator=clock=events-intake"], {}, "that is somebody else"),
        (["plan"], {"B40_KAFKA_USER": ""}, "go together"),
        (["plan"], {"B40_KAFKA_PASSWORD_FILE": "/nowhere"}, "the password of setup is not in /nowhere"),
        (["apply", "--passwords=/nowhere", *KNOWN, GAS], {}, "gas-utility has no password in /nowhere"),
    ],
)
def test_what_is_wrong_is_said(guarded: Guarded, arguments: list[str], change: dict[str, str], told: str) -> None:
    result = CliRunner().invoke(
        command.app, ["access", *arguments], env={**guarded.environment(access.SETUP), **change, "COLUMNS": "200"}
    )
    assert result.exit_code != 0
    assert told in str(result.exception) + result.output
