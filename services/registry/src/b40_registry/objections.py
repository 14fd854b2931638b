"""Why a well-formed report is not acceptable."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Objection:
    """A short code for programs, and a sentence for people that names the field."""

    reason: str
    detail: str
