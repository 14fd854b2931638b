"""Mistakes in closing batches: each would let somebody find out who paid whose bill, or leave somebody waiting."""

from tests.mutants.mistake import SOLIDARITY, Mistake

BATCH = "tests/solidarity/test_batch.py"
RULES = "tests/solidarity/test_batch_rules.py"
BOUND = "tests/solidarity/test_bound.py"
HOURS = "tests/solidarity/test_hours.py"
SWAP = "tests/solidarity/test_swap.py"
SWAP_TRAVELS = "tests/solidarity/test_swap_travels.py"
INDEXES = "tests/solidarity/test_indexes.py"


def mistake(name: str, file: str, text: str, instead: str, tests: str, only: str = "") -> Mistake:
    return Mistake(name, file, text, instead, tests, only, SOLIDARITY)


MATCHING = [
    mistake(
        "k counts without f",
        "parties.py",
        "return cls(k + f_payers, k + f_households, k)",
        "return cls(k, k, k)",
        BATCH,
        "closes_with_k_and_f",
    ),
    mistake(
        "a batch wants k payers without f",
        "spending.py",
        "counted >= rules.payers:",
        "counted >= rules.k:",
        BATCH,
        "not_wanted",
    ),
    mistake(
        "a batch wants k households without f",
        "batch.py",
        "    if thresholds.households(one.need for one in ordered if one.whole) < rules.households:",
        "    if thresholds.households(one.need for one in ordered if one.whole) < rules.k:",
        BATCH,
        "money_must_reach",
    ),
    mistake(
        "k counts gifts instead of payers",
        "spending.py",
        "        members.add(payer)\n",
        "        members.add(number)\n",
        BATCH,
        "one_payers_many_gifts",
    ),
    mistake(
        "k counts needs instead of households",
        "thresholds.py",
        "return len({need.household for need in needs if need.counts})",
        "return len({need.id for need in needs if need.counts})",
        BATCH,
        "one_households_many_needs",
    ),
    mistake(
        "the epoch and the partner of a token are ignored",
        "spending.py",
        "        members = groups[group]\n",
        "        members = groups[None, None]\n",
        BATCH,
        "epoch_and_partner",
    ),
    mistake(
        "payers of all epochs are counted together",
        "thresholds.py",
        "groups[group].add(payer)",
        "groups[None, None].add(payer)",
        BATCH,
        "epoch_and_partner",
    ),
    mistake(
        "households that do not count are counted",
        "thresholds.py",
        "for need in needs if need.counts}",
        "for need in needs}",
        BATCH,
        "helped_and_not_counted",
    ),
    mistake(
        "needs that are paid in part are counted",
        "batch.py",
        "    if thresholds.households(one.need for one in ordered if one.whole) < rules.households:",
        "    if thresholds.households(one.need for one in ordered) < rules.households:",
        BATCH,
        "money_must_reach",
    ),
    mistake(
        "what is carried pays a whole batch",
        "batch.py",
        "carried_in_minor = min(carried_minor, ordered_minor // 2)",
        "carried_in_minor = min(carried_minor, ordered_minor)",
        BATCH,
        "half_at_most",
    ),
    mistake(
        "k is lowered where a need is urgent",
        "batch.py",
        "        plan = _plan(thresholds.strictest(kept), able, given, carried_minor)\n",
        "        rules = thresholds.strictest(kept)\n"
        "        if any(need.urgent for need in able):\n"
        "            rules = rules._replace(payers=5, households=5)\n"
        "        plan = _plan(rules, able, given, carried_minor)\n",
        RULES,
        "never_fewer",
    ),
    mistake(
        "the mildest rules hold",
        "thresholds.py",
        "return Rules(max(payers), max(households), max(ks))",
        "return Rules(min(payers), min(households), min(ks))",
        BATCH,
        "strictest_rules",
    ),
    mistake(
        "payers give as much as they have",
        "shares.py",
        "    return LARGEST_SHARE * total // k\n",
        "    return total\n",
        BATCH,
        "more_than_its_share or above_its_share",
    ),
    mistake(
        "the oldest gift pays what it can alone",
        "spending.py",
        "    gives = {payer: min(amount, level) for payer, amount in has.items()}\n",
        "    gives = dict(has)\n",
        BATCH,
        "give_alike",
    ),
    mistake(
        "urgent needs have all of the money",
        "ordering.py",
        "    first = _first(urgent, money_minor // URGENT_PARTS, most_minor)\n"
        "    ordered = _then(needs, first, money_minor, most_minor)\n"
        "    others_minor = sum(one.amount_minor for one in ordered[len(first) :])\n"
        "    if first and",
        "    first = _first(urgent, money_minor, most_minor)\n"
        "    ordered = _then(needs, first, money_minor, most_minor)\n"
        "    others_minor = sum(one.amount_minor for one in ordered[len(first) :])\n"
        "    if False and",
        RULES,
        "urgent_needs_have_half",
    ),
    mistake(
        "young needs go first",
        "ordering.py",
        "return sorted(waiting, key=lambda one: (one.since, one.id))",
        "return sorted(waiting, key=lambda one: (one.since, one.id), reverse=True)",
        RULES,
        "passed_over",
    ),
    mistake(
        "a need waits for all that is younger",
        "ordering.py",
        "(one.since, one.id))",
        "(one.since, one.id), reverse=True)",
        BOUND,
        "so_much_money",
    ),
    mistake(
        "small needs go first",
        "ordering.py",
        "    for need in needs:\n        if not money_minor",
        "    for need in sorted(needs, key=lambda need: need.amount_minor):\n        if not money_minor",
        RULES,
        "passed_over",
    ),
    mistake(
        "chance leaves nobody",
        "leaving.py",
        "return chance.sample(able, min(wanted, len(able)))",
        "return []",
        BATCH,
        "chance_leaves_a_tenth",
    ),
    mistake(
        "chance leaves those that were left twice",
        "leaving.py",
        "able = [one for one in of_batch if one.may_be_left]",
        "able = list(of_batch)",
        RULES,
        "only_so_many",
    ),
    mistake(
        "chance leaves the same ones every time",
        "leaving.py",
        "return chance.sample(able, min(wanted, len(able)))",
        "return able[:wanted]",
        BATCH,
        "chance_leaves_a_tenth",
    ),
    mistake(
        "chance leaves more than the threshold allows",
        "leaving.py",
        "    while drawn and not is_allowed(drawn):\n        drawn = drawn[: len(drawn) // 2]\n",
        "    pass\n",
        BATCH,
        "threshold_needs",
    ),
    mistake(
        "how often chance left a need is forgotten",
        "matcher/store/left_out.py",
        "await _put(connection, ids, hour, times=1)",
        "await _put(connection, ids, hour, times=0)",
        HOURS,
        "left_twice",
    ),
    mistake(
        "what chance left is taken at the same hour",
        "matcher/store/left_out.py",
        "    await _put(connection, ids, hour, times=0)\n",
        "    pass\n",
        HOURS,
        "closes_several",
    ),
    mistake(
        "what a side hears is not shuffled",
        "matcher/handlers/deciding.py",
        "    chance.shuffle(ordered)\n    chance.shuffle(spent)\n",
        "",
        SWAP,
        "order_in_a_batch",
    ),
    mistake(
        "order within an hour is that of the payers",
        "ordering.py",
        "key=lambda one: (one.since, one.id))",
        'key=lambda one: (one.since, getattr(one, "household", None) or getattr(one, "payer", None)))',
        SWAP,
        "exchanging",
    ),
    mistake(
        "it is logged who asked",
        "needs/handlers/opening.py",
        "    await _enter(needs, work)\n    for",
        "    await _enter(needs, work)\n    __import__('structlog').get_logger().info(str(needs))\n    for",
        SWAP_TRAVELS,
        "households",
    ),
    mistake(
        "it is logged who gave",
        "gifts/handlers/gifts.py",
        "    await _enter(entered, work)\n",
        "    await _enter(entered, work)\n    __import__('structlog').get_logger().info(str(entered))\n",
        SWAP_TRAVELS,
        "payers",
    ),
    mistake(
        "whether a bill is known is looked for among all bills",
        "needs/store/needs.py",
        "USING (biller, tag) WHERE state <> 'withdrawn' AND part_of IS NULL\n",
        "USING (biller, tag) WHERE state <> 'withdrawn'\n",
        INDEXES,
    ),
    mistake(
        "a pool merges at once",
        "waiting.py",
        "        if since > hour:\n            return False\n",
        "",
        HOURS,
        "three_batch_hours",
    ),
]
