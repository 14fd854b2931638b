"""What watches the platform is committed as derived, and asks only for what the apps export."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from b40_chassis.application import Application
from b40_contracts.platform import APPS
from b40_events.app import application as events
from b40_infra import command
from b40_infra.observation import generate
from b40_infra.observation.alerts import ALERTS, Alert, Severity
from b40_infra.observation.own import OF_APPS
from b40_notify.app import application as notify
from b40_registry.app import application as registry
from b40_solidarity.gifts.app import application as gifts
from b40_solidarity.matcher.app import application as matcher
from b40_solidarity.needs.app import application as needs
from typer.testing import CliRunner

from tests.architecture.repository import ROOT
from tests.infra.promql import ALL, faults, result_labels, selected

FOLDER = ROOT / "infra/observation"
APPLICATIONS = (registry, events, needs, gifts, matcher, notify)
TEMPLATE = re.compile(r"\{\{ *\$labels\.(\w+) *\}\}")
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def expressions() -> Iterator[str]:
    """Every expression of the committed files."""
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for file in sorted((FOLDER / "dashboards").iterdir()):
        for panel in json.loads(file.read_text())["panels"]:
            yield from (target["expr"] for target in panel.get("targets", ()))


def test_committed_files_are_those_of_the_catalogues() -> None:
    """Breaks if a topic, an app, a metric or an alarm changed without them; the diff is reviewed."""
    documents = generate.documents()
    there = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file()}
    there -= {path for path in there if path.startswith("settings/")}  # written by hand: nothing of it is derived
    assert there == documents.keys()
    differing = [path for path, text in documents.items() if (FOLDER / path).read_text("utf-8") != text]
    assert differing == [], "run `make observation`"


def test_the_command_writes_them_and_removes_what_is_no_more(tmp_path: Path) -> None:
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards/gone.json").write_text("{}")
    answer = CliRunner().invoke(command.app, ["observation", "generate", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    assert {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*") if file.is_file()} == set(
        generate.documents()
    )


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_parses_and_asks_for_what_is_exported(expression: str) -> None:
    """Breaks if an alarm can never sound or a panel stays empty: its metric or label has another name."""
    assert list(faults(expression)) == []


def test_every_metric_is_looked_at() -> None:
    """Breaks if something is measured that nobody sees."""
    asked = {name for expression in expressions() for name in selected(promql_parser.parse(expression))}
    assert [metric.name for metric in ALL if not asked & set(metric.samples)] == []


@pytest.mark.parametrize("app", APPLICATIONS, ids=lambda app: app.name)
def test_what_an_app_has_of_its_own_is_known(app: Application) -> None:
    """Breaks if a service measures something that no alarm and no dashboard can ask for."""
    assert {metric.name for metric in (*app.counters, *app.gauges)} == {each.name for each in OF_APPS.get(app.name, ())}


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("b40_record_total > 1", "b40_record_total is not exported"),
        ("b40_records > 1", "b40_records is not exported"),
        ('b40_records_total{topic="clock"} > 1', "b40_records_total has no label topic"),
        ("sum by (topic) (rate(b40_records_total[5m]))", "b40_records_total has no label topic to be summed by"),
    ],
)
def test_a_name_or_label_that_is_not_exported_is_noticed(expression: str, told: str) -> None:
    assert list(faults(expression)) == [told]


@pytest.mark.parametrize("expression", ["sum by (job) (up", "rate(up)", "up > > 1"])
def test_what_prometheus_would_not_take_is_noticed(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        list(faults(expression))


@each_alert
def test_an_alarm_says_what_is_wrong_with_labels_that_it_has(alert: Alert) -> None:
    """Breaks if an alarm is told with holes, or without where to begin."""
    labels = result_labels(promql_parser.parse(alert.expression))
    used = {name for text in (alert.summary, alert.description) for name in TEMPLATE.findall(text)}
    assert used <= labels
    assert alert.summary
    assert alert.description.endswith((".", "?"))
    assert alert.severity in Severity
    assert alert.rule()["annotations"]["runbook_url"] == f"runbooks/{alert.name}.md"


def test_alarms_have_names_of_their_own() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)


def test_prometheus_asks_every_app_over_tls() -> None:
    settings: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    jobs = {job["job_name"]: job for job in settings["scrape_configs"]}
    assert tuple(jobs) == APPS
    for name, job in jobs.items():
        assert job["static_configs"] == [{"targets": [f"{name}:9400"]}]
        assert (job["scheme"], job["tls_config"]) == ("https", {"ca_file": "/secrets/authority.pem"})


def test_there_is_a_dashboard_of_each_app_and_one_of_all() -> None:
    models = [json.loads(file.read_text()) for file in sorted((FOLDER / "dashboards").iterdir())]
    assert {model["uid"] for model in models} == {f"b40-{name}" for name in ("overview", *APPS)}
    for model in models:
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in model["panels"]}
        assert len(places) == len(model["panels"]), "no panel lies on another"
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in model["panels"])
        assert all(panel["description"] for panel in model["panels"])
