"""Days and moments that callers name. JSON Schema knows no least date: what it can say of one is how it begins."""

from typing import Annotated

from b40_contracts.values import Day, Instant
from pydantic import Field, JsonValue

_SINCE_1900: dict[str, JsonValue] = {"pattern": "^(19|[2-9][0-9])[0-9]{2}-"}

NamedDay = Annotated[Day, Field(json_schema_extra=_SINCE_1900)]
"""A day, not before 1900."""

NamedInstant = Annotated[Instant, Field(json_schema_extra=_SINCE_1900)]
"""A moment, not before 1900."""
