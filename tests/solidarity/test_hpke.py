"""Encryption to a biller: what a library that keeps to RFC 9180 decrypts, and nobody without the private key."""

import pytest
from b40_solidarity import hpke
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
SEED = bytes(range(32))
LOW_ORDER = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]
"""Points of order 4, 1 and 2 (RFC 7748, section 6.1): with them every secret is zero."""


def key_pair(seed: bytes) -> tuple[X25519PrivateKey, bytes]:
    private = X25519PrivateKey.from_private_bytes(seed)
    return private, private.public_key().public_bytes_raw()


@given(st.binary(max_size=2_000), st.binary(max_size=100), st.binary(min_size=32, max_size=32))
def test_a_library_reads_what_was_encrypted(clear: bytes, info: bytes, seed: bytes) -> None:
    private, public = key_pair(SEED)
    assert SUITE.decrypt(hpke.encrypt(clear, public, info, seed), private, info) == clear


def test_the_same_comes_out_the_same_and_another_seed_gives_another() -> None:
    """Breaks if an app that is restored says something else the second time."""
    _, public = key_pair(SEED)
    first = hpke.encrypt(b"lines", public, b"info", SEED)
    assert hpke.encrypt(b"lines", public, b"info", SEED) == first
    assert hpke.encrypt(b"lines", public, b"info", SEED[::-1])[:32] != first[:32]


@pytest.mark.parametrize("other", ["key", "info"])
def test_nobody_else_reads_it_and_in_no_other_place(other: str) -> None:
    private, public = key_pair(SEED)
    encrypted = hpke.encrypt(b"lines", public, b"info", SEED)
    reader = key_pair(SEED[::-1])[0] if other == "key" else private
    with pytest.raises(InvalidTag):
        SUITE.decrypt(encrypted, reader, b"info" if other == "key" else b"other")


@pytest.mark.parametrize("point", LOW_ORDER)
def test_a_key_with_which_nothing_is_secret_is_weak(point: bytes) -> None:
    assert hpke.is_weak(point)
    assert not hpke.is_weak(key_pair(SEED)[1])
