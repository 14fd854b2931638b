"""Write what follows from the catalogue: ``python -m b40_contracts.generate [FOLDER] [--unpublished]``.

Writes ``schemas/<type>.json`` and ``asyncapi.yaml`` in that folder and removes schemas of types that are no more.
Refuses to change a schema in a way that breaks its readers, unless ``--unpublished`` says that nobody has read it yet.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from b40_contracts import catalogue
from b40_contracts.documents.asyncapi import asyncapi
from b40_contracts.documents.evolution import breaks
from b40_contracts.documents.schema import schema_text
from b40_contracts.documents.yaml import dump
from b40_contracts.topic import Topic

VERSION = "1.0.0"
HEADING = "# Generated from the catalogue by `make contracts`; change the catalogue, not this file.\n"


def documents(topics: Sequence[Topic]) -> dict[str, str]:
    """Text of every generated file, by its path in the contracts folder."""
    events = {event.type: event for topic in topics for event in topic.events}
    written = {f"schemas/{type_}.json": schema_text(events[type_]) for type_ in sorted(events)}
    return written | {"asyncapi.yaml": HEADING + dump(asyncapi(topics, VERSION))}


def broken(folder: Path, new: Mapping[str, str]) -> list[str]:
    """What the new documents break of the schemas that the folder holds, a sentence each."""
    found = []
    for file in sorted((folder / "schemas").glob("*.json")):
        text = new.get(f"schemas/{file.name}")
        if text is None:
            found.append(f"{file.stem}: the type is gone")
        else:
            changes = breaks(json.loads(file.read_text()), json.loads(text))
            found += [f"{file.stem}: {change}" for change in changes]
    return found


def write(folder: Path, new: Mapping[str, str]) -> None:
    """Make the folder's generated files those of ``new``."""
    (folder / "schemas").mkdir(parents=True, exist_ok=True)
    for file in (folder / "schemas").glob("*.json"):
        if f"schemas/{file.name}" not in new:
            file.unlink()
    for path, text in new.items():
        (folder / path).write_text(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 1 if something published would break."""
    parser = argparse.ArgumentParser(prog="python -m b40_contracts.generate", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("contracts"), help="holds schemas/ and asyncapi.yaml (contracts)"
    )
    parser.add_argument("--unpublished", action="store_true", help="break schemas that nobody has read yet")
    options = parser.parse_args(arguments)
    new = documents(catalogue.TOPICS)
    found = broken(options.folder, new)
    if found and not options.unpublished:
        sys.stderr.write("Readers would break; say a new version of the type instead (contracts/README.md):\n")
        sys.stderr.writelines(f"  {change}\n" for change in found)
        return 1
    write(options.folder, new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
