"""Registering integrators, on the operations port alone: nobody can register itself through an open intake.

Keys are made where they are used. What comes here is the digest of an API key and the public half of a signing key.
Moments come from the caller, who knows what time it is outside: keys end by the broker's clock, not by business time.
"""

from b40_chassis.api import Read, Write
from b40_chassis.problems import Problem
from b40_contracts.integrators import ApiKey, Digits, EventType, Integrator, SigningKey, SourcePrefix
from b40_contracts.values import CityCode, Slug
from fastapi import APIRouter
from pydantic import BaseModel, Field

from b40_registry import integrators
from b40_registry.moments import NamedInstant
from b40_registry.objections import Objection
from b40_registry.store import integrators as store

router = APIRouter(tags=["integrators"])


class Keys(BaseModel):
    """New keys of an integrator."""

    api_keys: list[Digits] = Field(default=[], max_length=5, description="SHA-256 of API keys, in hexadecimal digits.")
    signing_keys: list[Digits] = Field(
        default=[], max_length=5, description="Public halves of Ed25519 keys (32 bytes), in hexadecimal digits."
    )
    at: NamedInstant = Field(description="What time it is.")

    def for_https(self) -> tuple[ApiKey, ...]:
        """The API keys, without an end."""
        return tuple(ApiKey(digest=digest) for digest in self.api_keys)

    def for_kafka(self) -> tuple[SigningKey, ...]:
        """The signing keys, without an end."""
        return tuple(SigningKey(public=public) for public in self.signing_keys)


class Registration(Keys):
    """An integrator to register."""

    name: Slug
    sources: list[SourcePrefix] = Field(min_length=1, max_length=20)
    types: list[EventType] | None = Field(default=None, max_length=100)
    cities: list[CityCode] | None = Field(default=None, max_length=500)


class Rotation(Keys):
    """New keys, and when those before them end."""

    ends: NamedInstant = Field(description="From then on keys of the same kind that were there before are not taken.")


class Revocation(BaseModel):
    """When nothing is taken any more."""

    at: NamedInstant = Field(description="What time it is.")


@router.get("/integrators")
async def list_integrators(read: Read) -> list[Integrator]:
    """All integrators, in order of their names, with those that were revoked."""
    return await store.listed(read)


@router.post("/integrators", status_code=201)
async def register(wanted: Registration, write: Write) -> Integrator:
    """Register an integrator under sources that nobody has."""
    new = Integrator(
        name=wanted.name,
        revision=1,
        since=wanted.at,
        sources=tuple(wanted.sources),
        types=None if wanted.types is None else tuple(wanted.types),
        cities=None if wanted.cities is None else tuple(wanted.cities),
        api_keys=wanted.for_https(),
        signing_keys=wanted.for_kafka(),
        revoked=None,
    )
    _require(integrators.objection(new, await store.lock(write.work.connection)))
    return await _state(write, new)


@router.post("/integrators/{name}/rotate")
async def rotate(name: Slug, wanted: Rotation, write: Write) -> Integrator:
    """Give an integrator further keys, and let those before them end."""
    known = await store.lock(write.work.connection)
    found = _find(known, name)
    if found.revoked is not None:
        raise Problem(409, "Revoked", f"name: {name} is revoked; register it anew under another name", "name")
    next_ = integrators.with_keys(found, wanted.for_https(), wanted.for_kafka(), wanted.ends, wanted.at)
    _require(integrators.key_objection(next_, known))
    return await _state(write, next_)


@router.post("/integrators/{name}/revoke")
async def revoke(name: Slug, wanted: Revocation, write: Write) -> Integrator:
    """End all keys of an integrator at once. Its sources stay its own: nobody else may use them."""
    return await _state(write, integrators.revoked(_find(await store.lock(write.work.connection), name), wanted.at))


async def _state(write: Write, integrator: Integrator) -> Integrator:
    await store.keep(write.work.connection, [integrator])
    write.work.state_changed(Integrator, integrator.name)
    return integrator


def _find(known: list[Integrator], name: str) -> Integrator:
    found = next((each for each in known if each.name == name), None)
    if found is None:
        raise Problem(404, "Unknown", f"name: there is no integrator {name}", "name")
    return found


def _require(objection: Objection | None) -> None:
    if objection is not None:
        raise Problem(409, "Not registered", objection.detail, objection.detail.partition(":")[0])
