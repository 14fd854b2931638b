"""Looks for identifiers of parties in text."""

import re
from collections.abc import Mapping

IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z+/]{13,}={0,2}")
"""Ids, hashes, tokens, and names, which are 16 hexadecimal digits; also inside longer words that have a dash."""


def named_in(text: str, names: Mapping[str, str]) -> set[str]:
    """Whom a text names, by any of their identifiers."""
    return {names[word] for word in IDENTIFIER.findall(text) if word in names}
