"""A text for one reader: its parts, and how names and days are written in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from b40_contracts.event import Event

from b40_notify.languages import best

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Text:
    """A subject line and paragraphs."""

    line: str
    paragraphs: tuple[str, ...]


class UnknownCity(LookupError):
    """A text names a city of which no name has come yet."""

    def __init__(self, code: str) -> None:
        super().__init__(f"city {code} is not known yet")
        self.code = code


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a language, and the names of all cities known, by code and language."""

    language: str
    cities: Mapping[str, Mapping[str, str]]

    def city(self, code: str) -> str:
        """The city's name. Raises UnknownCity."""
        if code not in self.cities:
            raise UnknownCity(code)
        return best(self.cities[code], self.language)

    def name(self, names: Mapping[str, str]) -> str:
        """A name in the language that the reader reads best."""
        return best(names, self.language)


Writes = Callable[[E, Reader], Text]
"""Writes the text about an event for a reader."""


def day(value: date) -> str:
    """A day as people write it: ``16 July 2022``."""
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime) -> str:
    """A moment in UTC: ``26 August 2022, 21:59 UTC``."""
    return f"{day(value)}, {value:%H:%M} UTC"


def titled(identifier: str) -> str:
    """An identifier as a title: ``Festival Bus 2022`` of ``festival-bus-2022``."""
    return " ".join(word.capitalize() for word in identifier.split("-"))


def sentence(text: str) -> str:
    """A sentence that begins with a capital letter and ends with a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
