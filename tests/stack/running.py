"""The stack that all tests of this folder share: how it is set, and how compose is told."""

import os
from pathlib import Path

from b40_contracts import catalogue
from b40_contracts.solidarity import ORDER_LINES
from b40_contracts.topic import Kind
from b40_infra.stack import PROJECT
from b40_infra.stack import compose as stack_compose

INFRA = Path(__file__).parents[2] / "infra"
SEASON = "season"
REPORTS_ON = [topic.name for topic in catalogue.TOPICS if topic.kind is Kind.INTAKE and not topic.sealed]
UNOBSERVED = "B40_TEST_UNOBSERVED"
"""Set to anything, what watches the stack is left out; the tests of observing.py cannot run then."""
OBSERVATION = {"COMPOSE_PROFILES": "observation", "B40_OTLP_ENDPOINT": "https://collector:4318/v1/traces"}
ENVIRONMENT = {
    "COMPOSE_PROJECT_NAME": PROJECT,
    "B40_STRANGERS": "allowed",
    "B40_INTEGRATORS": f"{SEASON}={','.join([*REPORTS_ON, ORDER_LINES.name])}",
    **({} if os.environ.get(UNOBSERVED) else OBSERVATION),
}


def compose(*arguments: str) -> str:
    """A command of docker compose, as operations give it."""
    return stack_compose(INFRA, *arguments).decode()
