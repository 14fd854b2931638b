"""Attestations in the database."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import AttestationReported

from b40_solidarity.attested import Attestation


class Hashed(NamedTuple):
    """Whose an attestation is, by keyed hashes."""

    household: UUID
    subject: UUID


class NewAttestation(NamedTuple):
    """An attestation to be entered; if its person was ``erased`` since, nothing is kept of whom it is about."""

    report: AttestationReported
    whose: Hashed
    erased: bool


async def enter(connection: Connection, attestations: Sequence[NewAttestation]) -> None:
    """Enter attestations, each in the place of an earlier one of its id; what was opened stays counted."""
    rows = [_row(one) for one in attestations]
    if rows:
        await connection.execute(
            """INSERT INTO attestation (id, city, household, subject, person, kinds, currency, cap_minor, until,
                 receipt)
               SELECT id, city, household, subject, person, string_to_array(kinds, ' '), currency, cap_minor, until,
                 decode(receipt, 'hex')
               FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                   $8::bigint[], $9::date[], $10::text[])
                 AS one (id, city, household, subject, person, kinds, currency, cap_minor, until, receipt)
               ON CONFLICT (id) DO UPDATE SET city = excluded.city, household = excluded.household,
                 subject = excluded.subject, person = excluded.person, kinds = excluded.kinds,
                 currency = excluded.currency, cap_minor = excluded.cap_minor, until = excluded.until,
                 receipt = excluded.receipt""",
            *zip(*rows, strict=True),
        )


def _row(attestation: NewAttestation) -> tuple[Any, ...]:
    report, whose, erased = attestation
    return (
        report.attestation,
        report.city,
        whose.household,
        whose.subject,
        None if erased else report.person,
        " ".join(report.kinds),
        report.currency,
        report.cap_minor,
        report.until,
        None if erased else report.receipt,
    )


async def end(connection: Connection, subject: UUID) -> None:
    """Nothing more is opened under the attestations of a person, by its keyed hash."""
    await connection.execute("UPDATE attestation SET ended = true WHERE subject = $1", subject)


async def forget(connection: Connection, subject: UUID) -> None:
    """Whose its attestations are can be told no more."""
    await connection.execute("UPDATE attestation SET person = NULL, receipt = NULL WHERE subject = $1", subject)


async def lock(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Attestation]:
    """Those of these attestations that there are, with all of their households, locked until the transaction ends."""
    rows = await connection.fetch(
        """SELECT id, city, household, kinds, currency, cap_minor, until, opened_minor, ended FROM attestation
           WHERE household = ANY(ARRAY(SELECT household FROM attestation WHERE id = ANY($1))) ORDER BY id FOR UPDATE""",
        ids,
    )
    return {row["id"]: Attestation(**{name: value for name, value in row.items() if name != "id"}) for row in rows}


async def count_opened(connection: Connection, changes_minor: Sequence[tuple[UUID, int]]) -> None:
    """Count what was opened under attestations, or withdrawn (a change below zero)."""
    await connection.execute(
        """UPDATE attestation SET opened_minor = opened_minor + change.minor
           FROM (SELECT id, sum(minor)::bigint AS minor FROM unnest($1::uuid[], $2::bigint[]) AS change (id, minor)
                 GROUP BY id) AS change
           WHERE attestation.id = change.id""",
        [attestation for attestation, _ in changes_minor],
        [minor for _, minor in changes_minor],
    )
