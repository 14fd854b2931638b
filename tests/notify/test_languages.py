"""Which of several names a person reads (RFC 4647, look-up)."""

import pytest
from b40_notify.languages import best

NAMES = {"en": "Niš", "sr-Cyrl": "Ниш", "sr-Latn": "Niš (lat.)", "bg": "Ниш (бг)"}


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("bg", "Ниш (бг)"),
        ("bg-BG", "Ниш (бг)"),
        ("sr-Latn", "Niš (lat.)"),
        ("sr-Latn-RS", "Niš (lat.)"),
        ("sr", "Ниш"),
        ("sr-RS", "Ниш"),
        ("el", "Niš"),
    ],
)
def test_the_nearest_language_is_read(language: str, name: str) -> None:
    """Breaks if a reader gets a script or language further away than another that is there."""
    assert best(NAMES, language) == name


def test_without_english_there_is_still_a_name() -> None:
    """Breaks if a city without an English name has none."""
    assert best({"tr": "Tekirdağ", "el": "Ραιδεστός"}, "ro") == "Ραιδεστός"
