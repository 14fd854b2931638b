"""Every API does what its OpenAPI document says, for what it should take and for what it should not (schemathesis).

Nothing fails inside, no answer is undocumented, nothing is taken that breaks the document, nothing refused that keeps
it.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from b40_contracts.platform import APPS
from b40_events.app import application as events
from b40_infra.local import ports
from b40_notify.app import application as notify
from b40_notify.settings import settings as of_notify
from b40_registry.app import application as registry
from b40_solidarity.gifts.app import application as gifts
from b40_solidarity.matcher.app import application as matcher
from b40_solidarity.needs.app import application as needs

from tests.attacks.conftest import listening
from tests.support.stage import Stage

APPLICATIONS = (registry, events, needs, gifts, matcher, notify)
KINDS = ("public", "operations")
FUZZING_SECONDS_MAX = 600


@pytest.fixture(scope="module")
async def offered(kafka: str, postgres: str) -> AsyncIterator[dict[str, Any]]:
    """Document and address of each API, by app and kind."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("B40_VAULT_KEY", "cd" * 32)
        environment.setenv("B40_PUBLIC_URL", "https://notify.b40.example")
        of_notify.cache_clear()
        async with Stage(kafka, postgres, *APPLICATIONS) as stage, AsyncExitStack() as stack:
            offered: dict[str, Any] = {}
            for name, service in stage.services.items():
                for kind, api in zip(KINDS, (service.public_api(), service.operations_api()), strict=True):
                    port = await stack.enter_async_context(listening(api, stage.settings[name]))
                    offered[f"{name} {kind}"] = (api.openapi(), f"http://{ports.HOST}:{port}")
            yield offered
    of_notify.cache_clear()


@pytest.fixture(scope="module")
async def wrong(offered: dict[str, Any]) -> dict[str, list[str]]:
    """What is wrong with each API, by app and kind."""
    return await _fuzzed(offered)


async def _fuzzed(offered: dict[str, Any]) -> dict[str, list[str]]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.attacks.fuzzing", stdin=pipe, stdout=pipe
    )
    async with asyncio.timeout(FUZZING_SECONDS_MAX):
        told, _ = await process.communicate(json.dumps(offered).encode())
    assert process.returncode == 0
    found: dict[str, list[str]] = json.loads(told)
    assert found.keys() == offered.keys()
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("app", APPS)
async def test_an_api_does_what_it_documents(wrong: dict[str, list[str]], app: str, kind: str) -> None:
    assert not wrong[f"{app} {kind}"], "\n".join(wrong[f"{app} {kind}"])


@pytest.mark.parametrize("path", ["/asyncapi", "/asyncapi/try", "/docs/asyncapi", "/docs/asyncapi/try"])
async def test_no_page_of_documentation_publishes(offered: dict[str, Any], path: str) -> None:
    """INVARIANT: the intake alone takes events. FastStream's own page of AsyncAPI offers to publish anything."""
    async with httpx.AsyncClient() as http:
        for name, (_, address) in offered.items():
            answer = await http.post(address + path, json={"operation_id": "publish", "message": {}})
            assert answer.status_code == 404, name
