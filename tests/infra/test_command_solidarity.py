"""``b40 solidarity``: a reader proves the record, an auditor that the leaves of one side add up to it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from b40_infra import command, command_solidarity
from b40_solidarity.leaves import GIFTS, NEEDS
from b40_solidarity.trees import openings_of, receipts

from tests.infra.answering import answering
from tests.solidarity.recorded import SECRET, SIGNER, as_json, chain, held, keys, tree

RECORDS = as_json(chain(2))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with records, receipts, a secret, and the openings of both sides of the second week."""
    monkeypatch.chdir(tmp_path)
    (own,) = receipts(tree(GIFTS, 2), held(GIFTS)[:1], keys())
    write("records.json", RECORDS)
    write("receipts.json", [own.model_dump()])
    Path("secret").write_text(SECRET)
    for side in (GIFTS, NEEDS):
        write(f"{side}.json", openings(side))
    return tmp_path


def openings(side: str, /, **changes: Any) -> dict[str, Any]:
    return {**openings_of(tree(side, 2), held(side), keys()).model_dump(), **changes}


def write(name: str, content: Any) -> None:
    Path(name).write_text(json.dumps(content))


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Any, str]:
    """The exit code of ``b40 solidarity …``, and what it says."""
    monkeypatch.setattr(sys, "argv", ["b40", "solidarity", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    told = capsys.readouterr()
    return ended.value.code, told.out + told.err


@pytest.mark.usefixtures("folder")
def test_a_reader_proves_records_and_receipts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ("--head", f"1:{RECORDS[0]['digest']}", "--signer", SIGNER.public, "--secret", "secret")
    code, told = said(capsys, monkeypatch, "verify", "records.json", "receipts.json", *kept)
    assert code == 0
    assert told.splitlines() == [
        f"2 records agree, chained and signed by {SIGNER.public}",
        "receipt inside record 2",
        f"keep this head for the next time: 2:{RECORDS[1]['digest']}",
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("records", "options", "told"),
    [
        (RECORDS[1:], (), "not proven: record TRY 2: number: records before it are missing"),
        ([{**RECORDS[0], "spent_minor": 1}], (), "not proven: record TRY 1: spent_minor:"),
        ([{"number": 1}], (), "not proven: record None 1: previous:"),
        (RECORDS, ("--head", f"1:{'ab' * 32}"), "not proven: record TRY 1: digest: it was"),
        (RECORDS, ("--head", "x"), "--head is NUMBER:DIGEST"),
        ([], (), "records.json holds no records"),
        ({}, (), "records.json holds no list of objects"),
    ],
)
def test_what_is_not_proven_is_one_line_that_names_the_record_and_the_field(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, records: Any, options: Any, told: str
) -> None:
    write("records.json", records)
    code, line = said(capsys, monkeypatch, "verify", "records.json", *options)
    assert code == 1
    assert told in line
    assert line.count("\n") == 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("side", "sum_minor"), [(GIFTS, 50_000), (NEEDS, 45_000)])
def test_an_auditor_adds_up_the_leaves_of_one_side(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, side: str, sum_minor: int
) -> None:
    code, told = said(capsys, monkeypatch, "audit", "records.json", f"{side}.json")
    assert (code, told) == (0, f"record 2: 5 leaves hold {sum_minor}, 11 are padding, and {sum_minor} is stated\n")


def first_changed(side: str, **changes: Any) -> dict[str, Any]:
    leaves = openings(side)["leaves"]
    index = next(place for place, leaf in enumerate(leaves) if leaf["amount_minor"])
    leaves[index] = {**leaves[index], **changes}
    return openings(side, leaves=leaves)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("made", "told"),
    [
        (openings(GIFTS, side=NEEDS), "openings: root: no record of TRY has it as its needs_root"),
        (openings(GIFTS, side="both"), "openings: side:"),
        (openings(GIFTS, leaves=openings(GIFTS)["leaves"][:8]), "record TRY 2: gifts_leaves: it states 16, and 8"),
        (openings(GIFTS, leaves=openings(GIFTS)["leaves"][::-1]), "record TRY 2: gifts_root: it is not the root"),
        (first_changed(GIFTS, amount_minor=20_000), ": leaf: it is not the hash of its opening"),
        (first_changed(GIFTS, amount_minor=-1), ": amount_minor: it is below zero"),
        ({"side": GIFTS}, "not audited: ('currency',) is missing"),
    ],
)
def test_openings_that_do_not_fit_the_record_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, made: Any, told: str
) -> None:
    write("openings.json", made)
    code, line = said(capsys, monkeypatch, "audit", "records.json", "openings.json")
    assert code == 1
    assert told in line


@pytest.mark.usefixtures("folder")
def test_leaves_that_do_not_add_up_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUDIT: breaks if a record could state less than its leaves hold: that is what an auditor is for."""
    write("records.json", [RECORDS[0], {**RECORDS[1], "spent_minor": 40_000}])
    code, line = said(capsys, monkeypatch, "audit", "records.json", "gifts.json")
    assert code == 1
    assert "record TRY 2: spent_minor: it states 40000, and the leaves hold 50000" in line


@pytest.mark.usefixtures("folder")
def test_what_is_forgotten_is_told_and_not_made_good(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("gifts.json", first_changed(GIFTS, amount_minor=None, holder=None, salt=None))
    code, told = said(capsys, monkeypatch, "audit", "records.json", "gifts.json")
    assert code == 0
    assert "1 leaves are forgotten: that they hold 10000 nobody can check any more" in told


def test_openings_are_written_for_their_owner_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Operations:
        def __init__(self, urls: Any) -> None:
            self.urls = urls

        def ask(self, *what: str) -> Any:
            assert what == ("GET", "solidarity-gifts", f"/openings/{'ab' * 32}")
            return openings(GIFTS)

        def close(self) -> None:
            pass

    monkeypatch.setenv("B40_OPERATIONS", "solidarity-gifts=http://nowhere")
    monkeypatch.setattr(command_solidarity, "Operations", Operations)
    to = tmp_path / "openings.json"
    code, _ = said(capsys, monkeypatch, "openings", GIFTS, "ab" * 32, "--to", str(to))
    assert (code, to.stat().st_mode & 0o777, json.loads(to.read_text())) == (0, 0o600, openings(GIFTS))
    code, told = said(capsys, monkeypatch, "openings", GIFTS, "ab" * 32, "--to", str(to))
    assert code == 1
    assert "is there already" in told


@pytest.mark.parametrize(
    ("trouble", "contradicted_at", "told"),
    [
        ("overdue", None, "order-1 to iski, placed 2022-07-04T18:00:00Z"),
        (
            "contradicted",
            "2022-07-09T08:15:00Z",
            "order-1 to iski, placed 2022-07-04T18:00:00Z, contradicted 2022-07-09T08:15:00Z",
        ),
    ],
)
def test_operations_are_told_which_orders_to_ask_about(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    contradicted_at: str | None,
    told: str,
) -> None:
    order = {"order": "order-1", "biller": "iski", "placed_at": "2022-07-04T18:00:00Z"}
    with answering({f"/orders/{trouble}": [{**order, "contradicted_at": contradicted_at}]}) as (url, _):
        monkeypatch.setenv("B40_OPERATIONS", f"solidarity-needs={url}")
        assert said(capsys, monkeypatch, "orders", trouble) == (0, told + "\n")


def test_that_no_order_is_in_trouble_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering({"/orders/overdue": []}) as (url, _):
        monkeypatch.setenv("B40_OPERATIONS", f"solidarity-needs={url}")
        assert said(capsys, monkeypatch, "orders", "overdue") == (0, "No orders are overdue.\n")
