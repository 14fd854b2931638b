"""Secrets are made once, for their owner's eyes, and each app is given its own alone."""

import stat
from pathlib import Path

from b40_contracts.platform import Ticked
from b40_contracts.topic import Kind, Topic, from_beginning
from b40_infra.local.keys import Keys

SEALED = Topic(
    name="solidarity-open-needs",
    kind=Kind.FACTS,
    description="For this test.",
    events=(Ticked,),
    producer="solidarity-needs",
    consumers=from_beginning("solidarity-matcher"),
    sealed=True,
)


def test_a_secret_stays_the_same(tmp_path: Path) -> None:
    """Breaks if an app that starts again says everything anew under other ids."""
    first = Keys(tmp_path).secret("registry", "secret")
    assert Keys(tmp_path).secret("registry", "secret") == first
    assert len(bytes.fromhex(first)) == 32
    assert Keys(tmp_path).secret("events", "secret") != first


def test_only_its_owner_may_read_a_secret(tmp_path: Path) -> None:
    """Breaks if another user of the machine can read it."""
    keys = Keys(tmp_path / "secrets")
    keys.secret("registry", "secret")
    keys.sealed_keys("solidarity-needs", [SEALED])
    for path in (tmp_path / "secrets").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_who_neither_says_nor_hears_a_sealed_topic_is_given_no_key(tmp_path: Path) -> None:
    """INVARIANT: the two hands share nothing. Breaks if the folder of keys is the same for all."""
    keys = Keys(tmp_path)
    producer = keys.sealed_keys("solidarity-needs", [SEALED])
    consumer = keys.sealed_keys("solidarity-matcher", [SEALED])
    other = keys.sealed_keys("solidarity-gifts", [SEALED])
    name = f"{SEALED.name}.key"
    assert (producer / name).read_bytes() == (consumer / name).read_bytes()
    assert list(other.iterdir()) == []
