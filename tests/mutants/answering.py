"""Mistakes with answers of billers: one that does not come, and one that contradicts the first."""

from functools import partial

from tests.mutants import mistake

Mistake = partial(mistake.Mistake, package=mistake.SOLIDARITY, tests="tests/solidarity/test_answers.py")

ANSWERING = [
    Mistake(
        "an answer that contradicts the first is refused like any other",
        "answered.py",
        "    if answered and first not in (None, digest(report.rejected)):",
        "    if False:",
    ),
    Mistake(
        "an answer said again alarms",
        "answered.py",
        "    if answered and first not in (None, digest(report.rejected)):",
        "    if answered and first is not None:",
    ),
    Mistake(
        "the order in which lines are named tells answers apart",
        "answered.py",
        "sorted(line.bytes for line in set(rejected))",
        "[line.bytes for line in rejected]",
        tests="tests/solidarity/test_rules.py",
        only="first_answer",
    ),
    Mistake(
        "a contradiction is not counted",
        "needs/handlers/answers.py",
        "            work.count(answers_contradicting)\n",
        "",
    ),
    Mistake(
        "operations do not find which order was contradicted",
        "needs/handlers/answers.py",
        "            await store.note_contradiction(work.connection, heard.event.order, work.now)\n",
        "",
    ),
    Mistake(
        "how an order was answered is kept for ever",
        "needs/store/trees.py",
        "    await orders.forget_answers(connection, batches)\n",
        "",
        only="forgotten",
    ),
    Mistake(
        "an order that was answered is overdue",
        "needs/store/orders.py",
        "WHERE NOT placed_order.answered AND batch.due < $1",
        "WHERE batch.due < $1",
    ),
    Mistake(
        "an order is overdue at once",
        "answered.py",
        "    return now - timedelta(days=days)",
        "    return now",
    ),
    Mistake(
        "which order is overdue is told to the public",
        "needs/api.py",
        "router = APIRouter()\n",
        'router = APIRouter()\nrouter.get("/orders/overdue")(lambda: [])\n',
        tests="tests/solidarity/test_public.py",
    ),
    Mistake(
        "a metric names a biller",
        "needs/metrics.py",
        'Answers to an answered order that reject other lines than the first did."\n)',
        'Answers to an answered order that reject other lines.", ("biller",)\n)',
        tests="tests/solidarity/test_public.py",
    ),
]
