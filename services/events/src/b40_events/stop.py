"""A stop of a tour through its life: invited, confirmed, dated, played; or withdrawn, or without a day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from b40_contracts.events import Act, TourChange, Window

from b40_events.tour import suits


class Status(StrEnum):
    """Where a stop is in its life."""

    INVITED = "invited"
    CONFIRMED = "confirmed"
    DATED = "dated"
    UNSCHEDULABLE = "unschedulable"
    WITHDRAWN = "withdrawn"
    PLAYED = "played"


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop as it is known. ``asked_again``: other windows came while dates were being decided."""

    tour: str
    city: str
    status: Status
    windows: tuple[Window, ...] = ()
    on: date | None = None
    why: str | None = None
    acts: tuple[Act, ...] = ()
    asked_again: bool = False

    @property
    def takes_part(self) -> bool:
        """Whether a day is wanted or held."""
        return self.status in (Status.CONFIRMED, Status.DATED, Status.PLAYED)

    @property
    def needs_decision(self) -> bool:
        """Whether the tour's dates do not yet say what they must about this stop."""
        if self.status is Status.CONFIRMED:
            return True
        if self.status is Status.DATED:
            assert self.on is not None, "a dated stop has a day"
            return not suits(self.on, self.windows)
        return self.status is Status.WITHDRAWN and self.on is not None

    @property
    def missing(self) -> tuple[Literal["local", "guest"], ...]:
        """What its line-up lacks: at least one local and one guest act must play."""
        return missing_acts(self.city, self.acts)


def missing_acts(city: str, acts: Sequence[Act]) -> tuple[Literal["local", "guest"], ...]:
    """What a line-up lacks in a city."""
    local: tuple[Literal["local"], ...] = () if any(act.city == city for act in acts) else ("local",)
    guest: tuple[Literal["guest"], ...] = () if any(act.city != city for act in acts) else ("guest",)
    return (*local, *guest)


def confirmed(stop: Stop, windows: tuple[Window, ...], *, while_deciding: bool) -> Stop:
    """A stop after its city confirmed with these windows.

    It keeps a day that it had, also one from which it withdrew, unless that may just be given to another.
    """
    given_up = stop.status is Status.WITHDRAWN and while_deciding
    on = None if given_up else stop.on
    status = Status.CONFIRMED if on is None else Status.DATED
    return replace(stop, status=status, on=on, windows=windows, why=None, asked_again=while_deciding)


def decided(stop: Stop, change: TourChange) -> Stop:
    """A stop after a decision that counts. What happened to it while dates were being decided is decided next."""
    after = replace(stop, asked_again=False)
    if change.kind == "withdrawn":
        return replace(after, on=None) if stop.status is Status.WITHDRAWN else after
    if stop.status is Status.PLAYED:
        return after
    if stop.status is Status.WITHDRAWN:
        return replace(after, on=change.on)
    if change.kind == "unschedulable":
        status = Status.CONFIRMED if stop.asked_again else Status.UNSCHEDULABLE
        return replace(after, status=status, on=None)
    return replace(after, status=Status.DATED, on=change.on)
