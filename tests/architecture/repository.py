"""Where things lie in this repository."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
CHASSIS = ROOT / "services/chassis/src/b40_chassis"
SERVICES = {
    "b40_registry": ROOT / "services/registry/src/b40_registry",
    "b40_events": ROOT / "services/events/src/b40_events",
    "b40_solidarity": ROOT / "services/solidarity/src/b40_solidarity",
    "b40_notify": ROOT / "services/notify/src/b40_notify",
}
SOLIDARITY = {f"b40_solidarity.{hand}": SERVICES["b40_solidarity"] / hand for hand in ("needs", "gifts", "matcher")}
APPS = {
    "registry": "b40_registry",
    "events": "b40_events",
    "solidarity-needs": "b40_solidarity.needs",
    "solidarity-gifts": "b40_solidarity.gifts",
    "solidarity-matcher": "b40_solidarity.matcher",
    "notify": "b40_notify",
}
CODE = [CONTRACTS, ROOT / "services", ROOT / "infra", ROOT / "tests"]


def committed() -> list[Path]:
    """The files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
