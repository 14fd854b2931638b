"""What anybody may check with one small file: run as it is, on its own, and told where something does not hold."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from b40_solidarity import verify
from b40_solidarity.leaves import GIFTS, NEEDS
from b40_solidarity.trees import receipts
from b40_solidarity.verify import NotProven, check_receipt, check_records

from tests.solidarity.recorded import SECRET, SIGNER, as_json, chain, held, keys, tree

Json = dict[str, Any]
SCRIPT = Path(verify.__file__)
RECORDS = as_json(chain(3))


def copies() -> list[Json]:
    return [dict(record) for record in RECORDS]


def receipt(side: str = GIFTS, week: int = 2) -> Json:
    (made,) = receipts(tree(side, week), held(side)[:1], keys())
    return made.model_dump()


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script with nothing of this repository to import."""
    command = [sys.executable, "-I", str(SCRIPT), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "records.json").write_text(json.dumps(RECORDS))
    (tmp_path / "receipts.json").write_text(json.dumps([receipt(), receipt(NEEDS, 3)]))
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return tmp_path


def test_the_script_alone_proves_records_and_receipts(folder: Path) -> None:
    head = f"{RECORDS[0]['number']}:{RECORDS[0]['digest']}"
    kept = ("--head", head, "--signer", SIGNER.public, "--secret", "secret")
    done = run(folder, "records.json", "receipts.json", *kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"3 records agree, chained and signed by {SIGNER.public}",
        "receipt inside record 2",
        "receipt inside record 3",
        f"keep this head for the next time: 3:{RECORDS[2]['digest']}",
    ]


def test_the_script_says_what_is_not_proven_and_where(folder: Path) -> None:
    (folder / "records.json").write_text(json.dumps([RECORDS[0], RECORDS[2]]))
    done = run(folder, "records.json")
    assert done.returncode == 1
    assert done.stderr.startswith("not proven: record TRY 3: number: the chain is broken")
    assert run(folder, "nowhere.json").returncode == 1


def test_the_script_is_short() -> None:
    assert len(SCRIPT.read_text().splitlines()) < 150


def changed(index: int, **changes: Any) -> Callable[[], list[Json]]:
    def make() -> list[Json]:
        records = copies()
        records[index] |= changes
        return records

    return make


def dressed_up() -> list[Json]:
    """The last record with another sum, its equation and digest made to fit: the signature is not."""
    records = copies()
    records[2] |= {"settled_minor": 40_000, "carried_change_minor": 10_000}
    records[2]["digest"] = verify.digest(records[2])
    return records


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (changed(1, settled_minor=40_000), "record TRY 2: spent_minor: "),
        (changed(1, settled_minor=40_000, carried_change_minor=10_000), "record TRY 2: digest: "),
        (changed(1, gifts_root="ab" * 32), "record TRY 2: digest: "),
        (changed(1, previous="ab" * 32), "record TRY 2: previous: "),
        (changed(1, currency="EUR"), "record EUR 2: currency: "),
        (changed(1, signature=None), "record TRY 2: signature: "),
        (changed(1, signature="00" * 64), "record TRY 2: signature: "),
        (changed(0, signer=None, signature=None), "record TRY 1: digest: "),
        (dressed_up, "record TRY 3: signature: "),
        (lambda: RECORDS[1:], "record TRY 2: number: records before it are missing"),
        (lambda: [RECORDS[0], RECORDS[2]], "record TRY 3: number: the chain is broken"),
        (list, "records: number: there is none"),
    ],
)
def test_what_was_changed_left_out_or_put_between_is_named(make: Callable[[], list[Json]], told: str) -> None:
    with pytest.raises(NotProven) as caught:
        check_records(make())
    assert str(caught.value).startswith(told)


def test_a_chain_goes_on_from_any_head_that_the_reader_kept() -> None:
    """CHAIN: breaks if a history that was written anew passes for the one that somebody saw."""
    for kept in RECORDS:
        head = (kept["number"], kept["digest"])
        check_records(RECORDS, head)
    check_records(RECORDS[1:], (1, RECORDS[0]["digest"]))
    for head, told in [
        ((2, "ab" * 32), "record TRY 2: digest: it was"),
        ((4, "ab" * 32), "record TRY 4: number: you kept it, and it is gone"),
    ]:
        with pytest.raises(NotProven) as caught:
            check_records(RECORDS, head)
        assert str(caught.value).startswith(told)
    with pytest.raises(NotProven, match="record TRY 2: previous"):
        check_records(RECORDS[1:], (1, "ab" * 32))


def test_another_signer_than_the_one_that_was_kept_is_named() -> None:
    with pytest.raises(NotProven, match="record TRY 1: signer"):
        check_records(RECORDS, signer="ab" * 32)


@pytest.mark.parametrize("side", [GIFTS, NEEDS])
def test_a_receipt_is_inside_the_record_of_its_side(side: str) -> None:
    assert check_receipt(receipt(side), RECORDS, SECRET) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount_minor": 20_000}, "root: no record has"),
        ({"salt": "00" * 16}, "holder: it is not made for your secret"),
        ({"side": NEEDS}, "root: no record has"),
        ({"currency": "EUR"}, "root: no record has"),
        ({"index": 99}, "root: no record has"),
        ({"path": []}, "root: no record has"),
    ],
)
def test_a_receipt_that_was_changed_proves_nothing(changes: Json, told: str) -> None:
    with pytest.raises(NotProven, match=told):
        check_receipt(receipt() | changes, RECORDS, SECRET)


def test_another_ones_receipt_proves_nothing_to_me() -> None:
    """Breaks if the side could show one leaf to all who gave the same."""
    with pytest.raises(NotProven, match="it is not made for your secret"):
        check_receipt(receipt(), RECORDS, "another secret")
