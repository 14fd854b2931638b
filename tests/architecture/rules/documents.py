"""Rules of what accompanies every event: an example, a schema; and nothing that belongs to none."""

from collections.abc import Iterable
from pathlib import Path


def undocumented_types(types: Iterable[str], contracts: Path) -> list[str]:
    """Types without an example or a schema in the contracts' folder, and files there that belong to no type."""
    known = set(types)
    examples = {file.parent.name for file in (contracts / "examples").glob("*/*.json")}
    schemas = {file.stem for file in (contracts / "schemas").glob("*.json")}
    return [
        *(f"{type_}: has no example; add contracts/examples/{type_}/<case>.json" for type_ in sorted(known - examples)),
        *(f"{type_}: has no schema; run `make contracts`" for type_ in sorted(known - schemas)),
        *(f"{type_}: an example of a type that does not exist" for type_ in sorted(examples - known)),
        *(f"{type_}: a schema of a type that does not exist" for type_ in sorted(schemas - known)),
    ]


def untold_topics(readme: Path, heard: Iterable[str], said: Iterable[str]) -> list[str]:
    """Topics that an app hears or says and that the README of its service does not name in backquotes."""
    text = readme.read_text() if readme.is_file() else ""
    return [
        *(f"{readme}: does not tell that it hears `{name}`" for name in heard if f"`{name}`" not in text),
        *(f"{readme}: does not tell that it announces on `{name}`" for name in said if f"`{name}`" not in text),
    ]
