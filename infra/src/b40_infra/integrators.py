"""Integrators from the operator's side: keys are made here; digests and public halves go to the registry."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from b40_contracts import catalogue
from b40_contracts.integrators import key_id
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from b40_infra import private
from b40_infra.errors import Trouble
from b40_infra.operations import Operations

REGISTRY = "registry"
KEY_BYTES = 32
KEY_PREFIX = "b40_"
"""So that a key that was written down somewhere is recognised as one."""
HEARD_SECONDS_MAX = 30.0
ASK_SECONDS = 0.2
OTHER_COPIES_SECONDS = 1.0
"""A copy that did not hear of a change itself looks twice a second."""


def new_api_key() -> tuple[str, str]:
    """A new API key, and its digest, which is all that the platform gets to know."""
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    return key, hashlib.sha256(key.encode()).hexdigest()


def new_signing_key(path: Path) -> str:
    """Make an Ed25519 key (RFC 8032) and write its private half (PEM, PKCS 8, mode 0600). Returns the public half.

    Raises Trouble if there is a file already: a key that is written over is lost.
    """
    if path.exists():
        raise Trouble(f"{path} is there already: name a file that is not")
    if not path.parent.is_dir():
        raise Trouble(f"{path} cannot be written: there is no folder {path.parent}")
    key = Ed25519PrivateKey.generate()
    private.write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key().public_bytes_raw().hex()


def public_key(path: Path) -> Ed25519PublicKey:
    """The public half in a PEM file. Raises Trouble, also if it holds a key of another kind."""
    key = _loaded(path, load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise Trouble(f"{path} holds a key that is not Ed25519")
    return key


def id_of(public: str) -> str:
    """What the key is called whose public half are these hexadecimal digits."""
    return key_id(bytes.fromhex(public))


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private half in a PEM file without a password. Raises Trouble, also if it holds a key of another kind."""
    key = _loaded(path, lambda content: load_pem_private_key(content, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise Trouble(f"{path} holds a key that is not Ed25519")
    return key


def _loaded(path: Path, load: Callable[[bytes], object]) -> object:
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise Trouble(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Trouble(f"{path} holds no such key in PEM, or one with a password") from None


class Register:
    """The registry's list of integrators, and the apps that hear of it."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def listed(self) -> list[dict[str, Any]]:
        """All integrators, in order of their names."""
        found: list[dict[str, Any]] = self._operations.ask("GET", REGISTRY, "/integrators")
        return found

    def add(
        self,
        name: str,
        sources: Sequence[str],
        keys: Mapping[str, list[str]],
        types: Sequence[str] | None,
        cities: Sequence[str] | None,
    ) -> dict[str, Any]:
        """Register an integrator. Raises Trouble naming what is wrong."""
        wanted = {"name": name, "sources": list(sources), "types": types, "cities": cities, "at": _now(), **keys}
        return self._change("/integrators", wanted)

    def rotate(self, name: str, keys: Mapping[str, list[str]], ends_after: timedelta) -> dict[str, Any]:
        """Give an integrator new keys; those of their kind that were there end after a while."""
        ends = (datetime.now(UTC) + ends_after).isoformat()
        return self._change(f"/integrators/{name}/rotate", {"at": _now(), "ends": ends, **keys})

    def revoke(self, name: str) -> dict[str, Any]:
        """End all of an integrator's keys."""
        return self._change(f"/integrators/{name}/revoke", {"at": _now()})

    def in_force(self, name: str, revision: int) -> list[str]:
        """Wait until every app with an intake has heard of a change. Returns their names; raises Trouble."""
        apps = [app for app in self._operations.apps if catalogue.intake_of(app) is not None]
        missing, end = list(apps), monotonic() + HEARD_SECONDS_MAX
        while missing := [app for app in missing if self._heard(app).get(name, 0) < revision]:
            if monotonic() > end:
                raise Trouble(f"it is registered, but not in force at {', '.join(missing)}: see `b40 status`")
            sleep(ASK_SECONDS)
        sleep(OTHER_COPIES_SECONDS)
        return apps

    def _heard(self, app: str) -> dict[str, int]:
        heard: dict[str, int] = self._operations.ask("GET", app, "/intake/integrators")
        return heard

    def _change(self, path: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = self._operations.ask("POST", REGISTRY, path, json=wanted)
        return changed


def _now() -> str:
    return datetime.now(UTC).isoformat()
