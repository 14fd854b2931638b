"""The JSON Schema of an event, as integrators read it."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from b40_contracts.event import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Plain(GenerateJsonSchema):
    """Pydantic's schemas without a title for every field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's data; ``x-key`` names the field that is key and subject."""
    generated: dict[str, Any] = _exact(event.model_json_schema(schema_generator=_Plain))
    return {
        "$schema": DIALECT,
        "$id": f"urn:b40:schema:{event.type}",
        "x-type": event.type,
        "x-key": event.key,
        **generated,
    }


def schema_text(event: type[Event]) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(event), ensure_ascii=False, indent=2) + "\n"


def _exact(node: Any) -> Any:
    """Say in the standard's words what the reader checks: bounds of instants, no keys beside the patterns."""
    if isinstance(node, list):
        return [_exact(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {("formatMinimum" if name == "ge" else name): _exact(value) for name, value in node.items()}
    if "patternProperties" in node:
        node.setdefault("additionalProperties", False)
    return node
