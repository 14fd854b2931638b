"""Every file keeps the rules of style, and each rule notices when one does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.repository import CHASSIS, CODE, ROOT, SERVICES, committed
from tests.architecture.rules import tidy

SIZE_RULES = [tidy.oversized, tidy.undocumented, tidy.promising]
each_tree = pytest.mark.parametrize("tree", CODE, ids=lambda tree: tree.name)
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=lambda tree: tree.name)


@each_tree
@pytest.mark.parametrize("rule", SIZE_RULES, ids=lambda rule: rule.__name__)
def test_files_are_short_and_say_what_they_are(tree: Path, rule: Callable[[Path], list[str]]) -> None:
    assert rule(tree) == []


@each_service
def test_services_ask_for_time_and_chance_where_they_come_out_the_same_again(service: Path) -> None:
    """Breaks if a service asks a wall clock or a die: a restored service would say something else the second time."""
    assert tidy.using(service, tidy.BANNED_IN_SERVICES) + tidy.chancy_sql(service) == []


@each_service
def test_services_announce_and_never_publish(service: Path) -> None:
    assert tidy.publishing(service) == []


def test_the_chassis_publishes_by_the_relay_alone() -> None:
    assert tidy.publishing(CHASSIS) == []


def test_tests_neither_sleep_nor_skip_nor_mock() -> None:
    assert tidy.using(ROOT / "tests", tidy.BANNED_IN_TESTS, "test_*.py") + tidy.sleeping(ROOT / "tests") == []


def test_no_file_names_a_package_registry() -> None:
    assert tidy.naming_registries(committed()) == []


def test_no_file_keeps_a_secret() -> None:
    assert tidy.keeping_secrets(committed()) == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN EC PRIVATE" + " KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a1" * 18,
        "xoxb-" + "a1" * 12,
        "eyJ" + "hbGciOiJFZERTQSJ9" + ".eyJ" + "zdWIiOiJib2IifQ" + ".c2ln",
        "AGE-SECRET-" + "KEY-1" + "QZ" * 29,
        "b40_" + "a1" * 22,
        "postgresql://registry:" + "x7" * 12 + "@postgres:5432/registry",
        "password = " + repr("x7" * 12),
        '"api_key": ' + '"' + "q9" * 12 + '"',
    ],
)
def test_a_secret_is_noticed_and_not_told(tmp_path: Path, secret: str) -> None:
    planted(tmp_path, f"step = 1\n{secret}\n")
    (told,) = tidy.keeping_secrets(tidy.python_files(tmp_path))
    assert secret not in told


def planted(folder: Path, text: str, name: str = "planted.py") -> Path:
    """A tree with one file that breaks a rule."""
    (folder / name).write_text(text)
    return folder


def test_a_long_function_and_a_long_file_are_noticed(tmp_path: Path) -> None:
    long = "def walk() -> None:\n" + "    step = 1\n" * 40
    assert "walk has 41 lines (40 at most)" in tidy.oversized(planted(tmp_path, long))[0]
    assert tidy.oversized(planted(tmp_path, long.replace("    step = 1\n", "", 1))) == []
    assert "has 301 lines" in tidy.oversized(planted(tmp_path, "step = 1\n" * 301))[0]


def test_a_module_without_a_docstring_is_noticed(tmp_path: Path) -> None:
    assert "does not say what it is" in tidy.undocumented(planted(tmp_path, "step = 1\n"))[0]


def test_a_promise_is_noticed(tmp_path: Path) -> None:
    assert "planted.py:2: do it" in tidy.promising(planted(tmp_path, "step = 1\n# TO" + "DO: walk\n"))[0]


@pytest.mark.parametrize(
    ("code", "name", "replacement"),
    [
        ("import datetime\nx = datetime.datetime.now()", "datetime.datetime.now", "work.now"),
        ("from datetime import datetime as d\nx = d.utcnow()", "datetime.datetime.utcnow", "work.now"),
        ("from datetime import date\nx = date.today()", "datetime.date.today", "work.now"),
        ("import time as t\nx = t.time()", "time.time", "work.now"),
        ("from uuid import uuid4\nx = Field(default_factory=uuid4)", "uuid.uuid4", "work.new_id"),
        ("def f():\n    import random\n    return random.choice([1])", "random.choice", "work.random"),
        ("from random import Random\nx = Random(7)", "random.Random", "work.random"),
        ("import secrets\nx = secrets.token_hex()", "secrets.token_hex", "work.random"),
        ("import os\nx = os.environ['A']", "os.environ", "settings"),
    ],
)
def test_a_banned_call_is_noticed_under_any_name(tmp_path: Path, code: str, name: str, replacement: str) -> None:
    (told,) = tidy.using(planted(tmp_path, code), tidy.BANNED_IN_SERVICES)
    assert name in told
    assert f"use {replacement}" in told or replacement in told


def test_names_that_only_look_banned_are_not(tmp_path: Path) -> None:
    code = "from random import Random\ndef draw(chance: Random, work: Work) -> int:\n    return chance.choice(work.now)"
    assert tidy.using(planted(tmp_path, code), tidy.BANNED_IN_SERVICES) == []


def test_publishing_is_noticed(tmp_path: Path) -> None:
    (told,) = tidy.publishing(planted(tmp_path, "async def f(broker):\n    await broker.publish(1)\n"))
    assert "planted.py:2: .publish( is not called here; use work.announce" in told
    code = "from b40_planted.store import records\nrecords.publish(1)\n"
    assert tidy.publishing(planted(tmp_path, code)) == []


@pytest.mark.parametrize("name", ["planted.sql", "planted.py"])
def test_a_clock_and_chance_in_sql_are_noticed(tmp_path: Path, name: str) -> None:
    for statement in ("SELECT NOW()", "x date DEFAULT current_date", "SELECT gen_random_uuid()"):
        (told,) = tidy.chancy_sql(planted(tmp_path, f'"{statement}"\n', name))
        assert "pass work.now or a derived id" in told


@pytest.mark.parametrize(
    "code",
    [
        "import pytest\npytest.skip('x')",
        "import pytest\n@pytest.mark.skipif(True)\ndef f(): ...",
        "from unittest import mock\nmock.patch('x')",
    ],
)
def test_a_test_that_skips_or_mocks_is_noticed(tmp_path: Path, code: str) -> None:
    assert len(tidy.using(planted(tmp_path, code, "test_planted.py"), tidy.BANNED_IN_TESTS, "test_*.py")) == 1


@pytest.mark.parametrize("code", ["import time\ntime.sleep(1)", "from asyncio import sleep\nawait sleep(1)"])
def test_a_test_that_sleeps_is_noticed_and_one_that_asks_again_is_not(tmp_path: Path, code: str) -> None:
    (told,) = tidy.sleeping(planted(tmp_path, code, "test_planted.py"))
    assert "test_planted.py:2: a test does not sleep; use a tick" in told
    module, call = code.split("\n")
    assert tidy.sleeping(planted(tmp_path, f"{module}\nwhile not ready():\n    {call}", "test_planted.py")) == []


def test_the_address_of_a_registry_is_noticed(tmp_path: Path) -> None:
    planted(tmp_path, "--index-url https://py" + "pi.org/simple\n", "requirements.lock")
    assert "names the address" in tidy.naming_registries([tmp_path / "requirements.lock"])[0]
