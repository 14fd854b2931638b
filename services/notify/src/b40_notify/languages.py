"""Which of several languages a person reads: BCP 47 look-up with fallbacks (RFC 4647, 3.4)."""

from collections.abc import Mapping

NETWORK_LANGUAGE = "en"
"""The network's working language: the fallback of all."""


def best(names: Mapping[str, str], language: str) -> str:
    """The name that a reader of ``language`` reads best.

    Tried in order: the tag itself, the tag shortened from its end (``sr-Latn-RS``, ``sr-Latn``, ``sr``), another
    variant of the same language, English, the first by tag. ``names`` is not empty.
    """
    assert names, "a name in no language names nothing"
    parts = language.split("-")
    shorter = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    same_language = sorted(tag for tag in names if tag.split("-")[0] == parts[0])
    for tag in (*shorter, *same_language, NETWORK_LANGUAGE):
        if tag in names:
            return names[tag]
    return names[min(names)]
