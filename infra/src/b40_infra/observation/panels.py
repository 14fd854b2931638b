"""Panels of Grafana, as far as our dashboards need them, and how they lie on a dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH = 24
"""Columns of a dashboard."""
SCHEMA_VERSION = 39


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Something to look at. ``queries`` are pairs of PromQL and a legend; ``unit`` is one of Grafana's.

    ``kind`` is ``timeseries``, ``stat``, ``table`` or ``text``; ``bad_from`` is the value from which a stat is red.
    """

    title: str
    description: str
    queries: Sequence[tuple[str, str]] = ()
    unit: str = "short"
    kind: str = "timeseries"
    bad_from: float | None = None
    text: str = ""
    width: int = 8
    height: int = 7

    def model(self, number: int, x: int, y: int) -> dict[str, Any]:
        """The panel as Grafana stores it, at a place of the dashboard."""
        model: dict[str, Any] = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
        }
        if self.kind == "text":
            return model | {"options": {"mode": "markdown", "content": self.text}}
        instant = self.kind in ("stat", "table")
        targets = [
            {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "instant": instant}
            | ({"format": "table"} if self.kind == "table" else {})
            for index, (query, legend) in enumerate(self.queries)
        ]
        return model | {"datasource": DATASOURCE, "fieldConfig": self._fields(), "targets": targets}

    def _fields(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {"unit": self.unit, "min": 0}
        if self.bad_from is not None:
            steps = [{"color": "green", "value": None}, {"color": "red", "value": self.bad_from}]
            defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        return {"defaults": defaults, "overrides": []}


def dashboard(name: str, title: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """A dashboard as Grafana reads it from a file; its panels fill rows from the left."""
    placed, x, y, height = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y, height = 0, y + height, 0
        placed.append(panel.model(number, x, y))
        x, height = x + panel.width, max(height, panel.height)
    return {
        "uid": f"b40-{name}",
        "title": title,
        "tags": ["b40"],
        "timezone": "utc",
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "panels": placed,
    }
