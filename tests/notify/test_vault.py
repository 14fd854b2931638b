"""The vault: addresses are readable with both keys, for their recipient, or not at all."""

from dataclasses import replace
from uuid import UUID

import pytest
from b40_notify.vault import CannotOpen, Vault
from hypothesis import given
from hypothesis import strategies as st

ANA, BORIS = UUID(int=1), UUID(int=2)
VAULT = Vault(b"v" * 32)


@given(st.text(max_size=254))
def test_an_address_comes_out_as_it_went_in(address: str) -> None:
    """Breaks if sealing loses anything."""
    assert VAULT.open(ANA, VAULT.seal(ANA, address)) == address


def test_nothing_of_the_address_shows() -> None:
    """Breaks if ciphertexts contain it, or if two of the same address are the same."""
    one, two = VAULT.seal(ANA, "ana@example.org"), VAULT.seal(ANA, "ana@example.org")
    assert b"ana" not in one.key + one.address
    assert one.key != two.key
    assert one.address != two.address


def test_without_its_own_key_an_address_is_gone() -> None:
    """INVARIANT: erasing the key erases the address. Breaks if the vault's key alone opens it."""
    sealed = VAULT.seal(ANA, "ana@example.org")
    with pytest.raises(CannotOpen):
        VAULT.open(ANA, replace(sealed, key=VAULT.seal(ANA, "x").key))


def test_another_vaults_key_opens_nothing() -> None:
    """Breaks if a copy of the database is readable without the vault's key."""
    with pytest.raises(CannotOpen):
        Vault(b"w" * 32).open(ANA, VAULT.seal(ANA, "ana@example.org"))


def test_an_address_belongs_to_its_recipient() -> None:
    """Breaks if rows can be swapped, so that somebody gets another's mail."""
    with pytest.raises(CannotOpen):
        VAULT.open(BORIS, VAULT.seal(ANA, "ana@example.org"))


def test_what_was_cut_or_changed_is_not_opened() -> None:
    """Breaks if damage goes unnoticed, or raises something else."""
    sealed = VAULT.seal(ANA, "ana@example.org")
    for address in (b"", sealed.address[:5], sealed.address[:-1], bytes(len(sealed.address))):
        with pytest.raises(CannotOpen):
            VAULT.open(ANA, replace(sealed, address=address))
