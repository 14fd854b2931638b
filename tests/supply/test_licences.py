"""Under which licence all stands that is used is known, listed and allowed."""

import re
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from b40_infra.local import jars

from tests.supply import licences
from tests.supply.licences import JARS, LIST, LOCK, PACKAGES, UNKNOWN, Work

LISTED = list(licences.listed(LIST.read_text("utf-8")).values())
APACHE = "\n                                 Apache License\n                           Version 2.0, January 2004\n"
POM = """<project xmlns="urn:pom"><licenses>
<license><name>The MIT License</name></license></licenses></project>"""


def test_the_list_is_what_is_installed() -> None:
    """Breaks if a version was chosen anew and its licence was not looked at: `make licences` does."""
    jars.ensure()
    assert LIST.read_text("utf-8") == licences.generated()


def test_everything_that_is_used_is_listed_and_allowed() -> None:
    pinned = re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text("utf-8"), re.MULTILINE)
    of_kafka = [(f"{jar.group}:{jar.artifact}", jar.version) for jar in jars.pinned()]
    assert [(work.name, work.version) for work in LISTED] == [*pinned, *of_kafka]
    assert licences.refused(LISTED) == []


def test_every_decision_is_needed() -> None:
    """Breaks if what was decided about is no longer used: a decision is not for whatever comes by the same name."""
    assert {work.name for work in LISTED} >= {*PACKAGES, *JARS}


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR GPL-2.0-only)", True),
        ("(MIT OR Apache-2.0) AND LGPL-3.0-or-later", False),
        ("GPL-2.0-only", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("Apache-2.0 WITH LLVM-exception", False),
        (UNKNOWN, False),
    ],
)
def test_an_expression_is_kept_with_what_is_allowed(expression: str, verdict: bool) -> None:
    assert licences.allowed(expression) is verdict


def test_what_is_unknown_or_not_allowed_is_named() -> None:
    works = [Work("a", "1.0", UNKNOWN), Work("b", "2.0", "AGPL-3.0-only"), Work("c", "3.0", "MIT")]
    assert licences.refused(works) == ["a 1.0: unknown", "b 2.0: AGPL-3.0-only"]


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"License-Expression": "MIT AND ISC", "License": "GPL"}, "MIT AND ISC"),
        ({"License": "BSD 2-Clause License"}, "BSD-2-Clause"),
        ({"License": "see LICENSE", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_a_package_is_taken_at_its_word(said: dict[str, str], licence: str) -> None:
    """Breaks if a word that may mean several licences is taken for one of them."""
    message = Message()
    for name, value in said.items():
        message[name] = value
    assert licences.of_package(message) == licence


def test_a_package_that_is_not_installed_here_stands_as_it_stood() -> None:
    """Breaks if the list comes out otherwise on another system, or if another version inherits what was known."""
    known = {("elsewhere", "1.0"): Work("elsewhere", "1.0", "ISC")}
    assert licences.packages("elsewhere==1.0 ; sys_platform == 'win32' \\", known) == [*known.values()]
    assert licences.packages("elsewhere==1.1", known) == [Work("elsewhere", "1.1", UNKNOWN, "nothing")]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"META-INF/LICENSE": APACHE}, ("Apache-2.0", "META-INF/LICENSE in it")),
        ({"META-INF/maven/a/b/pom.xml": POM}, ("MIT", "its POM")),
        ({"META-INF/LICENSE": "GNU GENERAL PUBLIC LICENSE"}, (UNKNOWN, "nothing")),
        ({}, (UNKNOWN, "nothing")),
    ],
)
def test_a_jar_is_taken_at_its_word(tmp_path: Path, files: dict[str, str], found: tuple[str, str]) -> None:
    path = tmp_path / "a.jar"
    with zipfile.ZipFile(path, "w") as jar:
        for name, content in {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n", **files}.items():
            jar.writestr(name, content)
    assert licences.of_jar(path) == found
