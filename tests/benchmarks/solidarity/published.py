"""What Istanbul published of Askıda Fatura, and the curves that the replay draws through it.

Amounts are minor units of TRY, moments are days since the launch. What was not published is said to be assumed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from b40_contracts.solidarity import SupportKind

LAUNCH = datetime(2020, 5, 4, tzinfo=UTC)
"""A Monday. The site opened in its morning (assumed: at 9)."""

SUPPORTS = 826_245
BILLS, BILLS_MINOR = 485_815, 10_661_180_900
PACKAGES_MINOR = 12_654_428_000

FIRST_HOURS, FIRST_HOURS_MINOR = 16_100, 207_358_000
BEFORE_HOLIDAY, BEFORE_HOLIDAY_MINOR = 152_347, 2_059_600_000
WAITING_BEFORE_HOLIDAY = 95_786
APRIL_2022, APRIL_2022_MINOR = 330_000, 5_200_000_000
WAITING_DECEMBER_2022 = 13_000

Curve = Sequence[tuple[float, float]]
"""Points of a broken line."""

OPENED, SEVEN_HOURS, HOLIDAY, NEW_YEAR_2021, MID_APRIL_2022, DECEMBER_2022 = 0.375, 0.375 + 7 / 24, 19, 245, 711, 940
END = 1_993
"""18 October 2025."""

BILLS_PAID: Curve = (
    (OPENED, 0), (SEVEN_HOURS, FIRST_HOURS), (3.5, 42_000), (HOLIDAY, BEFORE_HOLIDAY), (NEW_YEAR_2021, 187_595),
    (MID_APRIL_2022, APRIL_2022), (END, BILLS),
)  # fmt: skip
"""How many bills were paid by when."""

BILLS_WAITING: Curve = (
    (SEVEN_HOURS, 0), (HOLIDAY, WAITING_BEFORE_HOLIDAY), (DECEMBER_2022, WAITING_DECEMBER_2022), (END, 0),
)  # fmt: skip
"""How many bills waited when; that none waits at the end is assumed, so that all supports are replayed."""

BILLS_SUM: Curve = (
    (0, 0), (FIRST_HOURS, FIRST_HOURS_MINOR), (BEFORE_HOLIDAY, BEFORE_HOLIDAY_MINOR), (APRIL_2022, APRIL_2022_MINOR),
    (BILLS, BILLS_MINOR),
)  # fmt: skip
"""What the first so many bills came to."""


class Package(NamedTuple):
    """A kind of package: how many were paid out, what they came to, from which day on (assumed, as is even pace)."""

    kind: SupportKind
    number: int
    sum_minor: int
    begins: int

    def given(self, day: float) -> float:
        """How many were asked for by a day."""
        return at(((self.begins, 0), (END, self.number)), day)


FAMILY = Package(SupportKind.FAMILY, 127_999, 3_644_895_000, 119)
MOTHERS = Package(SupportKind.MOTHER_AND_BABY, 92_150, 2_663_770_000, 119)
OTHERS = SUPPORTS - BILLS - FAMILY.number - MOTHERS.number
OTHERS_MINOR = PACKAGES_MINOR - FAMILY.sum_minor - MOTHERS.sum_minor
_REST = (
    (SupportKind.STUDENT, 119),
    (SupportKind.TRANSPORT, 880),
    (SupportKind.HOME, 1_040),
    (SupportKind.PENSIONERS_MARKET, 1_400),
)
PACKAGES = (
    FAMILY,
    MOTHERS,
    *(
        Package(
            kind,
            OTHERS * (place + 1) // len(_REST) - OTHERS * place // len(_REST),
            OTHERS_MINOR * (place + 1) // len(_REST) - OTHERS_MINOR * place // len(_REST),
            begins,
        )
        for place, (kind, begins) in enumerate(_REST)
    ),
)
"""The other four are published together only: they are assumed to have an equal part of the number and of the money."""


def at(curve: Curve, place: float) -> float:
    """The height of a broken line, level before its first and after its last point."""
    before = curve[0]
    for point in curve:
        if place < point[0]:
            if point is before:
                return point[1]
            return before[1] + (point[1] - before[1]) * (place - before[0]) / (point[0] - before[0])
        before = point
    return before[1]


def bills_asked(day: float) -> float:
    """How many bills were brought by a day: those paid, and those that waited."""
    return at(BILLS_PAID, day) + at(BILLS_WAITING, day)


def bills_sum(count: float) -> float:
    """What the first so many bills came to."""
    return at(BILLS_SUM, count)
