"""Every app hears and says exactly what the catalogue says of it; each rule notices when one does not."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from b40_chassis.application import Application
from b40_chassis.hears import Hears
from b40_chassis.tasks import Task, Tasks
from b40_contracts import catalogue
from b40_contracts.event import Event
from b40_contracts.platform import APPS as NAMES
from b40_contracts.platform import CLOCK
from b40_contracts.topic import Kind, Topic, from_beginning, from_now
from pydantic import Field

from tests.architecture.repository import APPS, CONTRACTS, ROOT
from tests.architecture.rules import documents, wiring

each_app = pytest.mark.parametrize("name", NAMES)


def application(name: str) -> Application:
    found = importlib.import_module(f"{APPS[name]}.app").application
    assert isinstance(found, Application)
    return found


@each_app
def test_an_app_takes_its_topics_from_the_catalogue(name: str) -> None:
    assert application(name).name == name
    assert tuple(application(name).topics) == catalogue.TOPICS


@each_app
def test_an_app_has_a_word_about_everything_that_it_hears(name: str) -> None:
    assert wiring.misheard(application(name)) == []


@each_app
def test_an_app_reads_every_state_that_it_says(name: str) -> None:
    assert wiring.unstated(application(name)) == []


@each_app
def test_an_app_finishes_the_tasks_that_it_assigns(name: str) -> None:
    assert wiring.unfinished(application(name)) == []


@each_app
def test_an_app_says_what_the_catalogue_has_it_say(name: str) -> None:
    package = importlib.import_module(APPS[name])
    assert wiring.missaid(name, catalogue.TOPICS, package) == []


def test_every_event_has_an_example_and_a_schema() -> None:
    assert documents.undocumented_types(catalogue.types(), CONTRACTS) == []


@each_app
def test_the_readme_of_a_service_names_what_its_apps_hear_and_say(name: str) -> None:
    readme = ROOT / "services" / name.partition("-")[0] / "README.md"
    heard = [topic.name for topic in catalogue.heard_by(name)]
    said = [topic.name for topic in catalogue.said_by(name)]
    assert documents.untold_topics(readme, heard, said) == []


class ThingReported(Event):
    """Somebody reports a thing. Only for tests of the rules."""

    type = "org.b40.registry.thing.reported.v1"
    key = "thing"
    thing: str = Field(description="Its name.")


class ThingFound(Event):
    """A thing was found. Only for tests of the rules."""

    type = "org.b40.registry.thing.found.v1"
    key = "thing"
    thing: str = Field(description="Its name.")


class Thing(Event):
    """A thing as it is. Only for tests of the rules."""

    type = "org.b40.registry.thing.stated.v1"
    key = "thing"
    thing: str = Field(description="Its name.")


INTAKE = Topic(
    name="registry-intake",
    kind=Kind.INTAKE,
    description="Reports.",
    events=(ThingReported,),
    producer="integrators",
    consumers=from_beginning("registry"),
)
FOUND = Topic(
    name="registry-found",
    kind=Kind.FACTS,
    description="Finds.",
    events=(ThingFound,),
    producer="registry",
    consumers=from_now("notify"),
)
THINGS = Topic(
    name="registry-things",
    kind=Kind.STATE,
    description="Things.",
    events=(Thing,),
    producer="registry",
    consumers=from_beginning("registry"),
)
TOPICS = (CLOCK, INTAKE, FOUND, THINGS)


async def handle(*_: Any) -> None:
    """Do nothing about what was heard."""


async def read(*_: Any) -> dict[str, Event]:
    """Read no states."""
    return {}


def small() -> Application:
    """An application that keeps the rules."""
    hears = Hears("registry", ignores=(Thing,))
    hears.each(ThingReported)(handle)
    return Application(name="registry", topics=TOPICS, hears=hears, migrations=Path(), states={Thing: read})


def test_an_application_that_keeps_the_rules_is_let_be() -> None:
    assert wiring.misheard(small()) + wiring.unstated(small()) + wiring.unfinished(small()) == []


def test_a_type_without_a_word_about_it_is_noticed() -> None:
    deaf = replace(small(), hears=Hears("registry", ignores=(Thing,)))
    assert wiring.misheard(deaf) == [
        "registry: org.b40.registry.thing.reported.v1 on registry-intake has no handler and is not in ignores"
    ]


def test_a_handler_that_nothing_reaches_is_noticed() -> None:
    eager = small()
    eager.hears.each(ThingFound)(handle)
    assert wiring.misheard(eager) == [
        "registry: org.b40.registry.thing.found.v1 has a handler, but no topic that registry hears brings it"
    ]


def test_ignoring_what_never_comes_or_what_is_handled_is_noticed() -> None:
    vain = small()
    vain.hears.ignores = (Thing, ThingFound, ThingReported)
    assert wiring.misheard(vain) == [
        "registry: org.b40.registry.thing.found.v1 is in ignores, but no topic that registry hears brings it",
        "registry: org.b40.registry.thing.reported.v1 has a handler and is in ignores",
    ]


def test_a_state_that_nothing_reads_or_nobody_hears_of_is_noticed() -> None:
    assert wiring.unstated(replace(small(), states={})) == ["registry: nothing reads Thing whole"]
    assert wiring.unstated(replace(small(), states={Thing: read, ThingFound: read})) == [
        "registry: ThingFound is not on its state topics"
    ]


def test_a_task_that_is_never_finished_is_noticed() -> None:
    class Look(Task):
        name = "look"

    tasks = Tasks()
    tasks.performs(Look)(handle)
    assert wiring.unfinished(replace(small(), tasks=tasks)) == ["registry: nobody finishes the task 'look'"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an empty package ``planted`` that can be imported."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "planted"]:
        del sys.modules[name]


def plant(folder: Path, code: str) -> ModuleType:
    """The package with one module of this code."""
    (folder / "handlers.py").write_text(f"from {__name__} import ThingFound, ThingReported\n{code}\n")
    importlib.invalidate_caches()
    return importlib.import_module("planted")


def test_saying_what_may_be_said_is_let_be(package: Path) -> None:
    planted = plant(package, "def find(heard: ThingReported) -> ThingFound:\n    return ThingFound(thing='x')")
    assert wiring.missaid("registry", TOPICS, planted) == []


def test_making_a_fact_of_another_producer_is_noticed(package: Path) -> None:
    planted = plant(package, "def find():\n    return [ThingFound(thing='x'), ThingReported(thing='x')]")
    assert wiring.missaid("registry", TOPICS, planted) == [
        "planted.handlers:3: registry makes ThingReported, and is not the producer of a topic with it"
    ]


def test_a_fact_that_nobody_says_is_noticed(package: Path) -> None:
    planted = plant(package, "def find(found: ThingFound) -> ThingFound:\n    return found")
    assert wiring.missaid("registry", TOPICS, planted) == ["registry: nothing says ThingFound on registry-found"]


def test_a_type_without_example_or_schema_and_an_orphan_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "examples" / "old").mkdir(parents=True)
    (tmp_path / "examples" / "old" / "case.json").write_text("{}")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "old.json").write_text("{}")
    assert documents.undocumented_types(["new"], tmp_path) == [
        "new: has no example; add contracts/examples/new/<case>.json",
        "new: has no schema; run `make contracts`",
        "old: an example of a type that does not exist",
        "old: a schema of a type that does not exist",
    ]


def test_a_topic_that_a_readme_leaves_out_is_noticed(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Hears `clock`, announces on `registry-found`.")
    assert documents.untold_topics(readme, ["clock", "registry-intake"], ["registry-found", "registry-things"]) == [
        f"{readme}: does not tell that it hears `registry-intake`",
        f"{readme}: does not tell that it announces on `registry-things`",
    ]
    assert len(documents.untold_topics(tmp_path / "none.md", ["clock"], [])) == 1
