"""Policies follow one another by version and date; one may be announced before it holds."""

from datetime import datetime

from b40_contracts.solidarity import AnnouncedPolicy, Policy, PolicyTerms


def followed(known: Policy | None, report: PolicyTerms, reported_at: datetime) -> Policy | None:
    """The scope's policy after a report, or None if a newer one was reported before.

    What is to hold later is announced beside what holds now, in the place of what was announced before.
    """
    terms = {name: getattr(report, name) for name in PolicyTerms.model_fields}
    if known is None:
        return Policy(**terms, reported_at=reported_at)
    last = known.announced or known
    if reported_at < last.reported_at:
        return None
    version = last.version + 1
    holds = known.at(reported_at)
    if holds is None or report.in_force_from is None or report.in_force_from <= reported_at:
        return Policy(**terms, reported_at=reported_at, version=version)
    announced = AnnouncedPolicy(**terms, reported_at=reported_at, version=version)
    held = Policy(**holds.model_dump()) if isinstance(holds, AnnouncedPolicy) else known
    return held.model_copy(update={"announced": announced})
