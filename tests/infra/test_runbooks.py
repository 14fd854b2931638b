"""Every alarm has a page that says what to do, and what a page says to call is there to be called."""

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from b40_infra import command
from b40_infra.observation.alerts import ALERTS

from tests.architecture.repository import ROOT

RUNBOOKS = ROOT / "infra/runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
WITHOUT_ALARM = ("LostDatabase",)
"""Pages for what somebody decides, or finds out in another way."""
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "infra/compose.yaml").read_text("utf-8"))["services"]
COMPOSE = "docker compose -f infra/compose.yaml "
HEADINGS = ["## What it means", "## What to look at", "## What to do", "## When it is over"]
CALL = rf"(?:b40|{re.escape(COMPOSE.strip())})"
IN_TEXT = re.compile(rf"`({CALL} [^`\n]+)`")
IN_BLOCK = re.compile(rf"^ *(?:\$ )?({CALL} .+)$", re.MULTILINE)
BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def commands(text: str) -> Iterator[str]:
    """The commands that a page names, in its text and in its blocks."""
    for block in BLOCK.findall(text):
        yield from IN_BLOCK.findall(block)
    yield from IN_TEXT.findall(BLOCK.sub("", text))


def parse(line: str) -> None:
    """Read a command, without running it. Raises if there is no such command, argument, option or service."""
    if line.startswith(COMPOSE):
        parse_compose(shlex.split(line.removeprefix(COMPOSE)))
    else:
        parse_b40(line)


def parse_compose(words: Sequence[str]) -> None:
    """Look for the service that is named, and read what it is to run."""
    verb, *rest = words
    assert verb in ("run", "stop", "up", "restart"), f"no such command: {verb}"
    service, *called = [word for word in rest if not word.startswith("--")] if verb != "run" else without_options(rest)
    assert service in SERVICES, f"no such service: {service}"
    whole = [*SERVICES[service].get("entrypoint", ()), *called]
    if verb == "run" and called and whole[0] == "b40":
        parse_b40(shlex.join(whole))


def without_options(words: Sequence[str]) -> list[str]:
    """What comes after the options of ``run``, of which none has a value."""
    return list(dropwhile(lambda word: word.startswith("--"), words))


def parse_b40(line: str) -> None:
    """Read a command as `b40` does."""
    words = shlex.split(line, comments=True)[1:]
    found: Any = typer.main.get_command(command.app)
    with found.make_context("b40", words, resilient_parsing=True) as context:
        while hasattr(found, "resolve_command"):
            name, found, words = found.resolve_command(context, words)
            assert found is not None, f"no such command: {line}"
        found.make_context(name, words, parent=context).close()


def test_every_alarm_has_a_page_and_every_page_an_alarm_or_another_reason() -> None:
    """Breaks if somebody is woken and not told what to do."""
    assert [page.stem for page in PAGES] == sorted([*(alert.name for alert in ALERTS), *WITHOUT_ALARM])


@each_page
def test_a_page_says_what_it_means_what_to_do_and_when_it_is_over(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert lines[0] == f"# {page.stem}"
    assert [line for line in lines if line.startswith("## ")] == HEADINGS
    assert max(map(len, lines)) <= 140


@each_page
def test_what_a_page_says_to_call_is_there(page: Path) -> None:
    """Breaks if a command or an option was renamed and its page was not."""
    found = list(commands(page.read_text("utf-8")))
    assert found, "a page names at least one command"
    for line in found:
        parse(line)


def test_what_the_readme_has_compose_do_is_there() -> None:
    found = [each for each in commands((ROOT / "infra/README.md").read_text("utf-8")) if each.startswith(COMPOSE)]
    assert len(found) >= 5
    for line in found:
        parse(line)


@pytest.mark.parametrize(
    "line",
    [
        "b40 state",
        "b40 positions list",
        "b40 status --verbose",
        "b40 positions resume registry registry-intake",
        "b40 positions resume registry registry-intake first",
        "b40 dead-letters discard registry 7",
        "b40 restore",
        f"{COMPOSE}run --rm --no-deps setups",
        f"{COMPOSE}run --rm events-backup restores events",
        f"{COMPOSE}begin events",
    ],
)
def test_a_command_that_is_not_there_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"[Nn]o such|[Mm]issing|valid integer"):
        parse(line)


def test_commands_are_found_in_text_and_in_blocks() -> None:
    text = f"Call `b40 status`, see `b40.task`.\n  ```sh\n  $ b40 positions show\n  $ {COMPOSE}stop events\n```\n"
    assert list(commands(text)) == ["b40 positions show", f"{COMPOSE}stop events", "b40 status"]
