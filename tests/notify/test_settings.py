"""notify's settings: what is wrong is named at the start, not at the first mail."""

import pytest
from b40_notify.settings import Settings
from pydantic import SecretStr, ValidationError

KEY = SecretStr("ab" * 32)


@pytest.mark.parametrize("url", ["https://notify.b40.example", "http://127.0.0.1:8406", "http://localhost:8406/"])
def test_links_lead_to_https_or_to_this_machine(url: str) -> None:
    """Breaks if a trailing slash doubles in links, or the platform does not run on a laptop."""
    assert Settings(vault_key=KEY, public_url=url).public_url == url.rstrip("/")


def test_links_in_clear_text_are_refused() -> None:
    """RFC 8058 wants https. Breaks if tokens travel readable."""
    with pytest.raises(ValidationError, match="https"):
        Settings(vault_key=KEY, public_url="http://notify.b40.example")


@pytest.mark.parametrize("key", ["", "ab" * 16, "ab" * 33, "not hexadecimal" * 5])
def test_a_vault_key_of_another_shape_is_refused_without_repeating_it(key: str) -> None:
    """Breaks if addresses are sealed with a weak key, or a secret stands in an error."""
    with pytest.raises(ValidationError, match="B40_VAULT_KEY") as refused:
        Settings(vault_key=SecretStr(key))
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize(("given", "hours"), [("10,17", {10, 17}), (" 9 ", {9}), ("0, 23", {0, 23})])
def test_hours_are_given_with_commas(monkeypatch: pytest.MonkeyPatch, given: str, hours: set[int]) -> None:
    monkeypatch.setenv("B40_SEALED_HOURS", given)
    assert Settings(vault_key=KEY).sealed_hours == hours


@pytest.mark.parametrize("given", ["24", "ten", ","])
def test_what_is_no_hour_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """Breaks if a mistake in the setting holds people's notices for ever."""
    monkeypatch.setenv("B40_SEALED_HOURS", given)
    with pytest.raises(ValidationError, match="sealed_hours"):
        Settings(vault_key=KEY)
