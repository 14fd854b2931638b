"""An event: a past-tense fact, frozen, with a CloudEvents type and the field that is its key."""

import re
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

TYPE_PATTERN = re.compile(
    r"org\.b40\.(?P<owner>[a-z]+)\.(?P<subject>[a-z-]+)\.(?P<action>[a-z-]+)\.v(?P<version>[1-9][0-9]*)"
)


class Part(BaseModel):
    """A part of an event: frozen, and deaf to fields that it does not know (a newer producer may add some)."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


class Event(Part):
    """A fact that happened. Subclasses say in their docstring when it is said and what follows from it.

    Class attributes:
        type: CloudEvents type, ``org.b40.<owner>.<subject>.<action>.v<n>``.
        key: name of the field whose value is the Kafka key and the CloudEvents subject.

    A subclass that breaks a rule (type of another form, unknown key, no docstring, a field without a
    description) raises TypeError when it is defined.
    """

    type: ClassVar[str]
    key: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if TYPE_PATTERN.fullmatch(getattr(cls, "type", "")) is None:
            raise TypeError(f"{cls.__name__}.type must look like org.b40.<owner>.<subject>.<action>.v<n>")
        if getattr(cls, "key", None) not in cls.model_fields:
            raise TypeError(f"{cls.__name__}.key must name one of its fields")
        if not (cls.__doc__ or "").strip():
            raise TypeError(f"{cls.__name__} needs a docstring: when it is said and what follows from it")
        for name, field in cls.model_fields.items():
            if not field.description:
                raise TypeError(f"{cls.__name__}.{name} needs a description, with its unit if it has one")

    @property
    def subject(self) -> str:
        """The value of the key field: Kafka key and CloudEvents subject."""
        return str(getattr(self, self.key))


def owner(event: type[Event]) -> str:
    """The owner named in the event's type: ``registry`` of ``org.b40.registry.city.admitted.v1``."""
    return _parts(event)["owner"]


def version(event: type[Event]) -> int:
    """The major version named in the event's type."""
    return int(_parts(event)["version"])


@cache
def type_without_version(type_: str) -> str:
    """``org.b40.registry.city.admitted`` of ``org.b40.registry.city.admitted.v1``."""
    return type_.rpartition(".v")[0]


def _parts(event: type[Event]) -> dict[str, str]:
    match = TYPE_PATTERN.fullmatch(event.type)
    assert match is not None, "the type was checked when the class was defined"
    return match.groupdict()
