"""Sends to APIs what their OpenAPI documents allow, and what they do not: ``python -m tests.attacks.fuzzing``.

It reads ``{name: [document, address]}`` as JSON and writes ``{name: [what is wrong, …]}``. A process of its own:
Hypothesis wants nobody else to use chance meanwhile. The same requests come every time.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

Check = Callable[..., Any]
Operation: TypeAlias = "APIOperation[Any, Any, Any, Any]"

REQUESTS = 4
"""Of each operation and each kind."""
ANSWER_SECONDS_MAX = 20
EXCLUDED: Mapping[str, Iterable[Check]] = {
    # which events an intake takes, their own JSON Schemas say, and the sender's rights
    "POST /intake": [checks.positive_data_acceptance],
    # whether a secret of receipts is somebody's is not told: nobody's has none, as one whose record is still to come
    "GET /receipts": [checks.ignored_auth],
}
"""What is not asked of an operation, and why."""


def failures(document: dict[str, Any], address: str) -> list[str]:
    """What one API does otherwise than its document says."""
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == sum(len(methods) for methods in document["paths"].values()), "an operation is passed over"
    return [
        f"{operation.label}, {mode.value}: {wrong}"
        for operation in operations
        for mode in _modes(operation)
        if (wrong := _wrong(operation, mode, address)) is not None
    ]


def _modes(operation: Operation) -> Sequence[GenerationMode]:
    """Where nothing is to be said nothing can be said wrong."""
    parts = (operation.path_parameters, operation.query, operation.headers, operation.body)
    return (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if any(map(len, parts)) else (GenerationMode.POSITIVE,)


def _wrong(operation: Operation, mode: GenerationMode, address: str) -> str | None:
    try:
        _send(operation, mode, address)
    except FailureGroup as group:
        return "\n".join(str(each) for each in group.exceptions)
    except Unsatisfiable:
        if mode is GenerationMode.POSITIVE:
            raise  # else any text is as good as any other: nothing can be said wrong
    return None


def _send(operation: Operation, mode: GenerationMode, address: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        excluded = list(EXCLUDED.get(operation.label, ()))

        @settings(
            max_examples=REQUESTS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: "schemathesis.Case[Any]") -> None:
            case.call_and_validate(address, session, excluded_checks=excluded, timeout=ANSWER_SECONDS_MAX)

        send()


if __name__ == "__main__":
    load_all_checks()
    json.dump({name: failures(*each) for name, each in json.load(sys.stdin).items()}, sys.stdout)
