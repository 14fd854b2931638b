"""Mistakes in when people are told what came sealed, and in how notices are found."""

from functools import partial

from tests.mutants import mistake

Mistake = partial(mistake.Mistake, package=mistake.NOTIFY, tests="tests/notify/test_sealed_hours.py")

RESTORED = "tests/notify/test_restored.py"

TELLING = [
    Mistake(
        "what came sealed is sent when it comes",
        "handlers/telling.py",
        "        send_due=next_due(work.now, settings().sealed_hours, listener.timezone) if sealed else None,\n",
        "        send_due=None,\n",
        only="its_hour",
    ),
    Mistake(
        "the hour is not that of the person's city",
        "handlers/telling.py",
        "settings().sealed_hours, listener.timezone)",
        "settings().sealed_hours, None)",
        only="its_hour",
    ),
    Mistake(
        "a mail bears the time of what it tells",
        "store/notices.py",
        "coalesce(send_due, told_at) AS time",
        "told_at AS time",
        only="its_hour",
    ),
    Mistake(
        "there are as many mails as gifts",
        "store/notices.py",
        "WHEN due.place = 1 AND NOT due.told THEN",
        "WHEN NOT due.told THEN",
        only="same_words",
    ),
    Mistake(
        "what was told once is never told again",
        "store/notices.py",
        "WHERE told.recipient = $1 AND told.send_due = $2 AND told.state <> 'held'",
        "WHERE told.recipient = $1 AND told.state <> 'held'",
        only="same_words",
    ),
    Mistake(
        "a restored copy sends the same words by another notice",
        "store/notices.py",
        "WHEN due.place = 1 AND NOT due.told THEN",
        "WHEN due.place = 1 THEN",
        tests=RESTORED,
        only="came_sealed",
    ),
    Mistake(
        "a restored copy tries again what is held and failed for good",
        "store/notices.py",
        "WHERE notice.state IN ('held', 'open')",
        "WHERE notice.state = 'open'",
        tests=RESTORED,
        only="and_failed",
    ),
    Mistake(
        "who withdrew before the hour is told all the same",
        "workers/notices.py",
        "    if notice.about not in reachable.consent.about:",
        "    if False:",
        only="who_left",
    ),
    Mistake(
        "who is told first is who came first",
        "store/notices.py",
        "SELECT DISTINCT recipient, send_due FROM notice\n"
        "           WHERE state = 'held' AND send_due <= $1 ORDER BY send_due, recipient LIMIT $2",
        "SELECT recipient, send_due FROM notice\n"
        "           WHERE state = 'held' AND send_due <= $1 ORDER BY send_due, ctid LIMIT $2",
        only="order_within",
    ),
    Mistake(
        "the notices of a digest are looked for among all",
        "migrations/0003_found_by_index.sql",
        "CREATE INDEX notice_of_digest",
        "-- CREATE INDEX notice_of_digest",
        tests="tests/notify/test_indexes.py",
    ),
]
