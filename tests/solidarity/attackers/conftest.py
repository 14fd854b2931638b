"""A summer that was run and looked at: once for all tests of the attackers."""

import os
from typing import NamedTuple

import pytest

from tests.solidarity.attackers.city import (
    FEW_HOUSEHOLDS,
    FEW_PAYERS,
    FLOODED,
    HASTY,
    LARGER,
    MIDDLE,
    SMALLEST,
    Shape,
    Summer,
    summer,
)
from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.running import run
from tests.solidarity.attackers.truth import Truth

SUMMERS = "B40_ATTACKED_SUMMERS"
"""How many summers are run, one by default: more of them only add trials."""
WEEKS = 6
SEED = 20_220_704
CITIES = ("TRIST", "TRIZM", "TREDI", "TRCKZ", "TRKIR", "TRTEK", "TRBTZ", "TRANK")
SHAPES = (
    SMALLEST,
    *[HASTY] * 4,
    *[FLOODED] * 7,
    MIDDLE,
    LARGER,
    FEW_HOUSEHOLDS,
    FEW_PAYERS,
)


class Attacked(NamedTuple):
    """A summer, what it left behind, and what really was."""

    summer: Summer
    evidence: Evidence
    truth: Truth


@pytest.fixture(scope="session")
async def attacked(kafka: str, postgres: str) -> list[Attacked]:
    """The summers that were run."""
    found = []
    for number in range(int(os.environ.get(SUMMERS, "1"))):
        made = summer(SEED + number, WEEKS, shapes())
        evidence = await run(kafka, postgres, made)
        found.append(Attacked(made, evidence, Truth(made, evidence)))
    return found


@pytest.fixture(scope="session")
async def glance(kafka: str, postgres: str) -> Attacked:
    """Two weeks of a few pools, which take a few seconds."""
    made = summer(SEED, 2, dict(zip(shapes(), (SMALLEST, FLOODED, HASTY, FEW_HOUSEHOLDS, FEW_PAYERS), strict=False)))
    evidence = await run(kafka, postgres, made)
    return Attacked(made, evidence, Truth(made, evidence))


def shapes() -> dict[tuple[str, str, str], Shape]:
    """The pools: two kinds of bills in each city, and one in another currency, whose record is of it alone."""
    places = [(city, kind, "TRY") for city in CITIES for kind in ("water-bill", "gas-bill")]
    return {**dict(zip(places, SHAPES, strict=True)), ("GRATH", "water-bill", "EUR"): SMALLEST}
