"""Mistakes that would let one of the attackers find somebody out: each takes one countermeasure away."""

from tests.mutants.mistake import CHASSIS, SOLIDARITY, Mistake

ATTACKERS = "tests/solidarity/attackers/test_attackers.py"
LEAKING = "tests/solidarity/attackers/test_leaking.py"
REPEATING = "tests/solidarity/attackers/test_repeating.py"


def mistake(name: str, file: str, text: str, instead: str, tests: str, only: str) -> Mistake:
    return Mistake(name, file, text, instead, tests, only, SOLIDARITY)


ATTACKING = [
    mistake(
        "whoever floods is counted among k",
        "parties.py",
        "return cls(k + f_payers, k + f_households, k)",
        "return cls(k, k, k)",
        REPEATING,
        "k_others",
    ),
    mistake(
        "k falls to one where a need is urgent",
        "batch.py",
        "        plan = _plan(thresholds.strictest(kept), able, given, carried_minor)\n",
        "        rules = thresholds.strictest(kept)\n"
        "        if any(need.urgent for need in able):\n"
        "            rules = rules._replace(payers=1, households=1)\n"
        "        plan = _plan(rules, able, given, carried_minor)\n",
        REPEATING,
        "k_others",
    ),
    mistake(
        "one household's bills are counted one by one",
        "thresholds.py",
        "return len({need.household for need in needs if need.counts})",
        "return len({need.id for need in needs if need.counts})",
        REPEATING,
        "k_others",
    ),
    mistake(
        "the same two meet in each batch: chance leaves nobody",
        "leaving.py",
        "return chance.sample(able, min(wanted, len(able)))",
        "return []",
        REPEATING,
        "horizon",
    ),
    mistake(
        "each gift is of a payer of its own",
        "gifts/handlers/gifts.py",
        "payer = work.identity.new(pseudonyms.payer(heard.source, heard.event.payer), 0)",
        "payer = work.identity.new(pseudonyms.payer(heard.source, heard.id), 0)",
        LEAKING,
        "fewer_than_k_beside",
    ),
    mistake(
        "exact amounts are taken, so that payers choose bills",
        "denominations.py",
        "if report.amount_minor not in rules.denominations:",
        "if report.amount_minor <= 0:",
        ATTACKERS,
        "no_role_finds_out",
    ),
    mistake(
        "leaves have no salt",
        "leaves.py",
        'return hmac.digest(key, f"salt\\0{what}".encode(), hashlib.sha256)[:SALT_BYTES].hex()',
        'return "00" * SALT_BYTES',
        LEAKING,
        "opens_the_leaf",
    ),
    mistake(
        "the public reads the live books",
        "matcher/api.py",
        '@router.get("/records/{currency}")\n',
        '@router.get("/books")\n'
        "async def books(read: Read) -> dict[str, dict[str, int]]:\n"
        "    from b40_solidarity.matcher.store import books as store\n\n"
        "    return await store.all_of_them(read)\n\n\n"
        '@router.get("/records/{currency}")\n',
        LEAKING,
        "changes_between",
    ),
    mistake(
        "the log says which gifts were spent",
        "gifts/handlers/batches.py",
        "    spent = await store.spend(work.connection, batch.gifts, batch.batch)\n",
        "    spent = await store.spend(work.connection, batch.gifts, batch.batch)\n"
        '    __import__("structlog").get_logger().info("spent", gifts=[str(one.gift) for one in batch.gifts])\n',
        LEAKING,
        "stands_in_clear",
    ),
    mistake(
        "both sides hear in the order of arrival",
        "matcher/handlers/deciding.py",
        "    chance.shuffle(ordered)\n    chance.shuffle(spent)\n",
        "",
        ATTACKERS,
        "no_role_finds_out",
    ),
    Mistake(
        "keys of sealed topics are what they are keys of",
        "sealing.py",
        'return hmac.digest(self._oldest, b"subject\\0" + subject.encode(), hashlib.sha256)[:16]',
        "return subject.encode()",
        LEAKING,
        "stands_in_clear",
        CHASSIS,
    ),
]
