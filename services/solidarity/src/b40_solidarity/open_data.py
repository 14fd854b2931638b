"""Open data: quarters by country and kind, summed from the weekly figures as they were published, from nothing else.

So the files cannot tell more than the weeks did; what was withheld there is missing here, and its number is told.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from b40_contracts.solidarity import NETWORK, StatisticsPublished
from pydantic import BaseModel, Field


class Row(BaseModel):
    """Supports of a quarter, country and kind."""

    quarter: str = Field(description="Quarter in which the Thursday of the ISO week lies, as 2022-q3.")
    country: str = Field(description="ISO 3166-1 alpha-2 of the city's country, XK for Kosovo; or network.")
    kind: str = Field(description="Kind of support.")
    currency: str = Field(description="ISO 4217 code of the amounts.")
    needs_settled: int = Field(description="Sum of the weekly figures, each rounded down to fives.")
    settled_minor: int = Field(description="Sum of the weekly amounts in minor units, each rounded down to 500.")
    withheld: int = Field(description="Weekly figures of cities that are not in it: they could tell of a few.")


class Open(BaseModel):
    """The data with their dictionary, in the form of a Table Schema (Frictionless Data)."""

    title: str = Field(default="Pay It Forward: supports by quarter, country and kind", description="Title.")
    fields: list[dict[str, str]] = Field(description="Name, type and description of each field.")
    rows: list[Row] = Field(description="The rows, in order of their first four fields.")


def quarters(published: Sequence[StatisticsPublished]) -> list[Row]:
    """The rows of all quarters that are over: those before that of the last week published."""
    newest = max((quarter_of(one.week) for one in published), default="")
    sums: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in published:
        quarter = quarter_of(one.week)
        for cell in one.cells if quarter < newest else ():
            if cell.area is None or cell.kind is None:
                continue
            row = sums[quarter, country_of(cell.area), cell.kind, one.currency]
            row[0] += cell.needs or 0
            row[1] += cell.settled_minor or 0
            row[2] += cell.needs is None
    return [
        Row(
            quarter=key[0],
            country=key[1],
            kind=key[2],
            currency=key[3],
            needs_settled=row[0],
            settled_minor=row[1],
            withheld=row[2],
        )
        for key, row in sorted(sums.items())
    ]


def dictionary() -> list[dict[str, str]]:
    """What each field is."""
    return [
        {"name": name, "type": "integer" if of.annotation is int else "string", "description": of.description or ""}
        for name, of in Row.model_fields.items()
    ]


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as RFC 4180 has them, with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Row.model_fields))
    writer.writeheader()
    writer.writerows(row.model_dump() for row in rows)
    return text.getvalue()


def quarter_of(week: str) -> str:
    """The quarter in which a week's Thursday lies: ``2022-q3`` of ``2022-w27``."""
    year, _, number = week.partition("-w")
    thursday = date.fromisocalendar(int(year), int(number), 4)
    return f"{thursday.year}-q{(thursday.month + 2) // 3}"


def country_of(area: str) -> str:
    """The country of a city, or of what merged pools were for."""
    return area if area == NETWORK else area[:2]
