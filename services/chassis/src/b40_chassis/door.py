"""The door of an intake over HTTPS: who comes, how fast, and what they may report or ask.

An integrator comes with ``Authorization: Bearer <API key>`` (RFC 6750). A source that somebody registered needs that
integrator's key, to report under it and to learn what became of its events. Everybody else is a stranger: allowed
only if the settings say so, and told apart by address.
"""

from datetime import UTC, datetime

from b40_contracts.cloudevents import CloudEvent
from b40_contracts.event import Event
from b40_contracts.integrators import Integrator
from fastapi import Request

from b40_chassis.frame import Frame
from b40_chassis.problems import Problem
from b40_chassis.rates import Rates

SCHEME = "bearer"


class Visitor:
    """Who made a request: an integrator, or a stranger (None), and the name under which it is told apart."""

    def __init__(self, door: "Door", integrator: Integrator | None, name: str) -> None:
        self.integrator = integrator
        self._door = door
        self._name = name

    def brings(self, events: int) -> None:
        """Count the events of a request; one was counted when it came."""
        self._door.rates.take(self._name, events - 1)

    def check_report(self, name: str, cloud_event: CloudEvent, event: Event) -> None:
        """Raise Problem (401, 403) if it may not report this; ``name`` is put before the field, as ``[2].``."""
        self.check_source(cloud_event.source, f"{name}source")
        if self.integrator is None:
            return
        beyond = self.integrator.beyond(cloud_event.source, cloud_event.type, event)
        if beyond is not None:
            field, reason = name + beyond[0], beyond[1]
            raise _forbidden(f"{field}: {reason}", field)

    def check_type(self, event: type[Event]) -> None:
        """Raise Problem (403) if it is an integrator that may not report events of this type."""
        if self.integrator is not None and not self.integrator.reports(event.type):
            told = f"authorization: {event.type} is not one of the types that {self.integrator.name} may report"
            raise _forbidden(told, "authorization")

    def check_source(self, source: str, field: str = "source") -> None:
        """Raise Problem (401, 403) unless this source is its own, or nobody's and strangers are allowed."""
        if self.integrator is not None:
            if not self.integrator.owns(source):
                raise _forbidden(f"{field}: is not one of the sources of {self.integrator.name}", field)
            return
        if self._door.is_registered(source):
            raise _unknown(f"{field}: is that of a registered integrator, whose API key is needed", field)


class Door:
    """The door of one app."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.rates = Rates(frame.settings.intake_rate, frame.settings.intake_burst)

    def enter(self, request: Request) -> Visitor:
        """Who comes. Raises Problem: 401 for a key that is not known, or for none where strangers are refused; 429."""
        given = request.headers.getlist("authorization")
        integrator = self._holder(given)
        address = request.client.host if request.client is not None else "unknown"
        name = f"integrator {integrator.name}" if integrator is not None else f"address {address}"
        if seconds := self.rates.wait(name):
            detail = f"at most {self._frame.settings.intake_rate:g} events a second: come again in {seconds} s"
            raise Problem(429, "Too fast", detail, headers={"retry-after": str(seconds)})
        self.rates.take(name)
        if given and integrator is None:
            raise _unknown("authorization: must be Bearer and an API key that is known here and has not ended")
        if integrator is None and not self._frame.strangers_allowed:
            raise _unknown("authorization: is missing; this intake takes reports of registered integrators alone")
        return Visitor(self, integrator, name)

    def is_registered(self, source: str) -> bool:
        """Whether a source is somebody's."""
        return self._frame.integrators.owner(source) is not None

    def _holder(self, given: list[str]) -> Integrator | None:
        if len(given) != 1:
            return None
        scheme, _, key = given[0].partition(" ")
        if scheme.lower() != SCHEME:
            return None
        return self._frame.integrators.holder(key.strip(), datetime.now(UTC))


def _unknown(detail: str, field: str = "authorization") -> Problem:
    return Problem(401, "Not known", detail, field, headers={"www-authenticate": 'Bearer realm="b40"'})


def _forbidden(detail: str, field: str) -> Problem:
    return Problem(403, "Beyond scope", detail, field)
