"""What may not change inside a version of an event: only additive, optional fields."""

from collections.abc import Mapping
from typing import Any

ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples"})

Schema = Mapping[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """What of a published schema the new one breaks, a sentence each; empty if it only adds optional fields.

    Both directions count: what was published must stay readable, and who reads by the old schema must
    understand what is published by the new one. So also a wider type or a new value of an enumeration breaks.
    """
    return _compare("data", old, new, old, new)


def _compare(path: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> list[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    found = []
    for word in sorted((old.keys() | new.keys()) - ANNOTATIONS - {"properties", "required"}):
        before, after = old.get(word), new.get(word)
        if isinstance(before, dict) and isinstance(after, dict) and word != "patternProperties":
            found += _compare(path, before, after, old_root, new_root)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            found += _compare_lists(path, word, before, after, old_root, new_root)
        elif before != after:
            found.append(f"{path}: {word} was {_told(before)}, is {_told(after)}")
    return found + _compare_fields(path, old, new, old_root, new_root)


def _compare_lists(
    path: str, word: str, old: list[Any], new: list[Any], old_root: Schema, new_root: Schema
) -> list[str]:
    found = []
    for before, after in zip(old, new, strict=True):
        if isinstance(before, dict) and isinstance(after, dict):
            found += _compare(path, before, after, old_root, new_root)
        elif before != after:
            found.append(f"{path}: {word} was {_told(before)}, is {_told(after)}")
    return found


def _compare_fields(path: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> list[str]:
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    old_required, new_required = set(old.get("required", ())), set(new.get("required", ()))
    found = []
    for name in sorted(old_fields.keys() | new_fields.keys()):
        where = f"{path}.{name}"
        if name not in new_fields:
            found.append(f"{where}: is gone")
        elif name not in old_fields:
            found += [f"{where}: is new and required"] if name in new_required else []
        elif (name in old_required) is not (name in new_required):
            found.append(f"{where}: became {'required' if name in new_required else 'optional'}")
        else:
            found += _compare(where, old_fields[name], new_fields[name], old_root, new_root)
    return found


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with its reference, if it is one, replaced by what it refers to."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return {**target, **{word: value for word, value in schema.items() if word != "$ref"}}


def _told(value: Any) -> str:
    return "absent" if value is None else repr(value)
