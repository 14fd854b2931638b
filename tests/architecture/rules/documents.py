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
