"""Carrying over what a report and an announcement share."""

from typing import Any

from b40_contracts.event import Part


def shared(part: type[Part], whole: Part) -> dict[str, Any]:
    """The fields of ``part`` with the values they have in ``whole``, to build another event from."""
    return {name: getattr(whole, name) for name in part.model_fields}
