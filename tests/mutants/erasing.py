"""Mistakes in forgetting persons: on either side, at notify, in the record, and in backups."""

from functools import partial

from tests.mutants import mistake

Mistake = partial(mistake.Mistake, package=mistake.SOLIDARITY, tests="tests/solidarity/test_erasures.py")

ERASING = [
    Mistake(
        "an erased person's open need is paid",
        "needs/handlers/erasures.py",
        '        elif need.state == "open":',
        "        elif False:",
        only="told_nothing",
    ),
    Mistake(
        "more is opened under an erased person's attestation",
        "needs/handlers/erasures.py",
        "    await attestations.end(work.connection, subject)\n",
        "",
        only="told_nothing",
    ),
    Mistake(
        "an erased person's id is used again",
        "needs/handlers/attestations.py",
        "    if erased_at is not None and heard.appended > erased_at:",
        "    if False:",
        only="told_nothing",
    ),
    Mistake(
        "who asked stays known",
        "needs/handlers/erasures.py",
        "    await attestations.forget(work.connection, subject)\n",
        "",
        only="told_nothing",
    ),
    Mistake(
        "who gave stays known",
        "gifts/handlers/erasures.py",
        "    await gifts.forget_giver(work.connection, subject)\n",
        "",
        only="told_nothing",
    ),
    Mistake(
        "in whose name somebody gave stays known",
        "gifts/handlers/erasures.py",
        "    await gifts.forget_honoured(work.connection, person)\n",
        "",
        only="told_nothing",
    ),
    Mistake(
        "the key of a leaf outlives its household",
        "needs/store/erasures.py",
        '    await connection.execute("DELETE FROM keys.subject WHERE subject = $1", subject)\n',
        "",
        only="opened_by_nobody",
    ),
    Mistake(
        "the key of a leaf outlives its giver",
        "gifts/store/erasures.py",
        '    await connection.execute("DELETE FROM keys.subject WHERE subject = $1", subject)\n',
        "",
        only="opened_by_nobody",
    ),
    Mistake(
        "a restored needs side keeps whom it hears of again",
        "needs/handlers/attestations.py",
        "erased=erased_at is not None)",
        "erased=False)",
        only="restored_side",
    ),
    Mistake(
        "a restored needs side refuses what came before the erasure",
        "needs/handlers/attestations.py",
        "    if erased_at is not None and heard.appended > erased_at:",
        "    if erased_at is not None:",
        only="restored_side",
    ),
    Mistake(
        "a restored gifts side keeps whom it hears of again",
        "gifts/handlers/gifts.py",
        "    entered = await _without_the_erased([_gift(one.heard, one.payer.payer, work) for one in accepted], work)",
        "    entered = [_gift(one.heard, one.payer.payer, work) for one in accepted]",
        only="restored_side",
    ),
    Mistake(
        "an erased household gets a new key for a later leaf",
        "store/trees.py",
        "WHERE NOT EXISTS (SELECT FROM erased WHERE erased.subject = subject.subject) ON CONFLICT",
        "ON CONFLICT",
        only="no_new_key",
    ),
]
