"""One batch in one open transaction: inbox, handlers in waves, what is set aside, what is announced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from b40_contracts.integrators import Integrator
from b40_contracts.platform import Ticked

from b40_chassis import authenticity, inbox, integrators, set_aside, states, ticks
from b40_chassis.errors import Failed, of_infrastructure
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection, Handler
from b40_chassis.reading import Readable, Reading, Tombstone, UnknownType, Unreadable, version_in
from b40_chassis.record import Place, Record
from b40_chassis.set_aside import Aside, HeldKey
from b40_chassis.waves import Wave, waves
from b40_chassis.work import CameMeanwhile, Refusal, Written
from b40_chassis.writing import write

Reason = tuple[str, str]
"""A short code and a sentence."""


@dataclass(slots=True)
class Batch:
    """The records of one transaction and what became of them.

    ``any_held`` is False if nothing is held of their partitions. ``sources`` are known for good after the commit.
    """

    frame: Frame
    connection: Connection
    hearing: str
    readings: Sequence[Reading]
    faulty: Mapping[Place, Reason] = field(default_factory=dict)
    any_held: bool = True
    written: Written = field(default_factory=Written)
    asides: list[Aside] = field(default_factory=list)
    duplicates: list[Record] = field(default_factory=list)
    held: dict[HeldKey, int] = field(default_factory=dict)
    forgotten: list[Readable] = field(default_factory=list)
    sources: Mapping[str, int] = field(default_factory=dict)
    integrators: list[Integrator] = field(default_factory=list)
    released: int = 0
    skipped: int = 0

    async def run(self) -> None:
        """Take all records. Raises Failed, CameMeanwhile, or what a batch handler or the database raised."""
        fit = self._set_unfit_aside()
        await self._note_ticks(fit)
        stated = await self._new_states(fit)
        await self._keep_integrators(stated)
        new = {id(each) for each in (*stated, *await self._new_events(fit))}
        await self._handle([each for each in fit if id(each) in new])
        await self._write()

    def _set_unfit_aside(self) -> list[Readable]:
        fit: list[Readable] = []
        for reading in self.readings:
            record = reading.record
            if isinstance(reading, Unreadable):
                self.asides.append(Aside(record, "unreadable", reading.reason, reading.detail))
            elif self.faulty and record.place in self.faulty:
                reason, detail = self.faulty[record.place]
                self.asides.append(Aside(record, "failed", reason, detail, *_identity(reading)))
                if record.topic not in self.frame.state_topics:
                    self._hold(record)
            elif not isinstance(reading, Tombstone) and self._is_let_in(reading):
                if isinstance(reading, UnknownType):
                    self._refuse_unknown(reading)
                else:
                    fit.append(reading)
        return fit

    def _is_let_in(self, reading: Readable | UnknownType) -> bool:
        """Whether its sender may say it. What is forged is set aside before it can use up an id or hold a key."""
        if reading.record.topic not in self.frame.open_intakes:
            return True
        found = authenticity.objection(self.frame, reading)
        if found is None:
            return True
        claim, reason, detail = found
        if found.is_forgery:
            self.asides.append(Aside(reading.record, "failed", reason, detail, claim.source, claim.id))
        else:
            sender = reading.heard if isinstance(reading, Readable) else reading
            self.written.refused.append(Refusal(sender, claim.type, reason, detail))
        return False

    async def _keep_integrators(self, stated: Sequence[Readable]) -> None:
        heard = [each.heard for each in stated if each.heard.event.type == Integrator.type]
        if heard:
            await integrators.keep(self.connection, heard)
            self.integrators = [each.event for each in heard]

    def _refuse_unknown(self, reading: UnknownType) -> None:
        if reading.record.topic in self.frame.intakes:
            detail = f"type: {reading.record.topic} does not take {reading.cloud_event.type}"
            self.written.refused.append(Refusal(reading, reading.cloud_event.type, "unknown-type", detail))
        else:
            self.skipped += 1

    async def _note_ticks(self, fit: Sequence[Readable]) -> None:
        await ticks.note(self.connection, [each.heard for each in fit if each.heard.event.type == Ticked.type])

    async def _new_states(self, fit: Sequence[Readable]) -> list[Readable]:
        latest: dict[str, dict[str, Readable]] = {}
        for each in fit:
            if each.record.topic in self.frame.state_topics:
                known = latest.setdefault(each.record.topic, {}).setdefault(each.heard.key, each)
                if (each.heard.version or 0) > (known.heard.version or 0):
                    latest[each.record.topic][each.heard.key] = each
        new = []
        for topic, by_key in sorted(latest.items()):
            versions = {key: each.heard.version or 0 for key, each in by_key.items()}
            higher = await states.take_higher(self.connection, topic, versions)
            self.released += await set_aside.release(self.connection, {(topic, key) for key in higher})
            new += [by_key[key] for key in higher]
        tombstones = [reading for reading in self.readings if isinstance(reading, Tombstone)]
        for tombstone in tombstones:
            key, version = _buried(tombstone)
            await states.take_higher(self.connection, tombstone.record.topic, {key: version})
        await self._note_own_states([*fit, *tombstones])
        return new

    async def _note_own_states(self, stated: Iterable[Readable | Tombstone]) -> None:
        last: dict[str, dict[str, int]] = {}
        mine = [each for each in stated if each.record.topic in self.frame.own_states]
        for each in sorted(mine, key=lambda each: each.record.offset):
            key, version = _buried(each) if isinstance(each, Tombstone) else _stated(each)
            last.setdefault(each.record.topic, {})[key] = version
        for topic, versions in sorted(last.items()):
            await states.note_again(self.connection, topic, versions)

    async def _new_events(self, fit: Sequence[Readable]) -> list[Readable]:
        events = [each for each in fit if self._enters_inbox(each)]
        if not events:
            return []
        if self.any_held:
            for key, first in (await set_aside.held_keys(self.connection, [each.record for each in events])).items():
                self.held[key] = min(first, self.held.get(key, first))
        free = [each for each in events if not self._held_back(each)]
        entries = [
            inbox.entry(
                each.heard,
                each.data,
                self.frame.secret,
                canonical=each.record.topic in self.frame.intakes,
                versioned=self.frame.versioned,
            )
            for each in free
        ]
        sources = (each.source for each in entries)
        self.sources = await inbox.source_numbers(self.connection, sources, self.frame.sources)
        new, conflicting = await inbox.insert(self.connection, entries, self.sources)
        for index, each in enumerate(free):
            if index in conflicting:
                self._tell_conflict(each, entries[index].digest)
            elif index not in new:
                self.duplicates.append(each.record)
        return [free[index] for index in sorted(new)]

    def _enters_inbox(self, each: Readable) -> bool:
        return each.record.topic in self.frame.event_topics and self._handler(each) is not None

    def _handler(self, each: Readable) -> Handler | None:
        return self.frame.application.hears.handlers.get(each.heard.event.type)

    def _hold(self, record: Record) -> None:
        self.held.setdefault(set_aside.held_key(record), record.offset)

    def _held_back(self, each: Readable) -> bool:
        if not self.held or each.record.offset <= self.held.get(set_aside.held_key(each.record), each.record.offset):
            return False
        detail = "waits behind an earlier event of its key"
        self.asides.append(Aside(each.record, "behind", "behind", detail, each.heard.source, each.heard.id))
        return True

    def _tell_conflict(self, each: Readable, digest: bytes) -> None:
        detail = "id: this id was used before with other content; the first stays as it was"
        if each.record.topic in self.frame.intakes:
            refusal = Refusal(each.heard, each.heard.event.type, "id-reused", detail, digest.hex())
            self.written.refused.append(refusal)
        else:
            self.asides.append(Aside(each.record, "failed", "id-reused", detail, each.heard.source, each.heard.id))

    async def _handle(self, new: Sequence[Readable]) -> None:
        handled = [
            ((each.record.topic, each.heard.key), handler, each)
            for each in new
            if (handler := self._handler(each)) is not None
        ]
        if not handled:
            return
        nows = await ticks.business_times(self.connection, [each.heard for _, _, each in handled])
        for wave in waves(handled):
            await self._run_wave(wave, nows)

    async def _run_wave(self, wave: Wave[Readable], nows: Mapping[datetime, datetime]) -> None:
        for handler, items in wave:
            free = [each for each in items if not self._held_in_wave(each)]
            for now, group in groupby(free, key=lambda each: nows[each.heard.appended]):
                await self._call(handler, list(group), now)

    def _held_in_wave(self, each: Readable) -> bool:
        if not self._held_back(each):
            return False
        self.forgotten.append(each)
        return True

    async def _call(self, handler: Handler, items: list[Readable], now: datetime) -> None:
        work = self.frame.work(self.connection, now, self.written)
        if handler.batch:
            await handler.call([each.heard for each in items], work)
            self._note_waiting(items, now)
            return
        for each in items:
            if self._held_in_wave(each):
                continue
            try:
                await handler.call(each.heard, work)
            except Exception as error:
                if of_infrastructure(error) or isinstance(error, CameMeanwhile):
                    raise
                raise Failed(each.record, error, handler.name) from error
            self._note_waiting([each], now)

    def _note_waiting(self, items: Sequence[Readable], now: datetime) -> None:
        by_heard = {id(each.heard): each for each in items}
        for waiting in self.written.waiting:
            each = by_heard[id(waiting.heard)]
            self.forgotten.append(each)
            self._hold(each.record)
            detail = f"waits for {waiting.key} on {waiting.topic}"
            self.asides.append(
                Aside(
                    each.record,
                    "waiting",
                    "waiting",
                    detail,
                    each.heard.source,
                    each.heard.id,
                    (waiting.topic, waiting.key),
                    now + set_aside.WAITING_AT_MOST,
                )
            )
        self.written.waiting.clear()

    async def _write(self) -> None:
        if self.forgotten:
            await inbox.forget(self.connection, [each.heard for each in self.forgotten])
        if self.asides:
            await set_aside.insert(self.connection, self.hearing, self.asides)
        await write(self.frame, self.connection, self.written)


def _stated(reading: Readable) -> tuple[str, int]:
    return reading.heard.key, reading.heard.version or 0


def _buried(tombstone: Tombstone) -> tuple[str, int]:
    record = tombstone.record
    key = (record.key or b"").decode("utf-8", "replace").replace("\0", "")
    return key, version_in(record.header("ce_stateversion")) or 1


def _identity(reading: Reading) -> tuple[str | None, str | None]:
    if isinstance(reading, Readable):
        return reading.heard.source, reading.heard.id
    return None, None
