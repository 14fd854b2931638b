"""Mistakes that upgrades, crashes and faults of the infrastructure bring to light."""

from tests.mutants.mistake import Mistake

CRASH_POINTS = "tests/failures/test_crash_points.py"
DATABASE_FAULTS = "tests/failures/test_database_faults.py"
INTAKE_FAULTS = "tests/failures/test_intake_faults.py"
OVERLOAD = "tests/failures/test_overload.py"
UPGRADE_CONTRACTS = "tests/failures/test_upgrade_contracts.py"
UPGRADE_MIGRATIONS = "tests/failures/test_upgrade_migrations.py"

UPGRADING = [
    Mistake(
        "a request may wait for ever",
        "frame.py",
        "await asyncio.wait_for(self.requests.acquire(), REQUEST_SECONDS_MAX)",
        "await self.requests.acquire()",
        INTAKE_FAULTS,
        "slow_database",
    ),
    Mistake(
        "what the infrastructure did is our fault",
        "problems.py",
        "        if not of_infrastructure(error):\n            raise error\n",
        "        raise error\n",
        INTAKE_FAULTS,
        "no_answer",
    ),
    Mistake(
        "a report again is entered again",
        "intake.py",
        "           ON CONFLICT (source, id) DO NOTHING RETURNING source, id",
        "           ON CONFLICT (source, id) DO UPDATE SET accepted = now() RETURNING source, id",
        INTAKE_FAULTS,
        "many_times or no_answer",
    ),
    Mistake(
        "a migration waits for its lock as long as it takes",
        "database.py",
        "        await connection.execute(f\"SET LOCAL lock_timeout = '{LOCK_SECONDS_MAX * 1000:.0f}ms'\")\n",
        "",
        UPGRADE_MIGRATIONS,
        "gives_way",
    ),
    Mistake(
        "a migration that met a lock is not tried again",
        "database.py",
        "except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:",
        "except asyncpg.DeadlockDetectedError as error:",
        UPGRADE_MIGRATIONS,
        "gives_way",
    ),
    Mistake(
        "a frozen copy keeps the lock of migrations",
        "database.py",
        "    await connection.execute(f\"SET idle_session_timeout = '{FROZEN_SECONDS_MAX:.0f}s'\")\n",
        "",
        UPGRADE_MIGRATIONS,
        "freezes",
    ),
    Mistake(
        "a changed migration is not noticed",
        "database.py",
        "        if applied.get(script.name, script.checksum) != script.checksum:\n"
        '            raise MigrationChanged(f"{script.name} was applied with another content: '
        'write a new migration")\n',
        "        pass\n",
        UPGRADE_MIGRATIONS,
        "before_anything",
    ),
    Mistake(
        "a newer database is a fault",
        "database.py",
        '    scripts = [*_scripts("frame", FRAME_MIGRATIONS), *_scripts("service", folder)]\n',
        '    scripts = [*_scripts("frame", FRAME_MIGRATIONS), *_scripts("service", folder)]\n'
        "    if applied.keys() - {script.name for script in scripts}:\n"
        '        raise MigrationChanged("the database is newer")\n',
        UPGRADE_MIGRATIONS,
        "newer_database",
    ),
    Mistake(
        "an outdated statement is a fault of the data",
        "errors.py",
        "    if isinstance(error, asyncpg.InvalidCachedStatementError):\n"
        "        return True  # a newer copy has just migrated; asyncpg has forgotten the old statement\n",
        "",
        UPGRADE_MIGRATIONS,
        "blames_no_record",
    ),
    Mistake(
        "versions of a fact are compared",
        "inbox.py",
        "    if heard.event.type in versioned:",
        "    if False:",
        UPGRADE_CONTRACTS,
        "first_and_drops or one_report",
    ),
    Mistake(
        "what an old copy took is compared with another version",
        "inbox.py",
        " or NOT_COMPARED in (known, came)",
        "",
        UPGRADE_CONTRACTS,
        "old_copy_takes or going_back",
    ),
    Mistake(
        "an unknown type among what is set aside is skipped",
        "releasing.py",
        "{**_unknown(readings), **(faulty or {})}",
        "faulty or {}",
        UPGRADE_CONTRACTS,
        "keeps_what",
    ),
    Mistake(
        "only known types can be refused when they waited in vain",
        "due.py",
        "if isinstance(reading, UnknownType):  # a newer version set it aside",
        "if False:",
        UPGRADE_CONTRACTS,
        "time_goes_on",
    ),
    Mistake(
        "an unknown type is not counted",
        "batch.py",
        "            self.skipped += 1",
        "            pass",
        UPGRADE_CONTRACTS,
        "old_copy_takes",
    ),
    Mistake(
        "requests may take the whole pool",
        "frame.py",
        "self.settings.pool_size // 2",
        "self.settings.pool_size * 100",
        DATABASE_FAULTS,
        "slow_requests",
    ),
    Mistake(
        "a replay does not lock what it replays",
        "set_aside.py",
        '"SELECT * FROM b40.set_aside WHERE id = $1 FOR UPDATE"',
        '"SELECT * FROM b40.set_aside WHERE id = $1"',
        DATABASE_FAULTS,
        "two_copies",
    ),
    Mistake(
        "what holds up is the data's fault",
        "errors.py",
        "(OSError, KafkaError",
        "(KafkaError",
        DATABASE_FAULTS,
        "lock_holds_up",
    ),
    Mistake(
        "a statement may wait for ever",
        "database.py",
        "        command_timeout=COMMAND_SECONDS_MAX,\n",
        "",
        DATABASE_FAULTS,
        "silent",
    ),
    Mistake(
        "the relay archives before it sends",
        "relay.py",
        "        places, refused = await asyncio.wait_for(sending.send(records), SEND_SECONDS_MAX)\n"
        "        await self._archive(rows, records, places, refused)\n",
        "        await self._archive(rows, records, {}, {})\n"
        "        places, refused = await asyncio.wait_for(sending.send(records), SEND_SECONDS_MAX)\n",
        CRASH_POINTS,
        "relay",
    ),
    Mistake(
        "a task's claim outlives its copy",
        "worker.py",
        '            "UPDATE b40.task SET leased_by = NULL, leased_until = NULL WHERE leased_by = $1", self._slot',
        '            "UPDATE b40.task SET leased_by = NULL WHERE leased_by = $1 AND false", self._slot',
        CRASH_POINTS,
        "worker",
    ),
    Mistake(
        "what is released leaves in another transaction",
        "releasing.py",
        "            await set_aside.remove(connection, [record.place for record in records])\n            try:",
        "            await set_aside.remove(self._frame.pool, [record.place for record in records])\n            try:",
        CRASH_POINTS,
        "releaser",
    ),
    Mistake(
        "a fetch has no bounds",
        "subscribers.py",
        "fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,",
        "fetch_max_wait_ms=100, max_partition_fetch_bytes=200_000_000, fetch_max_bytes=400_000_000,",
        OVERLOAD,
        "large",
    ),
]
