"""The mistakes that `make mutants` makes can still be made; that they are noticed, that command shows."""

import pytest

from tests.mutants.mistake import ROOT, Mistake
from tests.mutants.mistakes import MISTAKES


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_every_mistake_can_still_be_made(mistake: Mistake) -> None:
    """Breaks if the chassis changed and the list of mistakes did not."""
    assert mistake.found() == 1
    assert mistake.text != mistake.instead
    tests = (ROOT / mistake.tests).read_text("utf-8")
    assert all(word in tests for word in mistake.only.split(" or ")), "a word that chooses tests is of none of them"


def test_mistakes_have_names_of_their_own() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names))
