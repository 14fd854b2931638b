"""Rules of who hears and says what: an application against the catalogue."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from b40_chassis.application import Application
from b40_contracts.event import Event
from b40_contracts.integrators import Integrator
from b40_contracts.platform import BreakGlassUsed, EventRefused, Ticked
from b40_contracts.topic import Kind, Topic

BY_THE_CHASSIS: set[type[Event]] = {Ticked, EventRefused, BreakGlassUsed}
"""Ticks become due items in the chassis, refusals and looks at what is sealed become announcements."""

KEPT_BY_THE_CHASSIS: set[type[Event]] = {Integrator}
"""The chassis asks them at every intake; who states them hears them by a handler too."""


def misheard(application: Application) -> list[str]:
    """Types that the app should hear and has no word about, and types it has a word about and does not hear."""
    heard = {
        event.type: topic.name
        for topic in application.topics
        if topic.hears(application.name)
        for event in topic.events
        if event not in BY_THE_CHASSIS
    }
    kept = {event.type for event in KEPT_BY_THE_CHASSIS}
    handled = set(application.hears.handlers)
    ignored = {event.type for event in application.hears.ignores}
    name = application.name
    return [
        *(f"{name}: {type_} on {heard[type_]} has no handler and is not in ignores" for type_ in heard
          if type_ not in handled | ignored | kept),
        *(f"{name}: {type_} has a handler, but no topic that {name} hears brings it" for type_ in sorted(handled)
          if type_ not in heard),
        *(f"{name}: {type_} is in ignores, but no topic that {name} hears brings it" for type_ in sorted(ignored)
          if type_ not in heard),
        *(f"{name}: {type_} has a handler and is in ignores" for type_ in sorted(handled & ignored)),
    ]  # fmt: skip


def unstated(application: Application) -> list[str]:
    """States that the app should say whole and can not read, and states that it reads and may not say."""
    name = application.name
    stated = {
        event for topic in application.topics if topic.is_state and topic.producer == name for event in topic.events
    }
    return [
        *(f"{name}: nothing reads {event.__name__} whole" for event in stated - application.states.keys()),
        *(f"{name}: {event.__name__} is not on its state topics" for event in application.states.keys() - stated),
    ]


def unfinished(application: Application) -> list[str]:
    """Kinds of tasks that nobody performs, or whose result nobody writes."""
    kinds = application.tasks.kinds.items()
    return [
        *(f"{application.name}: nobody performs the task {name!r}" for name, kind in kinds if kind.perform is None),
        *(f"{application.name}: nobody finishes the task {name!r}" for name, kind in kinds if kind.finish is None),
    ]


def missaid(name: str, topics: Sequence[Topic], package: ModuleType) -> list[str]:
    """Facts that code of the app's package makes and may not say, and facts that it should say and never mentions.

    An app makes a fact to say it: what it hears is made by the reader of its topic, what it sends to its own intake
    by nobody. States count as said by their readers.
    """
    said = {
        event: topic
        for topic in topics
        if topic.producer == name and topic.kind is not Kind.STATE
        for event in topic.events
    }
    states = {event for topic in topics if topic.producer == name and topic.is_state for event in topic.events}
    made, mentioned = set[tuple[str, type[Event]]](), set[type[Event]]()
    for module in modules(package):
        made |= {(where, event) for where, event, called in events_in(module) if called}
        mentioned |= {event for _, event, _ in events_in(module)}
    return [
        *(f"{where}: {name} makes {event.__name__}, and is not the producer of a topic with it"
          for where, event in sorted(made, key=str) if event not in said.keys() | states | BY_THE_CHASSIS),
        *(f"{name}: nothing says {event.__name__} on {topic.name}" for event, topic in said.items()
          if event not in mentioned | BY_THE_CHASSIS),
    ]  # fmt: skip


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """A package and all modules in it."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def events_in(module: ModuleType) -> Iterator[tuple[str, type[Event], bool]]:
    """Events that a module's code mentions in an expression: where, which, and whether it makes one.

    Imports, annotations and the decorators that register handlers are no expressions that say something.
    """
    assert module.__file__ is not None, "a module of ours is a file"
    tree = ast.parse(Path(module.__file__).read_text())
    silent = {id(part) for node in ast.walk(tree) for part in _silent(node)}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in silent:
            event = _value(module, node)
            if isinstance(event, type) and issubclass(event, Event):
                yield f"{module.__name__}:{node.lineno}", event, id(node) in called


def _silent(node: ast.AST) -> Iterator[ast.AST]:
    parts: list[ast.expr | None] = []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        parts = [node.returns, *node.decorator_list]
    elif isinstance(node, (ast.arg, ast.AnnAssign)):
        parts = [node.annotation]
    for part in parts:
        if part is not None:
            yield from ast.walk(part)


def _value(module: ModuleType, node: ast.Name | ast.Attribute) -> object:
    first, *rest = ast.unparse(node).split(".")
    value: object = vars(module).get(first)
    for part in rest:
        value = getattr(value, part, None)
    return value
