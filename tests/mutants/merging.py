"""Mistakes in where needs and gifts wait: pools that merge, bills, parts and their lines, policies."""

from functools import partial

from tests.mutants import mistake

Mistake = partial(mistake.Mistake, package=mistake.SOLIDARITY)
CAPS = "tests/solidarity/test_caps.py"
EARLY = "tests/solidarity/test_early.py"
HOURS = "tests/solidarity/test_hours.py"
LINES = "tests/solidarity/test_lines.py"
POOLS = "tests/solidarity/test_pools.py"
TRAVEL = "tests/solidarity/test_travel.py"

MERGING = [
    Mistake(
        "borders are crossed",
        "pools.py",
        "return order[order.index(self.level) :]",
        "return order",
        HOURS,
        "border or merged_is_not",
    ),
    Mistake(
        "a household of a city that does not vouch counts where pools merge",
        "matcher/store/needs.py",
        'counts=row["vouched"] or not merged',
        "counts=True",
        HOURS,
        "merged_is_not",
    ),
    Mistake(
        "nothing is handed back",
        "matcher/handlers/batches.py",
        "    if handed_back:\n",
        "    if False:\n",
        HOURS,
        "handed_back",
    ),
    Mistake(
        "a part of a gift is spent again",
        "matcher/store/gifts.py",
        "one.part <= gift.parts",
        "one.part < gift.parts",
        HOURS,
        "next_part",
    ),
    Mistake(
        "a pool that others merge into closes one batch an hour",
        "matcher/handlers/batches.py",
        "await pools.merged_into(work.connection, pool.name)",
        "[]",
        HOURS,
        "as_it_is_full",
    ),
    Mistake(
        "what a full pool's next batch may pay is handed back before",
        "matcher/handlers/batches.py",
        "        is_fuller = is_fuller or await pools.closes_another(work.connection, pool.name, due.time)\n",
        "",
        HOURS,
        "as_it_is_full",
    ),
    Mistake(
        "a city without needs merges further and further",
        "matcher/handlers/batches.py",
        "pool.all_above() if must_merge else await",
        "pool.all_above() if must_merge or hour.nth else await",
        HOURS,
        "no_further",
    ),
    Mistake(
        "the reference of a line hangs on its batch",
        "needs/handlers/batches.py",
        "line=work.identity.new(pseudonyms.line(need.first, number), 0)",
        "line=work.new_id(heard)",
        LINES,
        "need_and_part",
    ),
    Mistake(
        "the reference of a line hangs on the answer before",
        "needs/handlers/answers.py",
        "line = work.identity.new(pseudonyms.line(need.first, part), 0)",
        "line = work.new_id(heard)",
        LINES,
        "need_and_part",
    ),
    Mistake(
        "bills that come together are each measured against the caps alone",
        "needs/handlers/opening.py",
        "        so_far[report.attestation] = replace(attestation, opened_minor=opened_minor)\n",
        "",
        EARLY,
        "before_its_attestation",
    ),
    Mistake(
        "a second attestation is a second cap",
        "needs/handlers/opening.py",
        "for one in of_household[attestation.household, attestation.currency]]",
        "for one in [report.attestation]]",
        CAPS,
        "no_two_caps",
    ),
    Mistake(
        "what an attestation allowed counts for ever",
        "needs/handlers/opening.py",
        "for one in attested if one.until >= day",
        "for one in attested",
        CAPS,
        "not_counted",
    ),
    Mistake(
        "a bill is counted by the day on which its batch begins",
        "needs/handlers/opening.py",
        "_opened_minor(theirs, heard.time.date())",
        "_opened_minor(theirs, bills[0].time.date())",
        CAPS,
        "own_day",
    ),
    Mistake(
        "a bill of which a rest stands is opened again",
        "needs/store/needs.py",
        "WHERE state <> 'withdrawn' AND part_of IS NOT NULL",
        "WHERE false AND state <> 'withdrawn' AND part_of IS NOT NULL",
        CAPS,
        "rest_stands",
    ),
    Mistake(
        "anybody withdraws a bill that waits",
        "needs/handlers/withdrawals.py",
        "early_bills.take_one(work.connection, report.need, report.attestation)",
        "early_bills.take_one(work.connection, report.need)",
        EARLY,
        "withdrawn_while_it_waits",
    ),
    Mistake(
        "a bill that was withdrawn waits on",
        "needs/handlers/withdrawals.py",
        "    if await early_bills.take_one(",
        "    if False and await early_bills.take_one(",
        EARLY,
        "withdrawn_while_it_waits",
    ),
    Mistake(
        "who pays a package out decides what it comes to",
        "needs/handlers/opening.py",
        "    return objection_to_amount(report, terms) or objection_to_sum(report, opened_minor, terms)",
        "    return objection_to_sum(report, opened_minor, terms)",
        TRAVEL,
        "a_package_is_paid_out",
    ),
    Mistake(
        "a policy holds before its date",
        "versions.py",
        "    if holds is None or report.in_force_from is None or report.in_force_from <= reported_at:\n",
        "    if True:\n",
        POOLS,
        "announced_before",
    ),
]
