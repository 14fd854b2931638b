"""Why an event is not acceptable: a short code and a sentence that names the field."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Objection:
    """The reason of a refusal."""

    reason: str
    detail: str
