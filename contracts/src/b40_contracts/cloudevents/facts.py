"""Between the platform's facts and their envelopes: describe one for the wire, read one from it."""

import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from b40_contracts.cloudevents.envelope import CloudEvent, Malformed, is_json
from b40_contracts.cloudevents.structured import parse_json
from b40_contracts.event import Event

ERRORS_TOLD_MAX = 3

_SUSPECT = re.compile(rb"NaN|Infinity|\\u0000")
_TELLABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def describe(
    event: Event,
    *,
    id: str,  # noqa: A002  (its name in CloudEvents)
    source: str,
    time: datetime,
    extensions: Mapping[str, str] | None = None,
) -> CloudEvent:
    """The envelope of a fact that ``source`` says under ``id``; ``time`` is when it happened, in business time."""
    return CloudEvent(
        id=id,
        source=source,
        type=event.type,
        time=time,
        subject=event.subject,
        data=event.model_dump_json().encode(),
        extensions=extensions or {},
    )


def read(cloud_event: CloudEvent, types: Mapping[str, type[Event]]) -> Event:
    """The fact in an envelope, of one of these types. The data are parsed once, strictly as their schema says.

    A missing subject is no fault: the event knows its own. A missing time is one, though CloudEvents allows
    it: every fact happened at some time, and only its sender knows when. Raises Malformed, whose field is
    ``type`` for a type that is not among ``types``, and else names the part of the data, as ``data.amount_minor``.
    """
    known = types.get(cloud_event.type)
    if known is None:
        raise Malformed("type", "is not known here")
    if cloud_event.time is None:
        raise Malformed("time", "is missing: say when the fact happened")
    if cloud_event.data is None:
        raise Malformed("data", "is missing")
    if not is_json(cloud_event.datacontenttype):
        raise Malformed("datacontenttype", "must be application/json in UTF-8")
    if _SUSPECT.search(cloud_event.data) is not None:
        _refuse_null_characters(cloud_event.data)
    try:
        event = known.model_validate_json(cloud_event.data, strict=True)
    except ValidationError as error:
        raise _malformed(error) from None
    if cloud_event.subject is not None and cloud_event.subject != event.subject:
        raise Malformed("subject", f"differs from data.{known.key}, the key of this type")
    return event


def _refuse_null_characters(data: bytes) -> None:
    unseen = [parse_json("data", data)]
    while unseen:
        value = unseen.pop()
        if isinstance(value, dict):
            unseen += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            unseen += value
        elif isinstance(value, str) and "\0" in value:
            raise Malformed("data", "holds the character U+0000, which no text contains")


def _malformed(error: ValidationError) -> Malformed:
    told = [
        (".".join(("data", *map(_tellable, item["loc"]))), _message(item["type"], item["msg"]))
        for item in error.errors(include_url=False, include_context=False, include_input=False)[:ERRORS_TOLD_MAX]
    ]
    field, reason = told[0]
    further = "".join(f"; {where}: {why}" for where, why in told[1:])
    more = error.error_count() - len(told)
    return Malformed(field, reason + further + (f"; and {more} more" if more else ""))


def _tellable(part: int | str) -> str:
    name = str(part)
    return name if _TELLABLE_NAME.fullmatch(name) else "*"


def _message(kind: str, message: str) -> str:
    if kind == "union_tag_invalid":
        return "Input is of none of the kinds that are known here"
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
