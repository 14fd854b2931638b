"""Derived ids: the same cause gives the same id, another secret or ordinal another, and they grow with time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import RFC_4122

import pytest
from b40_chassis.hears import Connection
from b40_chassis.identity import Identity
from b40_chassis.work import Work, Written
from b40_contracts.event import Event
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tests.chassis.library import BOOKS, BookShelved

NOON = datetime(2022, 6, 20, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Came:
    source: str = "//x"
    id: str = "1"
    time: datetime = NOON


ME, OTHER = Identity(b"a" * 32), Identity(b"b" * 32)


def test_what_is_said_again_has_the_id_of_the_first_time() -> None:
    first = ME.announcement(Came(), "org.b40.x.y.done", "key", 0, sealed=False)
    assert first == ME.announcement(Came(), "org.b40.x.y.done", "key", 0, sealed=False)
    assert (first.version, first.variant) == (8, RFC_4122)


@pytest.mark.parametrize(
    "other",
    [
        OTHER.announcement(Came(), "t", "key", 0, sealed=False),
        ME.announcement(Came(id="2"), "t", "key", 0, sealed=False),
        ME.announcement(Came(source="//y"), "t", "key", 0, sealed=False),
        ME.announcement(Came(), "u", "key", 0, sealed=False),
        ME.announcement(Came(), "t", "yek", 0, sealed=False),
        ME.announcement(Came(), "t", "key", 1, sealed=False),
        ME.new(Came(), 0),
        ME.task(Came(), "t", 0),
    ],
)
def test_whatever_differs_gives_another_id(other: object) -> None:
    assert other != ME.announcement(Came(), "t", "key", 0, sealed=False)


def test_parts_cannot_run_into_each_other() -> None:
    """Breaks if the parts are joined without their lengths."""
    assert ME.announcement(Came(), "ab", "c", 0, sealed=False) != ME.announcement(Came(), "a", "bc", 0, sealed=False)


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_ids_grow_with_the_time_of_their_cause(start: int, later: int) -> None:
    early = NOON + timedelta(milliseconds=start)
    late = early + timedelta(milliseconds=later)
    assert ME.new(Came(time=early), 0) < ME.new(Came(time=late), 0)


def test_on_sealed_topics_an_id_tells_the_day_and_nothing_finer() -> None:
    sealed = ME.announcement(Came(), "t", "key", 0, sealed=True)
    midnight = NOON.replace(hour=0, minute=0)
    assert sealed.int >> 80 == int(midnight.timestamp() * 1000)


def test_chance_falls_the_same_way_again_for_the_same_cause_only() -> None:
    draw = [ME.random(Came()).random() for _ in range(2)]
    assert draw[0] == draw[1]
    assert draw[0] != ME.random(Came(id="2")).random()


def test_a_key_is_of_one_purpose_and_of_one_secret() -> None:
    """Breaks if who learns one key knows another, or if a restored app signs with another one."""
    other = Identity(b"another secret of at least 32 bytes")
    keys = [ME.key("signing"), ME.key("salting"), other.key("signing")]
    assert len({*keys}) == 3
    assert ME.key("signing") == keys[0]
    assert {len(key) for key in keys} == {32}


def work() -> Work:
    """A transaction that has just begun; announcing needs no connection."""
    return Work(cast("Connection", None), NOON, ME, lambda _: BOOKS, (), Written())


class BookShelvedWider(Event):
    """The second version of a fact."""

    type = "org.b40.library.book.shelved.v2"
    key = "book"
    book: str = Field(description="Number of the book.")


def test_all_versions_of_a_fact_are_said_under_one_id() -> None:
    """Breaks if who knows both versions would take the fact twice."""
    saying = work()
    newer = saying.announce(BookShelvedWider(book="b"), cause=Came())
    assert saying.announce(BookShelved(book="b", title="t"), cause=Came()) == newer


def test_an_id_does_not_depend_on_what_else_its_transaction_says() -> None:
    """Breaks if after a restore, where batches are cut elsewhere, a fact comes under another id: it counts twice."""
    book = BookShelved(book="b", title="t")
    both, alone = work(), work()
    both.announce(book, cause=Came(id="before"))
    assert both.announce(book, cause=Came()) == alone.announce(book, cause=Came())
