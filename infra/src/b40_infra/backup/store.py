"""Where backups lie: ``<root>/<app>/<moment>/`` with the dump and its manifest, readable by their owner alone.

A backup is made under a name that begins with a point, and renamed when all of it is on the disk: under its own name
it is whole, or not there. Its manifest carries sums, so that damage is noticed. They are no signature: who may write in
the folder can also make a backup that is whole and wrong.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from b40_infra import private
from b40_infra.errors import Trouble
from b40_infra.local import alone

KEYS = "-keys"
"""What the name of an app ends with where the keys of its persons lie, apart from its database."""
DUMP, MANIFEST, LOCK = "database.dump", "manifest.json", ".lock"
MAKING, GOING = ".making-", ".going-"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Position(_Told):
    """How far the app had heard a partition."""

    hearing: str
    topic: str
    partition: int
    next_offset: int


class Noted(_Told):
    """What the database says of itself, in the same snapshot as the dump."""

    migrations: Mapping[str, Sha256]
    positions: tuple[Position, ...]


class Part(_Told):
    """Size and sum of a file."""

    bytes: int
    sha256: Sha256


class Manifest(_Told):
    """What a backup is of; ``sum`` is over all the rest of it."""

    format: Literal[1] = 1
    app: str
    taken: AwareDatetime
    server: str
    noted: Noted
    dump: Part
    sum: str = ""

    def summed(self) -> Self:
        """The same with its sum."""
        return self.model_copy(update={"sum": self._sum()})

    def whole(self) -> bool:
        """Whether it is as it was written."""
        return self.sum == self._sum()

    def _sum(self) -> str:
        return hashlib.sha256(self.model_dump_json(exclude={"sum"}).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: its folder, named by the moment at which it was taken."""

    folder: Path

    @property
    def app(self) -> str:
        """Whose database it is of, by where it lies."""
        return self.folder.parent.name

    @property
    def name(self) -> str:
        """Its name among the app's."""
        return self.folder.name

    @property
    def dump(self) -> Path:
        """The file with the database."""
        return self.folder / DUMP

    def manifest(self) -> Manifest:
        """What it says of itself. Raises Trouble if that cannot be read, or is not as it was written."""
        try:
            manifest = Manifest.model_validate_json((self.folder / MANIFEST).read_bytes())
        except (OSError, ValidationError):
            raise self._damaged("its manifest cannot be read") from None
        if not manifest.whole():
            raise self._damaged("its manifest is not as it was written")
        return manifest

    def verified(self) -> Manifest:
        """Its manifest, once all of it was read and is as it was written. Raises Trouble."""
        manifest = self.manifest()
        if manifest.app != self.app:
            raise Trouble(f"{self.folder} is a backup of {manifest.app}, not of {self.app}")
        try:
            found = part(self.dump)
        except OSError:
            raise self._damaged(f"{DUMP} cannot be read") from None
        if found.bytes != manifest.dump.bytes:
            raise self._damaged(f"{DUMP} has {found.bytes} bytes instead of {manifest.dump.bytes}")
        if found.sha256 != manifest.dump.sha256:
            raise self._damaged(f"{DUMP} has another SHA-256 than its manifest says")
        return manifest

    def _damaged(self, why: str) -> Trouble:
        return Trouble(f"{self.folder} is damaged: {why}. Take another one: `b40 backups list` names them")


def part(file: Path) -> Part:
    """Size and sum of a file. Raises OSError."""
    with file.open("rb") as opened:
        return Part(bytes=file.stat().st_size, sha256=hashlib.file_digest(opened, "sha256").hexdigest())


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of all backups."""

    root: Path

    def apps(self) -> list[str]:
        """The apps of which there are backups."""
        return sorted(folder.name for folder in self.root.glob("*") if folder.is_dir())

    def backups(self, app: str) -> list[Backup]:
        """Those of an app, the oldest first."""
        return [Backup(each) for each in sorted((self.root / app).glob("[!.]*")) if each.is_dir()]

    def find(self, app: str, name: str | None) -> Backup:
        """The one of this name, or the newest. Raises Trouble if it is not there."""
        there = {backup.name: backup for backup in self.backups(app)}
        if not there:
            raise Trouble(f"there is no backup of {app} in {self.root}")
        if name is not None and name not in there:
            raise Trouble(f"there is no backup {name} of {app}: the newest is {max(there)}")
        return there[name or max(there)]

    @contextmanager
    def writing(self, app: str, now: datetime) -> Iterator[Path]:
        """A new folder to write a backup in; it gets its own name when all went well, and goes if not."""
        folder = self.root / app
        private.make(folder)
        with _alone(folder):
            _clear(folder)
            name = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z"
            making = folder / f"{MAKING}{name}"
            making.mkdir(mode=0o700)
            try:
                yield making
                for each in (*making.iterdir(), making):
                    private.sync(each)
                making.rename(folder / name)
            except BaseException:
                shutil.rmtree(making)
                raise
            private.sync(folder)

    def newest_keys(self, app: str) -> Backup | None:
        """The newest backup of an app's keys of persons, or None."""
        return max(self.backups(app + KEYS), key=lambda backup: backup.name, default=None)

    def prune(self, app: str, keep: int) -> list[Backup]:
        """Delete all but the newest of an app. Returns what went."""
        with _alone(self.root / app):
            _clear(self.root / app)
            old = self.backups(app)[:-keep]
            for each in old:
                going = each.folder.rename(each.folder.with_name(f"{GOING}{each.name}"))
                shutil.rmtree(going)
            return old


def _clear(folder: Path) -> None:
    """Delete what was left half made or half deleted; nobody else is about it."""
    for left in (*folder.glob(f"{MAKING}*"), *folder.glob(f"{GOING}*")):
        shutil.rmtree(left)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time in an app's folder; the lock goes with the process, however it ends. Raises Trouble."""
    descriptor = alone.take(folder / LOCK, f"another command works in {folder}: wait until it has ended")
    try:
        yield
    finally:
        alone.give_back(descriptor)
