"""Envelopes for the codec's tests: one ordinary, and all that are allowed."""

from datetime import UTC, datetime

from b40_contracts.cloudevents import CloudEvent
from hypothesis import strategies as st

MORNING = datetime(2022, 6, 28, 6, tzinfo=UTC)

ORDINARY = CloudEvent(
    id="7",
    source="https://opendata.sarajevo.ba/b40",
    type="org.b40.registry.membership.reported.v1",
    time=MORNING,
    subject="BASJJ",
    data=b'{"city":"BASJJ"}',
    extensions={"correlationid": "c1"},
)

_ILLEGAL = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF]))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=_ILLEGAL), min_size=1, max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)
sources = st.sampled_from(
    ["urn:b40:registry", "/sensors/tn-1234", "https://ibb.istanbul/b%C4%B1?a=1&b=2#c", "mailto:x@y"]
)
extension_names = st.sampled_from(["correlationid", "causationid", "traceparent", "sequence", "x1"])
times = st.datetimes(datetime(1900, 1, 2), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
subjects = st.none() | st.sampled_from(["Kırklareli", "Niš", "a b", '"quoted"', "100%", "%41", "Скопје", "🚌"]) | texts


@st.composite
def envelopes(
    draw: st.DrawFn,
    data: st.SearchStrategy[bytes | None],
    times: st.SearchStrategy[datetime | None],
) -> CloudEvent:
    """Any envelope that the codec allows, with JSON data drawn from ``data``."""
    return CloudEvent(
        id=draw(texts),
        source=draw(sources),
        type=draw(st.sampled_from(["org.b40.registry.city.stated.v1", "com.example.other"])),
        time=draw(times),
        subject=draw(subjects),
        data=draw(data),
        dataschema=draw(st.none() | st.just("urn:b40:schema:x")),
        extensions=draw(st.dictionaries(extension_names, texts, max_size=3)),
    )
