"""Waves keep the order per key and still give long sequences (design 5.4)."""

from collections import defaultdict
from collections.abc import Sequence

from b40_chassis.hears import Handler
from b40_chassis.waves import waves
from b40_contracts.platform import Ticked
from hypothesis import given
from hypothesis import strategies as st


async def nothing(*_: object) -> None:
    """Handles nothing; only its place in the order counts."""


def handler(order: int, *, many: bool) -> Handler:
    return Handler(event=Ticked, call=nothing, order=order, batch=True, many_per_key=many)


HANDLERS = [handler(0, many=False), handler(1, many=True), handler(2, many=False)]
items = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(HANDLERS)), max_size=40)


def flat(sequence: Sequence[tuple[int, Handler]]) -> list[tuple[int, int, int]]:
    numbered = [(key, each, number) for number, (key, each) in enumerate(sequence)]
    return [
        (wave_number, each.order, item)
        for wave_number, wave in enumerate(waves(numbered))
        for each, group in wave
        for item in group
    ]


@given(items)
def test_every_event_is_handled_once_and_each_key_in_log_order(sequence: Sequence[tuple[int, Handler]]) -> None:
    """Breaks if an event joins a wave in which its key's earlier event comes later."""
    handled = [item for _, _, item in flat(sequence)]
    assert sorted(handled) == list(range(len(sequence)))
    by_key = defaultdict(list)
    for item in handled:
        by_key[sequence[item][0]].append(item)
    assert all(group == sorted(group) for group in by_key.values())


@given(items)
def test_a_handler_gets_a_key_twice_in_one_call_only_if_it_says_so(sequence: Sequence[tuple[int, Handler]]) -> None:
    numbered = [(key, each, number) for number, (key, each) in enumerate(sequence)]
    for wave in waves(numbered):
        for each, group in wave:
            keys = [sequence[item][0] for item in group]
            assert each.many_per_key or len(keys) == len(set(keys))


def test_different_keys_share_one_wave_however_many_there_are() -> None:
    """Breaks if waves are cut finer than the order needs: batches would be of one event each."""
    numbered = [(key, HANDLERS[key % 3], key) for key in range(300)]
    assert len(waves(numbered)) == 1


def test_a_later_handler_of_the_same_key_joins_the_wave_and_an_earlier_one_begins_the_next() -> None:
    assert [wave for wave, _, _ in flat([(1, HANDLERS[0]), (1, HANDLERS[2]), (1, HANDLERS[1])])] == [0, 0, 1]
