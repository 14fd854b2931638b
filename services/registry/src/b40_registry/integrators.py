"""Integrators: who may be registered, how keys follow one another, and what revoking means."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from b40_contracts import catalogue
from b40_contracts.integrators import KEYS_MAX, PLATFORM, ApiKey, Integrator, SigningKey, falls_under
from b40_contracts.topic import MEMORY_DAYS, Kind

from b40_registry.objections import Objection

Key = TypeVar("Key", ApiKey, SigningKey)

KEPT_AFTER_END = timedelta(days=2 * MEMORY_DAYS)
"""How long a key that ended stays in the state: what was signed with it may be heard again after a restore."""


def objection(new: Integrator, known: Iterable[Integrator]) -> Objection | None:
    """What is wrong with registering an integrator, given those that are known; None if nothing is."""
    others = [PLATFORM, *known]
    if any(each.name == new.name for each in others):
        return Objection("known-name", f"name: there is an integrator {new.name} already")
    for index, source in enumerate(new.sources):
        for other in others:
            if any(falls_under(source, theirs) or falls_under(theirs, source) for theirs in other.sources):
                return Objection("taken-source", f"sources.{index}: {source} and a source of {other.name} overlap")
    return _unknown_type(new) or key_objection(new, others)


def key_objection(new: Integrator, others: Iterable[Integrator]) -> Objection | None:
    """What is wrong with the keys of an integrator, given the others; None if nothing is."""
    theirs = {id_ for each in others if each.name != new.name for id_ in _key_ids(each)}
    own = _key_ids(new)
    if len(set(own)) < len(own) or theirs & set(own):
        return Objection("known-key", "keys: a key is registered already; make a new one")
    if max(len(new.api_keys), len(new.signing_keys)) > KEYS_MAX:
        return Objection("too-many-keys", f"keys: {new.name} has {KEYS_MAX} keys of a kind already, with those ended")
    return None


def with_keys(
    integrator: Integrator, api_keys: Sequence[ApiKey], signing_keys: Sequence[SigningKey], ends: datetime, at: datetime
) -> Integrator:
    """The integrator with further keys; of each kind that gets one, those before end then, if not sooner."""
    return _changed(
        integrator,
        at,
        api_keys=(*(_ending(integrator.api_keys, ends) if api_keys else integrator.api_keys), *api_keys),
        signing_keys=(
            *(_ending(integrator.signing_keys, ends) if signing_keys else integrator.signing_keys),
            *signing_keys,
        ),
    )


def revoked(integrator: Integrator, at: datetime) -> Integrator:
    """The integrator revoked: nothing of it is taken from this moment on. One that is revoked already stays so."""
    return integrator if integrator.revoked is not None else _changed(integrator, at, revoked=at)


def _key_ids(integrator: Integrator) -> list[str]:
    return [*(key.id for key in integrator.api_keys), *(key.id for key in integrator.signing_keys)]


def _unknown_type(new: Integrator) -> Objection | None:
    reported = {event.type for topic in catalogue.TOPICS if topic.kind is Kind.INTAKE for event in topic.events}
    for index, type_ in enumerate(new.types or ()):
        if type_ not in reported:
            return Objection("unknown-type", f"types.{index}: {type_} is not reported by integrators")
    return None


def _ending(keys: Sequence[Key], ends: datetime) -> tuple[Key, ...]:
    return tuple(
        key if key.ends is not None and key.ends <= ends else key.model_copy(update={"ends": ends}) for key in keys
    )


def _changed(integrator: Integrator, at: datetime, **changed: object) -> Integrator:
    """The next revision, without keys that ended long ago."""
    next_ = integrator.model_copy(update={"revision": integrator.revision + 1, **changed})
    return next_.model_copy(
        update={"api_keys": _remembered(next_.api_keys, at), "signing_keys": _remembered(next_.signing_keys, at)}
    )


def _remembered(keys: Sequence[Key], at: datetime) -> tuple[Key, ...]:
    return tuple(key for key in keys if key.ends is None or key.ends > at - KEPT_AFTER_END)
