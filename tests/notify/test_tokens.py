"""Tokens of links: read by who wrote them, by nobody else."""

import base64
from uuid import UUID

import pytest
from b40_contracts.notify import Subject
from b40_notify.tokens import NotAToken, Unsubscribing, read, write
from hypothesis import given
from hypothesis import strategies as st

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ANA = Unsubscribing(UUID("7b1e6f0a-52a9-4f0e-9d3c-0c2f8a4be111"), Subject.TOURS)


@given(st.uuids(), st.sampled_from([None, *Subject]))
def test_a_token_says_what_was_written(recipient: UUID, about: Subject | None) -> None:
    """Breaks if a link ends something else than what it stands under."""
    unsubscribing = Unsubscribing(recipient, about)
    assert read(write(unsubscribing, KEY), KEY) == unsubscribing


def test_a_token_fits_a_link() -> None:
    """Breaks if it needs quoting in a URL, or is too long for a header's line."""
    for about in (None, *Subject):
        token = write(Unsubscribing(ANA.recipient, about), KEY)
        assert token.replace("-", "").replace("_", "").isalnum()
        assert len(token) <= 80


def test_a_token_of_another_key_is_refused() -> None:
    """Breaks if anybody can write tokens."""
    with pytest.raises(NotAToken):
        read(write(ANA, OTHER_KEY), KEY)


def test_a_token_changed_in_any_bit_is_refused() -> None:
    """Breaks if a recipient or subject can be exchanged in a token."""
    token = write(ANA, KEY)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for position in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(NotAToken):
            read(base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), KEY)


@given(st.text(max_size=200))
def test_what_is_no_token_is_refused(text: str) -> None:
    """Breaks if a mangled link raises something else, so that its reader sees an error of ours."""
    with pytest.raises(NotAToken):
        read(text, KEY)
