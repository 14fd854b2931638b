"""Compose files put together as docker compose does, as far as ours go: `extends`, `!override`, `!reset`, merging."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Instead:
    """What stands in place of what was there; nothing, if it is None."""

    value: Any


class Loader(yaml.SafeLoader):
    """Knows the two tags by which an override replaces."""


def _instead(loader: Loader, node: yaml.Node) -> Instead:
    return Instead(loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else None)


Loader.add_constructor("!override", _instead)
Loader.add_constructor("!reset", _instead)


def composed(folder: Path, *files: str) -> dict[str, Any]:
    """The later files over the earlier ones."""
    found: dict[str, Any] = {}
    for file in files:
        content = yaml.load((folder / file).read_text("utf-8"), Loader)  # noqa: S506  (derived from the safe one)
        for service in content["services"].values():
            if (named := service.pop("extends", None)) is not None:
                base = composed(folder, named["file"])["services"][named["service"]]
                service.update(_merged(base, service))
        found = _merged(found, content)
    return found


def _merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    result = {**base, **{key: _over(base.get(key), value, key) for key, value in more.items()}}
    return {key: value for key, value in result.items() if not isinstance(value, Instead)}


def _over(base: Any, more: Any, key: str) -> Any:
    if isinstance(more, Instead):
        return more if more.value is None else more.value
    if isinstance(base, list) and isinstance(more, dict):
        base = dict.fromkeys(base)
    if isinstance(base, dict) and isinstance(more, dict):
        return _merged(base, more)
    if key == "volumes" and isinstance(base, list):
        return [*{volume.split(":")[1]: volume for volume in (*base, *more)}.values()]
    if key == "ports" and isinstance(base, list):
        return [*base, *more]
    return more
