"""Check public records and own receipts of Pay It Forward: ``python verify.py records.json [receipts.json …]``.

This file stands alone: Python's own library, and the package cryptography for the signature. It shows that the sums
of each record agree, that no record was changed, left out or put between since a head that you kept, that all are
signed by one key, and that your own receipts are inside. It cannot show that the leaves add up: see the README.
"""

import argparse
import hashlib
import hmac
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ZEROS = "0" * 64
EQUATION = "spent_minor = settled_minor + refunded_minor + carried_change_minor"
Json = dict[str, Any]


class NotProven(Exception):
    """What does not hold: which record or receipt, and which field."""

    def __init__(self, of: str, field: str, why: str) -> None:
        super().__init__(f"{of}: {field}: {why}")


def check_records(records: Sequence[Json], head: tuple[int, str] | None = None, signer: str | None = None) -> str:
    """Check a currency's records, in their order. ``head`` is (number, digest) of a record that the reader kept.

    Returns the public key that signed them, or "" if none was signed. Raises NotProven.
    """
    if not records:
        raise NotProven("records", "number", "there is none")
    number, previous = _beginning(records, head)
    for record in records:
        of = f"record {record.get('currency')} {record.get('number')}"
        expected = {"currency": records[0].get("currency"), "number": number + 1, "previous": previous}
        for field, wanted in expected.items():
            if record.get(field) != wanted:
                raise NotProven(of, field, f"the chain is broken: {wanted} was expected, not {record.get(field)}")
        _check_content(of, record)
        signer = _check_signature(of, record, signer)
        number, previous = record["number"], record["digest"]
        if head is not None and head[0] == number and head[1] != previous:
            raise NotProven(of, "digest", f"it was {head[1]} when you kept it")
    if head is not None and head[0] > number:
        raise NotProven(f"record {records[0]['currency']} {head[0]}", "number", "you kept it, and it is gone")
    return signer or ""


def check_receipt(receipt: Json, records: Sequence[Json], secret: str | None = None) -> int:
    """Check that what a receipt says is inside a record; with its secret, also that it is yours. Returns the number."""
    of = f"receipt of {receipt.get('amount_minor')} {receipt.get('currency')} ({receipt.get('side')})"
    salt, side = bytes.fromhex(receipt["salt"]), receipt["side"]
    if secret is not None:
        holder = hmac.digest(salt, hashlib.sha256(secret.encode()).digest(), hashlib.sha256).hex()
        if holder != receipt["holder"]:
            raise NotProven(of, "holder", "it is not made for your secret")
    parts = ("b40-leaf-1", side, receipt["currency"], str(receipt["amount_minor"]), receipt["holder"], receipt["salt"])
    found, index = hashlib.sha256(b"\x00" + "\n".join(parts).encode()).digest(), receipt["index"]
    for beside in map(bytes.fromhex, receipt["path"]):
        pair = beside + found if index % 2 else found + beside
        found, index = hashlib.sha256(b"\x01" + pair).digest(), index // 2
    for record in records:
        if record.get(f"{side}_root") == found.hex() and record["currency"] == receipt["currency"]:
            if 2 ** len(receipt["path"]) != record[f"{side}_leaves"] or index:
                raise NotProven(of, "path", f"it does not fit {side}_leaves of record {record['number']}")
            return int(record["number"])
    raise NotProven(of, "root", f"no record has {found.hex()} as its {side}_root")


def digest(record: Json) -> str:
    """SHA-256 of the canonical JSON (sorted keys, no blanks, no nulls) without digest and signature."""
    content = {name: value for name, value in record.items() if value is not None}
    content = {name: value for name, value in content.items() if name not in ("digest", "signature")}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _beginning(records: Sequence[Json], head: tuple[int, str] | None) -> tuple[int, str]:
    """Number and digest of what the first of the records must follow."""
    first = records[0].get("number")
    if first == 1:
        return 0, ZEROS
    if head is None or not isinstance(first, int) or head[0] + 1 < first:
        raise NotProven(f"record {records[0].get('currency')} {first}", "number", "records before it are missing")
    return head if head[0] + 1 == first else (first - 1, str(records[0].get("previous")))


def _check_content(of: str, record: Json) -> None:
    parts = record["settled_minor"] + (record.get("refunded_minor") or 0) + record["carried_change_minor"]
    if record["spent_minor"] != parts:
        raise NotProven(of, "spent_minor", f"{EQUATION} does not hold: {record['spent_minor']} is not {parts}")
    if digest(record) != record.get("digest"):
        raise NotProven(of, "digest", "it is not that of the record's content: the record was changed")


def _check_signature(of: str, record: Json, signer: str | None) -> str | None:
    if signer is None and not any(record.get(field) for field in ("signature", "signer", "gifts_root", "needs_root")):
        return None  # the first records of all had neither signature nor roots
    if signer is not None and record.get("signer") != signer:
        raise NotProven(of, "signer", f"{signer} was expected, and it is {record.get('signer')}")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(record["signer"]))
        key.verify(bytes.fromhex(record["signature"] or ""), f"b40-record-1\n{record['digest']}".encode())
    except (InvalidSignature, ValueError, KeyError, TypeError):
        raise NotProven(of, "signature", "it is not the signer's") from None
    return str(record["signer"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names. Returns the exit code: 0 if all of it is proven."""
    parser = argparse.ArgumentParser(description="Check public records and own receipts of Pay It Forward.")
    parser.add_argument("records", type=Path, help="the records of a currency: what GET /records/<currency> answered")
    parser.add_argument("receipts", type=Path, nargs="*", help="own receipts: what GET /receipts answered")
    parser.add_argument("--head", help="a record that you kept, as NUMBER:DIGEST")
    parser.add_argument("--signer", help="the public key that you kept, in hexadecimal")
    parser.add_argument("--secret", type=Path, help="file with the secret of the receipts")
    chosen = parser.parse_args(arguments)
    try:
        records = json.loads(chosen.records.read_text("utf-8"))
        number, _, kept = (chosen.head or "").partition(":")
        signer = check_records(records, (int(number), kept) if chosen.head else None, chosen.signer)
        secret = chosen.secret.read_text("utf-8").strip() if chosen.secret else None
        inside = [each for path in chosen.receipts for each in json.loads(path.read_text("utf-8"))]
        numbers = [check_receipt(receipt, records, secret) for receipt in inside]
    except (NotProven, OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"not proven: {error!s}\n")
        return 1
    sys.stdout.write(f"{len(records)} records agree, chained and signed by {signer or 'nobody'}\n")
    sys.stdout.writelines(f"receipt inside record {number}\n" for number in numbers)
    sys.stdout.write(f"keep this head for the next time: {records[-1]['number']}:{records[-1]['digest']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
