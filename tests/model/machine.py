"""The model: what senders, two members, the relay, operations and accidents do, in any order that hypothesis draws."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.model.fate import Fate, Ill
from tests.model.log import ACCOUNTS, PARTITIONS, Kind, Said
from tests.model.rig import NEW
from tests.model.world import World

UNTRUSTED = 10**9
"""Nothing of this log can be accounted for before a person has it go on."""

members = st.integers(0, 1)
partitions = st.integers(0, PARTITIONS - 1)
sizes = st.fixed_dictionaries({partition: st.integers(1, 3) for partition in range(PARTITIONS)})
offsets = st.fixed_dictionaries({partition: st.integers(0, 6) for partition in range(PARTITIONS)})
actions = st.integers(0, 13)
fates = st.builds(Fate, st.sampled_from((Ill.NOTHING, Ill.NOTHING, Ill.KILL, Ill.FAIL)), actions)
relay_fates = st.builds(
    Fate, st.sampled_from((Ill.NOTHING, Ill.KILL, Ill.FAIL, Ill.UNSENT, Ill.UNACKNOWLEDGED)), st.integers(0, 5)
)
kinds = st.sampled_from((Kind.GOOD, Kind.GOOD, Kind.GOOD, Kind.POISON, Kind.UNLUCKY, Kind.UNREADABLE, Kind.UNKNOWN))
told = st.lists(kinds, min_size=1, max_size=3)
accounts = st.sampled_from(ACCOUNTS)


class Machine(World):
    """One schedule."""

    @initialize(each=st.booleans())
    def begin(self, each: bool) -> None:
        """An empty database; the first assignment stores the first positions."""
        self.rig.each = each
        self.do(self.rig.restore(NEW))
        self.members = [self.new_member(), self.new_member()]
        self.do(self.members[0].rebalance(dict.fromkeys(range(PARTITIONS), 0), listened=True))
        self.known = self.look().positions

    @rule(member=members, account=accounts, said=told, taken=sizes, fate=fates, relayed=relay_fates)
    def work(
        self, member: int, account: str, said: list[Kind], taken: dict[int, int], fate: Fate, relayed: Fate
    ) -> None:
        """What happens most of all: something is said, a member that has settled takes it, the relay sends."""
        self.say(account, said)
        self.make_ready(member)
        self.hand_over(member, taken, fate)
        self.do(self.rig.relay(self.sent, relayed, self.monkeypatch))

    @rule(frozen=members, account=accounts, said=told, first=sizes, second=sizes, at=actions)
    def work_at_once(
        self, frozen: int, account: str, said: list[Kind], first: dict[int, int], second: dict[int, int], at: int
    ) -> None:
        """Something is said, and both members believe to have it; one is frozen amid its batch."""
        self.say(account, said)
        self.make_ready(0)
        self.make_ready(1)
        self.hear_at_once(frozen, first, second, at)

    @rule(account=accounts, said=told)
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

    @rule(good=st.booleans())
    def mend(self, good: bool) -> None:
        """What failed for some events is mended, or broken again."""
        self.do(self.rig.mend(good))

    @rule(pick=st.integers(0, 3), fate=fates)
    def replay(self, pick: int, fate: Fate) -> None:
        """A person replays a dead letter."""
        for number in self.dead()[pick:][:1]:
            self.do(self.rig.replay(number, fate))

    @rule(pick=st.integers(0, 3))
    def give_up(self, pick: int) -> None:
        """A person gives up a dead letter; if it is said again and taken then, that is later."""
        for number in self.dead()[pick:][:1]:
            self.log.passed_over = True
            self.do(self.rig.discard(number))

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
        for member in self.members:
            member.unaware = True
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
