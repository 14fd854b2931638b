"""Mistakes in refunds, in what a payer may give, in who is told when and what, and in what the matcher remembers."""

from functools import partial

from tests.mutants import mistake

Mistake = partial(mistake.Mistake, package=mistake.SOLIDARITY, tests="tests/solidarity/test_refunds.py")

BILLERS = "tests/solidarity/test_billers.py"
FORGOTTEN = "tests/solidarity/test_forgotten.py"
TOGETHER = "tests/solidarity/test_told_together.py"

REFUNDING = [
    Mistake(
        "what a batch took is refunded too",
        "matcher/handlers/refunds.py",
        "    if await gifts.any_taken(work.connection, [all_of_it]):",
        "    if False:",
        only="two_decisions",
    ),
    Mistake(
        "a batch may take what is being refunded",
        "matcher/handlers/refunding.py",
        "        await gifts.reserve(work.connection, [gift.id], decided.refund)\n",
        "",
        only="no_batch_takes_it",
    ),
    Mistake(
        "what a batch leaves of a withdrawn gift waits for ever",
        "matcher/handlers/batches.py",
        "    await decide_refunds([gift.gift for gift in event.gifts], heard, work)\n",
        "",
        only="keeps_and_the_rest or void_gives_free",
    ),
    Mistake(
        "another partner has a gift sent back",
        "gifts/handlers/withdrawals.py",
        "gift.partner not in (partner, None)",
        "False",
        only="another_partner",
    ),
    Mistake(
        "a withdrawal is never answered if nothing is left",
        "gifts/handlers/batches.py",
        "        if gift.withdrawn and not gift.waiting_minor:",
        "        if False:",
        only="nothing_to_refund",
    ),
    Mistake(
        "a payer gives as much as it likes, gift by gift",
        "gifts/handlers/gifts.py",
        "sum_minor = given_minor[payer] + heard.event.amount_minor",
        "sum_minor = heard.event.amount_minor",
        only="gives_no_more",
    ),
    Mistake(
        "households are told though fewer than k are settled",
        "needs/handlers/answers.py",
        "    if len({need.household for need in untold}) < max((need.k for need in untold), default=0):",
        "    if not untold:",
        tests=TOGETHER,
    ),
    Mistake(
        "givers are told though fewer than k households are settled",
        "matcher/handlers/settlements.py",
        "    if counted.final and counted.enough:",
        "    if counted.final:",
        tests=TOGETHER,
    ),
    Mistake(
        "who was not told with its batch is never told",
        "needs/store/needs.py",
        "WHERE need.state = 'settled' AND need.part_of IS NULL AND NOT need.told\n",
        "WHERE need.placed_order IN (SELECT id FROM placed_order WHERE batch = $1) AND NOT need.told\n",
        tests=TOGETHER,
    ),
    Mistake(
        "the matcher remembers whose need it was",
        "matcher/store/needs.py",
        "SET over_at = $2, pool = NULL, household = NULL,",
        "SET over_at = $2, pool = NULL,",
        only="id_alone",
    ),
    Mistake(
        "the matcher remembers whose gift it was",
        "matcher/store/gifts.py",
        "SET over_at = $2, payer = NULL,",
        "SET over_at = $2,",
        only="id_alone",
    ),
    Mistake(
        "the matcher remembers for ever at which hour chance left a gift",
        "matcher/store/gifts.py",
        '    await left_out.forget(connection, [row["id"] for row in rows])\n',
        "",
        only="after_the_memory",
    ),
    Mistake(
        "the matcher remembers for ever at which hour chance left a need",
        "matcher/store/needs.py",
        '    await left_out.forget(connection, [row["id"] for row in rows])\n',
        "",
        only="after_the_memory",
    ),
    Mistake(
        "somebody else changes a biller's key",
        "needs/handlers/billers.py",
        "known.reporter != heard.source",
        "False",
        tests=BILLERS,
        only="nobody_else",
    ),
    Mistake(
        "a key with which nothing is secret is accepted",
        "needs/handlers/billers.py",
        "return WEAK_KEY if hpke.is_weak(base64.b64decode(heard.event.public_key)) else None",
        "return None",
        tests=BILLERS,
        only="nobody_else",
    ),
    Mistake(
        "a bill is opened before its biller has a key",
        "needs/handlers/bills.py",
        "    bills = await _of_known_billers(bills, work)\n",
        "",
        tests=BILLERS,
        only="waits",
    ),
    Mistake(
        "two orders are encrypted alike",
        "needs/handlers/placing.py",
        "        info = OrderLinesPlaced.info(order, number)\n",
        '        info = b""\n',
        tests=BILLERS,
        only="own_lines",
    ),
    Mistake(
        "a gift remembers its batch for ever",
        "gifts/store/trees.py",
        '    await connection.execute("UPDATE gift SET batch = NULL WHERE batch = ANY($1)", batches)\n',
        "",
        tests=FORGOTTEN,
    ),
    Mistake(
        "a need remembers its order for ever",
        "needs/store/trees.py",
        """        \"\"\"UPDATE need SET placed_order = NULL FROM placed_order""",
        """        \"\"\"UPDATE need SET told = need.told FROM placed_order""",
        tests=FORGOTTEN,
    ),
    Mistake(
        "payers of gifts long spent can be told apart",
        "gifts/store/trees.py",
        "UPDATE gift SET payer = NULL WHERE",
        "UPDATE gift SET payer = payer WHERE",
        tests=FORGOTTEN,
    ),
]
