"""Where the parts of a platform on this machine listen; written beside its data so that other commands find it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from b40_contracts.platform import APPS

from b40_infra.errors import Trouble
from b40_infra.local import ports

FILE = "addresses.json"
USUAL_KAFKA, USUAL_CONTROLLER, USUAL_POSTGRES, USUAL_SMTP = 9392, 9393, 5439, 1025
USUAL_PUBLIC, USUAL_OPERATIONS = 8401, 9401


@dataclass(frozen=True, slots=True)
class AppAddress:
    """Ports of one app: the read API and intake, and operations."""

    public_port: int
    operations_port: int

    @property
    def public(self) -> str:
        """URL of the read API and the intake."""
        return f"http://{ports.HOST}:{self.public_port}"

    @property
    def operations(self) -> str:
        """URL of health, metrics and repairs."""
        return f"http://{ports.HOST}:{self.operations_port}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports of all parts of one platform."""

    kafka: int
    controller: int
    postgres: int
    smtp: int
    apps: Mapping[str, AppAddress]

    @property
    def bootstrap(self) -> str:
        """Kafka's address, ``host:port``."""
        return f"{ports.HOST}:{self.kafka}"

    def write(self, folder: Path) -> None:
        """Leave the addresses in the platform's folder, for ``b40 status`` and others."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2), "utf-8")


def usual(apps: Sequence[str] = APPS) -> Addresses:
    """The ports that ``b40 up`` uses, the same each time."""
    own = {app: AppAddress(USUAL_PUBLIC + APPS.index(app), USUAL_OPERATIONS + APPS.index(app)) for app in apps}
    return Addresses(USUAL_KAFKA, USUAL_CONTROLLER, USUAL_POSTGRES, USUAL_SMTP, own)


def free(apps: Sequence[str] = APPS) -> Addresses:
    """Ports that nobody uses now, for a platform beside others."""
    taken: set[int] = set()

    def port() -> int:
        while (found := ports.free()) in taken:
            pass
        taken.add(found)
        return found

    return Addresses(port(), port(), port(), port(), {app: AppAddress(port(), port()) for app in apps})


def read(folder: Path) -> Addresses:
    """The addresses of the platform that runs in this folder. Raises Trouble if none does."""
    try:
        raw = json.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError:
        raise Trouble(f"no platform runs in {folder}: start one with `make up`, or give its --folder") from None
    return Addresses(**raw | {"apps": {name: AppAddress(**ports_) for name, ports_ in raw["apps"].items()}})
