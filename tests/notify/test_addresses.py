"""Which addresses are accepted, and what is shown of them."""

import pytest
from b40_notify.addresses import EmailAddress, masked
from pydantic import TypeAdapter, ValidationError

ADDRESS: TypeAdapter[str] = TypeAdapter(EmailAddress)


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org",
        "ana.b+tours@mail.example.org",
        "info@xn--hxajbheg2az3al.gr",
        "o'neil@example.org",
        "a@localhost",
    ],
)
def test_addresses_are_accepted(address: str) -> None:
    """Breaks if somebody with an unusual address cannot be told anything."""
    assert ADDRESS.validate_python(address) == address


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@@example.org",
        "ana@exam ple.org",
        "ana@example..org",
        "ana@-example.org",
        "οδός@example.org",
        "ana@λάρισα.gr",
        "ana@example.org, boris@example.org",
        "Ana <ana@example.org>",
        '"ana"@example.org',
        "ana\x00@example.org",
        "ana@example.org\nBcc: all@example.org",
        "a" * 65 + "@example.org",
        "ana@" + "e" * 260,
    ],
)
def test_what_is_no_single_address_is_refused(wrong: str) -> None:
    """Breaks if a header or a second recipient can be put into the vault."""
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(wrong)


def test_a_masked_address_shows_one_letter_and_the_domain() -> None:
    """Breaks if who asks for a recipient learns its address."""
    assert masked("ana.kovac@example.org") == "a…@example.org"
    assert masked("a@example.org") == "a…@example.org"
