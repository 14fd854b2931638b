"""Where benchmarks keep what they make: compiled classes, an environment of their own, the report."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".b40/bench"
REPORT = WORK / "report.json"
