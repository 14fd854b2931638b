"""The two ports of an app over TLS: with the certificate of its file, and plain HTTP refused."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
from b40_chassis import healthy
from b40_chassis.port import opened
from b40_chassis.settings import Settings
from b40_infra.certificates import Authority
from b40_infra.local import ports
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from tests.support.ground import until


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    certificate = Authority(tmp_path).issue(tmp_path, "registry", ["127.0.0.1"])
    return Settings(
        kafka="nowhere:1", database=SecretStr("postgresql://nowhere"), secret=SecretStr("ab" * 32), tls=certificate
    )


@pytest.mark.parametrize("ready", [True, False])
async def test_a_container_is_healthy_when_its_app_is_ready(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ready: bool
) -> None:
    """Breaks if a container counts as healthy before its app takes anything, or never over TLS."""
    api, port = FastAPI(), ports.free()
    api.add_api_route("/ready", lambda: JSONResponse({}, 200 if ready else 503))
    monkeypatch.setenv("B40_OPERATIONS_PORT", str(port))
    monkeypatch.setenv("B40_TLS", str(settings.tls))
    assert not healthy.ready(), "nobody listens yet"

    async def listens() -> bool:
        return ports.listens(port)

    async with opened(api, settings, port):
        await until(listens)
        assert await asyncio.to_thread(healthy.ready) is ready


async def test_a_port_shows_who_it_is(settings: Settings, tmp_path: Path) -> None:
    port = ports.free()
    trusted = ssl.create_default_context(cafile=tmp_path / "authority.pem")

    async def listens() -> bool:
        return ports.listens(port)

    async with opened(FastAPI(), settings, port), httpx.AsyncClient(verify=trusted, trust_env=False) as client:
        await until(listens)
        assert (await client.get(f"https://127.0.0.1:{port}/openapi.json")).status_code == 200
        with pytest.raises(httpx.TransportError):
            await client.get(f"http://127.0.0.1:{port}/openapi.json")
