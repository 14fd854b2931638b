"""Kafka's jars are whole, pinned, and fetched once."""

import hashlib
from pathlib import Path

import pytest
from b40_infra.errors import Trouble
from b40_infra.local import jars
from b40_infra.local.jars import Jar

CONTENT = b"whole"
JAR = Jar("org.example", "part", "1.0", hashlib.sha256(CONTENT).hexdigest())


class Registry:
    """Gives these contents, one per call, and counts the calls."""

    def __init__(self, *contents: bytes | OSError) -> None:
        self.contents = list(contents)
        self.calls = 0

    def __call__(self, jar: Jar, folder: Path) -> Path:
        self.calls += 1
        content = self.contents.pop(0)
        if isinstance(content, OSError):
            raise content
        path = folder / jar.filename
        path.write_bytes(content)
        return path


def test_every_module_of_kafka_has_the_one_version() -> None:
    """Breaks if modules are mixed, which starts and then fails in strange ways."""
    modules = {jar.artifact: jar.version for jar in jars.pinned() if jar.group == "org.apache.kafka"}
    assert set(modules.values()) == {jars.KAFKA_VERSION}
    assert {"kafka-clients", "kafka-server", "kafka-raft", "kafka_2.13"} <= set(modules)


def test_the_list_names_each_jar_once_and_no_address() -> None:
    """Breaks if the list says where to fetch from, or pins a jar twice."""
    assert "://" not in jars.LIST.read_text("utf-8")
    names = [jar.filename for jar in jars.pinned()]
    assert len(names) == len(set(names))
    assert all(len(jar.sha256) == 64 for jar in jars.pinned())


def test_what_is_there_whole_is_not_fetched_again(tmp_path: Path) -> None:
    """Breaks if the second start needs a network."""
    jars.ensure(tmp_path, [JAR], fetch=Registry(CONTENT))
    assert jars.ensure(tmp_path, [JAR], fetch=Registry()) == [tmp_path / JAR.filename]


def test_a_half_finished_download_is_noticed_and_healed(tmp_path: Path) -> None:
    """Breaks if a file is trusted because it exists."""
    (tmp_path / JAR.filename).write_bytes(CONTENT[:3])
    registry = Registry(CONTENT)
    jars.ensure(tmp_path, [JAR], fetch=registry)
    assert (tmp_path / JAR.filename).read_bytes() == CONTENT
    assert registry.calls == 1


def test_a_broken_connection_is_tried_again_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Breaks if one dropped connection ends the set-up, or if parts of files stay."""
    jars.ensure(tmp_path, [JAR], fetch=Registry(OSError("reset"), CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == [JAR.filename]


def test_other_content_than_pinned_is_never_used(tmp_path: Path) -> None:
    """Breaks if the hash is not checked, or checked after the file is in place."""
    with pytest.raises(Trouble, match=r"part-1\.0\.jar.*another SHA-256"):
        jars.ensure(tmp_path, [JAR], fetch=Registry(*[b"other"] * jars.TRIES_MAX))
    assert list(tmp_path.iterdir()) == []


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Breaks if XDG_CACHE_HOME is not respected."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jars.cache_folder() == tmp_path / "b40"
