"""Sealed topics: who holds the key reads, nobody else learns more than that something is there."""

import secrets
from pathlib import Path

import pytest
from b40_chassis.application import Application
from b40_chassis.hears import Heard, Hears
from b40_chassis.sealing import CannotOpen, Seal, read_seals
from b40_chassis.work import Work
from b40_contracts.event import Event
from b40_contracts.platform import refusals
from b40_contracts.topic import Kind, Topic, from_beginning
from pydantic import Field

from tests.chassis.library import CLOCK
from tests.support.stage import Stage


class SecretReported(Event):
    """Somebody confided something."""

    type = "org.b40.library.secret.reported.v1"
    key = "keeper"
    keeper: str = Field(description="Who keeps it.")
    secret: str = Field(description="What it is.")


class SecretKept(Event):
    """It was written down."""

    type = "org.b40.library.secret.kept.v1"
    key = "keeper"
    keeper: str = Field(description="Who keeps it.")


INTAKE = Topic(
    name="library-confidences", kind=Kind.INTAKE, description="Confided.", events=(SecretReported,),
    producer="integrators", consumers=from_beginning("library"), sealed=True,
)  # fmt: skip
KEPT = Topic(
    name="library-kept", kind=Kind.FACTS, description="Kept.", events=(SecretKept,), producer="library", consumers=(),
    sealed=True,
)  # fmt: skip


def vault() -> Application:
    hears = Hears("library")

    @hears.each(SecretReported)
    async def keep(heard: Heard[SecretReported], work: Work) -> None:
        if heard.event.secret == "too much":
            raise RuntimeError("cannot keep it")
        work.announce(SecretKept(keeper=heard.event.keeper), cause=heard)

    return Application(
        name="library",
        topics=(INTAKE, KEPT, CLOCK, refusals("library", sealed=True)),
        hears=hears,
        migrations=Path(__file__).parent / "library_migrations",
    )


def seal(keys: int = 1) -> Seal:
    return Seal("topic", {f"k{number}": secrets.token_bytes(32) for number in range(keys)})


def test_only_what_was_sealed_for_this_topic_source_and_id_opens() -> None:
    """Breaks if the ciphertext is not bound to its place: a record could be replayed under another id."""
    mine = seal()
    closed = mine.close(b"clear", "//x", "1")
    assert mine.open(closed, "k0", "//x", "1") == b"clear"
    for source, id_ in (("//y", "1"), ("//x", "2")):
        with pytest.raises(CannotOpen):
            mine.open(closed, "k0", source, id_)
    with pytest.raises(CannotOpen):
        seal().open(closed, "k0", "//x", "1")
    with pytest.raises(CannotOpen, match="does not hold"):
        mine.open(closed, "k9", "//x", "1")


def test_after_a_rotation_old_records_open_and_keys_stay_where_they_were() -> None:
    old = seal()
    rotated = Seal("topic", {"new": secrets.token_bytes(32), **old._keys})
    assert rotated.open(old.close(b"clear", "//x", "1"), "k0", "//x", "1") == b"clear"
    assert rotated.key_id == "new"
    assert rotated.hashed("subject") == old.hashed("subject")


def test_a_key_that_came_while_a_process_runs_opens_and_does_not_seal_yet(tmp_path: Path) -> None:
    """Breaks if a rotation must stop everybody at once, or moves subjects to other partitions."""
    file = tmp_path / "library-kept.key"
    file.write_text(f"1 {secrets.token_hex(32)}\n")
    running = read_seals(tmp_path, [KEPT])[KEPT.name]
    file.write_text(f"2 {secrets.token_hex(32)}\n{file.read_text()}")
    restarted = read_seals(tmp_path, [KEPT])[KEPT.name]
    assert running.open(restarted.close(b"clear", "//x", "1"), "2", "//x", "1") == b"clear"
    assert restarted.open(running.close(b"clear", "//x", "1"), "1", "//x", "1") == b"clear"
    assert (running.key_id, restarted.key_id) == ("1", "2")
    assert running.hashed("subject") == restarted.hashed("subject")


def test_a_file_of_keys_that_is_broken_meanwhile_leaves_those_that_were_read(tmp_path: Path) -> None:
    file = tmp_path / "library-kept.key"
    file.write_text(f"1 {secrets.token_hex(32)}\n")
    running = read_seals(tmp_path, [KEPT])[KEPT.name]
    closed = running.close(b"clear", "//x", "1")
    file.write_text("half a")
    with pytest.raises(CannotOpen, match="does not hold"):
        running.open(closed, "2", "//x", "1")
    assert running.open(closed, "1", "//x", "1") == b"clear"


def test_a_missing_or_malformed_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"library-kept\.key"):
        read_seals(tmp_path, [KEPT])
    (tmp_path / "library-kept.key").write_text("k1 abcd\n")
    with pytest.raises(ValueError, match="32 bytes"):
        read_seals(tmp_path, [KEPT])


async def test_a_sealed_story_shows_nothing_on_kafka_nor_among_the_dead_letters(kafka: str, postgres: str) -> None:
    """Breaks if a value, key, header, dead letter or reason shows the keeper, the secret or the type."""
    async with Stage(kafka, postgres, vault()) as stage:
        await stage.publish(SecretReported(keeper="Ayşe", secret="the bill"))
        await stage.publish(SecretReported(keeper="Ayşe", secret="too much"))
        await stage.quiet()
        assert stage.said(SecretKept) == [SecretKept(keeper="Ayşe")]
        (kept,) = [heard for heard in stage.heard if isinstance(heard.event, SecretKept)]
        assert (kept.correlation, kept.traceparent) == (None, None)
        (dead,) = await stage.query("library", "SELECT * FROM b40.set_aside")
        whole = b"".join([dead["key"], dead["value"], *dead["header_values"], dead["detail"].encode()])
        for word in ("Ayşe", "too much", "secret.reported", "2022-06-20"):
            assert word.encode() not in whole
        assert set(dead["header_names"]) == {"ce_id", "ce_source", "sealedkey"}
