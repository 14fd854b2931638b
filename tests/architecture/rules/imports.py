"""Rules of who imports what that import-linter does not know: third parties, and which modules are pure."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.rules.tidy import python_files

KERNEL_FOR_CHASSIS = {"event", "topic", "cloudevents", "integrators", "platform", "signing", "values"}
"""Modules of the contracts that the frame may know; the facts of an owner are none of its business."""

ROLES = {
    "app",
    "__main__",
    "hears",
    "handlers",
    "store",
    "workers",
    "tasks",
    "api",
    "operations",
    "settings",
    "metrics",
}
"""Modules of a service that touch the frame, the database or the network. All others are its domain: pure."""

IMPURE = ("b40_chassis", "faststream", "aiokafka", "asyncpg", "fastapi", "aiosmtplib", "httpx")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports; of ``from a import b`` it is ``a.b``."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def beyond_pydantic(contracts: Path) -> list[str]:
    """Imports of the contracts that are neither the standard library, pydantic nor the contracts themselves."""
    allowed = {*sys.stdlib_module_names, "pydantic", "pydantic_core", "b40_contracts"}
    return [
        f"{file}:{line}: contracts import pydantic and the standard library, not {name}"
        for file in python_files(contracts)
        for line, name in imported(file)
        if name.partition(".")[0] not in allowed
    ]


def facts_in_chassis(chassis: Path) -> list[str]:
    """Imports by the chassis of contracts other than the kernel: it must not know a word of the domain."""
    return [
        f"{file}:{line}: the chassis knows {', '.join(sorted(KERNEL_FOR_CHASSIS))} of the contracts, not {name}"
        for file in python_files(chassis)
        for line, name in imported(file)
        if name.startswith("b40_contracts") and name.split(".")[1] not in KERNEL_FOR_CHASSIS
    ]


def speaking_kafka(service: Path) -> list[str]:
    """Imports of Kafka's libraries by a service: the chassis alone hears and says."""
    return [
        f"{file}:{line}: services leave Kafka to the chassis: not {name}"
        for file in python_files(service)
        for line, name in imported(file)
        if _within(name, ("faststream", "aiokafka", "confluent_kafka"))
    ]


def impure_domain(app: Path, package: str) -> list[str]:
    """Imports by a domain module of the frame, a database, a network, or of its own app's other layers.

    ``app`` is the folder of the app, ``package`` its dotted name. A module named for a role is not domain, nor is a
    folder with an ``app.py``: that is an app of its own.
    """
    own_layers = tuple(f"{package}.{role}" for role in ROLES - {"tasks", "settings"})
    return [
        f"{file}:{line}: {file.stem} is domain, so pure: not {name}"
        for file in python_files(app)
        if _is_domain(app, file.relative_to(app).parts[0])
        for line, name in imported(file)
        if _within(name, IMPURE) or _within(name, own_layers)
    ]


def _is_domain(app: Path, name: str) -> bool:
    return name.removesuffix(".py") not in ROLES and not (app / name / "app.py").is_file()


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)
