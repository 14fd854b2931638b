"""Settings of this side alone, from where those of every app are."""

from functools import cache

from b40_chassis.settings import SettingsWithFiles
from pydantic import Field


class Settings(SettingsWithFiles):
    """How patient this side is."""

    answer_days: int = Field(default=7, ge=1, description="Days that a biller may take to answer an order.")


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
