"""Attestations in the database."""

from collections.abc import Sequence
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import AttestationReported

from b40_solidarity.attested import Attestation


async def enter(connection: Connection, report: AttestationReported) -> None:
    """Enter an attestation, or put it in the place of the earlier one of its id; what was opened stays counted."""
    await connection.execute(
        """INSERT INTO attestation (id, city, household, person, kinds, currency, cap_minor, until, receipt)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'))
           ON CONFLICT (id) DO UPDATE SET city = excluded.city, household = excluded.household,
             person = excluded.person, kinds = excluded.kinds, currency = excluded.currency,
             cap_minor = excluded.cap_minor, until = excluded.until,
             receipt = excluded.receipt""",
        report.attestation,
        report.city,
        report.household,
        report.person,
        list(report.kinds),
        report.currency,
        report.cap_minor,
        report.until,
        report.receipt,
    )


async def lock(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Attestation]:
    """Those of these attestations that there are, locked until the transaction ends."""
    rows = await connection.fetch(
        """SELECT id, city, household, person, kinds, currency, cap_minor, until, opened_minor
           FROM attestation WHERE id = ANY($1) ORDER BY id FOR UPDATE""",
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
