"""The model: what senders, two members, the relay, operations and accidents do, in any order that hypothesis draws."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.model import invariants
from tests.model.clients import Sent
from tests.model.fate import Fate, Ill
from tests.model.log import ACCOUNTS, PARTITIONS, Kind, Log, Said
from tests.model.rig import DEAD, NEW, Member, Rig, Snapshot

T = TypeVar("T")
ROUNDS_MAX = 300
"""More than any schedule needs to come to rest: who is not at rest by then makes no progress."""

members = st.integers(0, 1)
partitions = st.integers(0, PARTITIONS - 1)
sizes = st.fixed_dictionaries({partition: st.integers(0, 3) for partition in range(PARTITIONS)})
offsets = st.fixed_dictionaries({partition: st.integers(0, 6) for partition in range(PARTITIONS)})
actions = st.integers(0, 13)
fates = st.builds(Fate, st.sampled_from((Ill.NOTHING, Ill.NOTHING, Ill.KILL, Ill.FAIL)), actions)
relay_fates = st.builds(
    Fate, st.sampled_from((Ill.NOTHING, Ill.KILL, Ill.FAIL, Ill.UNSENT, Ill.UNACKNOWLEDGED)), st.integers(0, 5)
)
kinds = st.sampled_from((Kind.GOOD, Kind.GOOD, Kind.GOOD, Kind.POISON, Kind.UNREADABLE, Kind.UNKNOWN))


class Machine(RuleBasedStateMachine):
    """One schedule."""

    rig: Rig
    runner: asyncio.Runner
    monkeypatch: pytest.MonkeyPatch
    rested = 0
    """How many schedules came to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.sent = Sent()
        self.trusted: dict[int, int] = dict.fromkeys(range(PARTITIONS), 0)
        self.backup: tuple[dict[int, int], list[Any]] | None = None
        self.known: dict[int, int] = {}

    @initialize(each=st.booleans())
    def begin(self, each: bool) -> None:
        """An empty database; the first assignment stores the first positions."""
        self.rig.each = each
        self.do(self.rig.restore(NEW))
        self.members = [self.new_member(), self.new_member()]
        self.do(self.members[0].rebalance(dict.fromkeys(range(PARTITIONS), 0), listened=True))
        self.known = self.look().positions

    @rule(account=st.sampled_from(ACCOUNTS), said=st.lists(kinds, min_size=1, max_size=3))
    def say(self, account: str, said: list[Kind]) -> None:
        """Senders say new things."""
        for kind in said:
            self.log.say(account, kind)

    @precondition(lambda self: self.log.ever)
    @rule(data=st.data())
    def say_again(self, data: Any) -> None:
        """A sender repeats itself."""
        self.log.say_again(data.draw(st.sampled_from(self.log.ever)))

    @precondition(lambda self: self.log.ever)
    @rule(data=st.data())
    def use_an_id_again(self, data: Any) -> None:
        """A sender says something else under an id that was used before."""
        before: Said = data.draw(st.sampled_from(self.log.ever))
        self.log.say(before.account, Kind.GOOD, before.id)

    @rule(member=members, chosen=st.sets(partitions), kept=offsets, listened=st.booleans())
    def rebalance(self, member: int, chosen: set[int], kept: dict[int, int], listened: bool) -> None:
        """A member gets partitions, which another may still believe to have."""
        self.do(self.members[member].rebalance({each: kept[each] for each in chosen}, listened=listened))
        self.bury(member)

    @rule(member=members)
    def listen(self, member: int) -> None:
        """The listener is called late."""
        self.do(self.members[member].listen())
        self.bury(member)

    @rule(member=members, taken=sizes, fate=fates)
    def hear(self, member: int, taken: dict[int, int], fate: Fate) -> None:
        """A member takes a batch, or dies over it, or its connection breaks, perhaps just after its commit."""
        self.hand_over(member, taken, fate)

    @rule(frozen=members, first=sizes, second=sizes, at=actions)
    def hear_at_once(self, frozen: int, first: dict[int, int], second: dict[int, int], at: int) -> None:
        """A member is frozen amid its batch while the other goes on, which may believe to have the same partitions."""
        self.do(self._at_once(self.members[frozen], self.members[1 - frozen], first, second, Fate(Ill.FREEZE, at)))
        self.bury(0)
        self.bury(1)

    @rule(fate=relay_fates)
    def relay(self, fate: Fate) -> None:
        """The relay sends what is in the outbox."""
        self.do(self.rig.relay(self.sent, fate, self.monkeypatch))

    @rule(at=st.integers(0, 5))
    def relay_at_once(self, at: int) -> None:
        """A leader is frozen while it sends; another takes the lead and sends all; the first thaws and goes on."""
        self.do(self._relay_at_once(Fate(Ill.FREEZE, at)))

    @rule(fate=fates)
    def release(self, fate: Fate) -> None:
        """A key that was released goes on."""
        self.do(self.rig.release(fate))

    @rule(data=st.data())
    def give_up(self, data: Any) -> None:
        """A person gives up a dead letter."""
        dead = sorted(number for state, number in self.look().asides.values() if state in DEAD)
        if dead:
            self.do(self.rig.discard(data.draw(st.sampled_from(dead))))

    @rule()
    def back_up(self) -> None:
        """The database is backed up."""
        self.do(self.rig.back_up())
        self.backup = (dict(self.trusted), list(self.log.partitions))

    @precondition(lambda self: self.backup)
    @rule()
    def restore(self) -> None:
        """The database is lost and restored, under running members."""
        assert self.backup is not None
        trusted, logs = self.backup
        self.do(self.rig.restore())
        self.known = self.look().positions
        for partition in range(PARTITIONS):
            same = self.log.partitions[partition] is logs[partition]
            self.trusted[partition] = trusted[partition] if same or not self.known[partition] else UNTRUSTED

    @rule(partition=partitions, by=st.integers(1, 4))
    def cut(self, partition: int, by: int) -> None:
        """Retention removes records, taken or not."""
        log = self.log.partitions[partition]
        log.begin = min(log.end, log.begin + by)

    @rule(partition=partitions)
    def make_anew(self, partition: int) -> None:
        """The topic is deleted and made again; who had it loses it."""
        self.log.make_anew(partition)
        self.trusted[partition] = UNTRUSTED if self.known[partition] else 0
        for member in self.members:
            left = {each: at for each, at in member.consumer.positions.items() if each != partition}
            self.do(member.rebalance(left, listened=True))

    @rule(partition=partitions, begin=st.sampled_from(("position", "beginning", "end")))
    def resume(self, partition: int, begin: str) -> None:
        """A person has a stopped partition go on."""
        if partition in self.look().stopped:
            self.go_on(partition, begin)

    @invariant()
    def holds(self) -> None:
        """What must always be true."""
        if self.known:
            now = self.look()
            invariants.books(now, self.log)
            invariants.forward(self.known, now.positions)
            invariants.one_transaction(now, self.log, self.trusted)
            self.known = now.positions

    def teardown(self) -> None:
        """All comes to rest: first with the members as they are, then with a new one that has everything."""
        if not self.known or sys.exc_info()[0] is not None:
            return
        self.hear_all()
        self.members = [self.new_member(), self.new_member()]
        self.do(self.members[0].rebalance(dict.fromkeys(range(PARTITIONS), 0), listened=True))
        for _ in range(ROUNDS_MAX):
            self.hear_all()
            if not self.tidy():
                break
        self.do(self.rig.relay(self.sent, Fate(), self.monkeypatch))
        now = self.look()
        self.holds()
        invariants.at_rest(now, self.log, self.trusted)
        invariants.announced(now, self.log, self.sent)
        invariants.refused(now, self.log, self.sent)
        type(self).rested += 1

    def hear_all(self) -> None:
        """Every member hears until nothing of what it has and what is not stopped is left."""
        for number in range(len(self.members)):
            self.do(self.members[number].look_for_resumed(self.look().stopped))
            for _ in range(ROUNDS_MAX):
                if not self.hand_over(number, dict.fromkeys(range(PARTITIONS), 100), Fate()):
                    break
            member = self.members[number]
            now = self.look()
            for partition in member.consumer.positions.keys() - member.waits - now.stopped.keys():
                log = self.log.partitions[partition]
                if now.positions[partition] >= log.begin:  # else all that was left is gone: nothing comes to be seen
                    assert now.positions[partition] == log.end, f"partition {partition} is not heard on"

    def tidy(self) -> bool:
        """Whether a person or the releaser had something to do; then it is done."""
        now = self.look()
        for partition in now.stopped:
            self.go_on(partition, "position") or self.go_on(partition, "beginning")
        for state, number in now.asides.values():
            if state in DEAD:
                self.do(self.rig.discard(number))
        released = self.do(self.rig.release(Fate()))
        return bool(now.stopped) or released or any(state in DEAD for state, _ in now.asides.values())

    def go_on(self, partition: int, begin: str) -> bool:
        """Have a partition go on; what is passed over is excused."""
        at = self.do(self.rig.resume(self.log, partition, begin))
        if at is not None:
            self.trusted[partition] = at
            self.log.passed_over = True
            self.known[partition] = at
            for member in self.members:
                self.do(member.look_for_resumed(self.look().stopped))
        return at is not None

    def hand_over(self, number: int, taken: dict[int, int], fate: Fate) -> bool:
        """Hand a batch to a member. Returns whether there was one."""
        member = self.members[number]
        records = member.consumer.hand_out(taken)
        if records:
            killed = self.do(member.hear(records, fate))
            self.bury(number, killed=killed)
        return bool(records)

    def bury(self, number: int, *, killed: bool = False) -> None:
        """A member that died starts anew."""
        if killed or self.members[number].died:
            self.members[number] = self.new_member()

    def new_member(self) -> Member:
        """A copy that has just started."""
        return Member(self.rig, self.log)

    def look(self) -> Snapshot:
        """What stands in the database."""
        return self.do(self.rig.look())

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        """Run a step."""
        return self.runner.run(step)

    async def _at_once(
        self, frozen: Member, other: Member, first: dict[int, int], second: dict[int, int], fate: Fate
    ) -> None:
        batch = frozen.consumer.hand_out(first)
        if not batch:
            return
        hearing = asyncio.create_task(frozen.hear(batch, fate))
        await self._until_frozen(hearing, fate)
        later = other.consumer.hand_out(second)
        if later:
            others = asyncio.create_task(other.hear(later, Fate()))
            await self.rig.until_blocked(others)
            fate.thawed.set()
            await others
        fate.thawed.set()
        await hearing

    async def _relay_at_once(self, fate: Fate) -> None:
        frozen = asyncio.create_task(self.rig.relay(self.sent, fate, self.monkeypatch))
        await self._until_frozen(frozen, fate)
        await self.rig.relay(self.sent, Fate(), self.monkeypatch)
        fate.thawed.set()
        await frozen

    async def _until_frozen(self, task: "asyncio.Task[Any]", fate: Fate) -> None:
        freezing = asyncio.create_task(fate.frozen.wait())
        await asyncio.wait({task, freezing}, return_when=asyncio.FIRST_COMPLETED)
        freezing.cancel()


UNTRUSTED = 10**9
"""Nothing of this log can be accounted for before a person has it go on."""
