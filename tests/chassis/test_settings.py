"""Settings: from the environment, or from files of the same names, so that no secret stands in an environment."""

from pathlib import Path

import pytest
from b40_chassis.settings import Settings
from pydantic import ValidationError

SECRET = "ab" * 32


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("B40_KAFKA", "kafka:9092")
    monkeypatch.setenv("B40_SECRETS", str(tmp_path))
    return tmp_path


def test_a_setting_may_stand_in_a_file(files: Path) -> None:
    (files / "b40_database").write_text("postgresql://one@two/three\n")
    (files / "b40_secret").write_text(SECRET)
    settings = Settings()
    assert settings.database.get_secret_value() == "postgresql://one@two/three"
    assert settings.secret_bytes() == bytes.fromhex(SECRET)


def test_the_environment_goes_before_a_file(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a file that is left over cannot be overruled."""
    (files / "b40_database").write_text("postgresql://file")
    (files / "b40_secret").write_text(SECRET)
    monkeypatch.setenv("B40_DATABASE", "postgresql://environment")
    assert Settings().database.get_secret_value() == "postgresql://environment"


def test_what_is_in_neither_is_named(files: Path) -> None:
    (files / "b40_secret").write_text(SECRET)
    with pytest.raises(ValidationError, match="database"):
        Settings()
