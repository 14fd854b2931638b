"""Mistakes in what Pay It Forward proves and publishes: leaves, records, their checks, statistics."""

from functools import partial

from tests.mutants import mistake

Mistake = partial(mistake.Mistake, package=mistake.SOLIDARITY)
LEAVES = "tests/solidarity/test_leaves.py"
RECORDS = "tests/solidarity/test_records.py"
VERIFY = "tests/solidarity/test_verify.py"
STATISTICS = "tests/solidarity/test_statistics.py"
PUBLIC = "tests/solidarity/test_public.py"
COMMAND = "tests/infra/test_command_solidarity.py"

PROVING = [
    Mistake(
        "an unsalted leaf",
        "leaves.py",
        "str(self.amount_minor), self.holder, self.salt)",
        "str(self.amount_minor))",
        LEAVES,
        "same_amount",
    ),
    Mistake(
        "unshuffled leaves",
        "leaves.py",
        "    return sorted(together, key=lambda opening: hmac.digest(seed, opening.leaf, hashlib.sha256))",
        "    return together",
        LEAVES,
        "order_of_leaves",
    ),
    Mistake(
        "leaves in order of their hashes",
        "leaves.py",
        "key=lambda opening: hmac.digest(seed, opening.leaf, hashlib.sha256))",
        "key=lambda opening: opening.leaf)",
        LEAVES,
        "order_of_leaves",
    ),
    Mistake(
        "the number of leaves is told",
        "leaves.py",
        "    wanted = max(LEAVES_MIN, 1 << (len(openings) - 1).bit_length()) if openings else LEAVES_MIN\n",
        "    wanted = 1 << (len(openings) - 1).bit_length()\n",
        LEAVES,
        "power_of_two",
    ),
    Mistake(
        "leaves and nodes hashed alike",
        "merkle.py",
        'b"\\x00" + content',
        'b"\\x01" + content',
        LEAVES,
        "pass_for_a_leaf or rfc_6962",
    ),
    Mistake(
        "one leaf for all who gave the same",
        "leaves.py",
        "    return hmac.digest(bytes.fromhex(salt), bytes.fromhex(secret_digest), hashlib.sha256).hex()",
        "    return NOBODY",
        LEAVES,
        "one_leaf",
    ),
    Mistake(
        "a leaf is opened without its subject's key",
        "holdings.py",
        "    salt = salted(key, what)\n",
        "    salt = salted(seed, what)\n",
        LEAVES,
        "forgotten",
    ),
    Mistake(
        "the chain is not checked",
        "verify.py",
        '"number": number + 1, "previous": previous}',
        '"number": number + 1}',
        VERIFY,
        "left_out",
    ),
    Mistake(
        "a kept head is not looked for",
        "verify.py",
        "        if head is not None and head[0] == number and head[1] != previous:\n",
        "        if head is None:\n            continue\n        if head[0] > number and head[1] != previous:\n",
        VERIFY,
        "head",
    ),
    Mistake(
        "the signature is not checked",
        "verify.py",
        "    try:\n        key = Ed25519PublicKey",
        '    return str(record["signer"])\n    try:\n        key = Ed25519PublicKey',
        VERIFY,
        "left_out",
    ),
    Mistake(
        "the equation is not checked",
        "verify.py",
        '    if record["spent_minor"] != parts:\n',
        "    if parts is None:\n",
        VERIFY,
        "left_out",
    ),
    Mistake(
        "a receipt of somebody else",
        "verify.py",
        '        if holder != receipt["holder"]:\n',
        "        if not holder:\n",
        VERIFY,
        "another_ones",
    ),
    Mistake(
        "a record of too few",
        "records.py",
        "    return gifts.parties >= drawn.payers_min and needs.parties >= drawn.households_min",
        "    return gifts.parties >= drawn.payers_min",
        RECORDS,
        "held_over",
    ),
    Mistake(
        "the chain forks",
        "records.py",
        "    return (record.number, record.previous, record.digest) == (last.number + 1, last.digest, digest(record))",
        "    return record.number == last.number + 1",
        RECORDS,
        "chain_alone",
    ),
    Mistake(
        "sides are not reconciled",
        "records.py",
        "    if cleared != booked_minor:\n",
        "    if not cleared:\n",
        RECORDS,
        "batch_by_batch",
    ),
    Mistake(
        "suppression without complement",
        "disclosure.py",
        "            while tables[measure].room(cell, chosen, wanted) < wanted:\n",
        "            while wanted < 0:\n",
        STATISTICS,
        "as_wide_as_k or takes_others",
    ),
    Mistake(
        "no rule of dominance",
        "statistics.py",
        "        return few or 2 * self.largest_household_minor > self.settled_minor or self._one_payer_dominates",
        "        return few",
        STATISTICS,
        "more_than_half",
    ),
    Mistake(
        "parties of several batches are added up",
        "statistics.py",
        "        households=max(figure.households for figure in figures),",
        "        households=sum(figure.households for figure in figures),",
        STATISTICS,
        "several_batches",
    ),
    Mistake(
        "figures are not rounded",
        "statistics.py",
        "    return figure - figure % base",
        "    return figure - figure % 1",
        STATISTICS,
        "rounded_by_themselves",
    ),
    Mistake(
        "quarters that are not over are told",
        "open_data.py",
        "for cell in one.cells if quarter < newest else ():",
        "for cell in one.cells:",
        STATISTICS,
        "sums_of_what_was_published",
    ),
    Mistake(
        "a live counter",
        "matcher/app.py",
        "    api=api.router,\n",
        "    api=operations.router,\n",
        PUBLIC,
        "live_counter",
    ),
    Mistake(
        "leaves that do not add up are let pass",
        "audit.py",
        "    if found.opened_minor > found.stated_minor or (not found.forgotten and found.opened_minor != "
        "found.stated_minor):\n",
        "    if found.opened_minor < 0:\n",
        COMMAND,
        "add_up",
    ),
]
