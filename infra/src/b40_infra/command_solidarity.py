"""Commands about Pay It Forward: what anybody, and what an auditor, may check of the public record."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from b40_contracts.solidarity import RecordPublished
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape

from b40_infra import private
from b40_infra.command_options import DEFAULT_FOLDER, Folder, operations_of
from b40_infra.errors import Trouble
from b40_infra.operations import Operations
from b40_infra.trust import trusted

console = Console()
solidarity_app = typer.Typer(no_args_is_help=True, help="Check the public record of Pay It Forward.")

ANSWER_SECONDS_MAX = 30.0
RECORDS = TypeAdapter(tuple[RecordPublished, ...])
Records = Annotated[
    str, typer.Argument(metavar="RECORDS", help="Records of a currency: a file, or the URL …/records/<currency>.")
]


class OrderTrouble(StrEnum):
    """What is wrong with an order."""

    OVERDUE = "overdue"
    CONTRADICTED = "contradicted"


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(solidarity_app, name="solidarity")


@solidarity_app.command()
def verify(
    records: Records,
    receipts: Annotated[list[Path] | None, typer.Argument(help="Files with own receipts.")] = None,
    head: Annotated[str | None, typer.Option(help="A record that you kept, as NUMBER:DIGEST.")] = None,
    signer: Annotated[str | None, typer.Option(help="The public key that you kept.")] = None,
    secret: Annotated[Path | None, typer.Option(help="File with the secret of the receipts.")] = None,
) -> None:
    """Prove that the records' sums agree, that the chain is unbroken and signed, and that own receipts are inside."""
    from b40_solidarity.verify import NotProven, check_receipt, check_records

    found = _records(records)
    own = [receipt for path in receipts or [] for receipt in _listed(str(path), _read(str(path)))]
    mine = _read(str(secret)).strip() if secret is not None else None
    try:
        signed_by = check_records(found, _head(head), signer)
        inside = [check_receipt(receipt, found, mine) for receipt in own]
    except NotProven as missing:
        raise Trouble(f"not proven: {missing}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise Trouble(f"not proven: a field is missing or of another form ({type(error).__name__})") from None
    _tell(f"{len(found)} records agree, chained and signed by {signed_by or 'nobody'}")
    for number in inside:
        _tell(f"receipt inside record {number}")
    _tell(f"keep this head for the next time: {found[-1]['number']}:{found[-1]['digest']}")


@solidarity_app.command("audit")
def audit_(records: Records, openings: Annotated[Path, typer.Argument(help="File with one side's openings.")]) -> None:
    """Check, with all openings of one side, that its leaves add up to what the record states."""
    from b40_solidarity.audit import NotAudited, audit
    from b40_solidarity.trees import Openings

    text = _read(str(openings))
    stated = _listed(records, _read(records))
    try:
        found = audit(Openings.model_validate_json(text), RECORDS.validate_python(stated))
    except NotAudited as wrong:
        raise Trouble(f"not audited: {wrong}") from None
    except ValidationError as error:
        raise Trouble(f"not audited: {error.errors()[0]['loc']} is missing or of another form") from None
    _tell(
        f"record {found.record}: {found.opened} leaves hold {found.opened_minor}, {found.padding} are padding, "
        f"and {found.stated_minor} is stated"
    )
    if found.forgotten:
        missing = found.stated_minor - found.opened_minor
        _tell(f"{found.forgotten} leaves are forgotten: that they hold {missing} nobody can check any more")


@solidarity_app.command()
def openings(
    side: Annotated[str, typer.Argument(help="gifts or needs.")],
    root: Annotated[str, typer.Argument(help="The side's root, as the record states it.")],
    to: Annotated[Path, typer.Option("--to", help="New file for that side's auditor, readable by its owner alone.")],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Write all openings of one side of a record, for that side's auditor: amounts, no ids."""
    if to.exists():
        raise Trouble(f"{to} is there already: name a file that is not")
    operations = Operations(operations_of(folder))
    try:
        found = operations.ask("GET", f"solidarity-{side}", f"/openings/{root}")
    finally:
        operations.close()
    private.write(to, json.dumps(found, indent=1).encode())
    _tell(f"{len(found['leaves'])} leaves of {side} are opened in {to}")


@solidarity_app.command()
def orders(
    trouble: Annotated[
        OrderTrouble, typer.Argument(help="overdue: not answered; contradicted: answered twice, otherwise.")
    ],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Show the orders that somebody has to ask their billers about."""
    operations = Operations(operations_of(folder))
    try:
        found = operations.ask("GET", "solidarity-needs", f"/orders/{trouble.value}")
    finally:
        operations.close()
    for each in found:
        again = f", contradicted {each['contradicted_at']}" if each["contradicted_at"] else ""
        _tell(f"{each['order']} to {each['biller']}, placed {each['placed_at']}{again}")
    if not found:
        _tell(f"No orders are {trouble.value}.")


def _records(place: str) -> list[dict[str, Any]]:
    found = _listed(place, _read(place))
    if not found:
        raise Trouble(f"{place} holds no records")
    return found


def _read(place: str) -> str:
    """What a file holds or a URL answers. Raises Trouble."""
    try:
        if not place.startswith(("http://", "https://")):
            return Path(place).read_text("utf-8")
        answer = httpx.get(place, timeout=ANSWER_SECONDS_MAX, trust_env=False, verify=trusted())
        return answer.raise_for_status().text
    except (OSError, ValueError, httpx.HTTPError) as error:
        raise Trouble(f"cannot read {place} ({type(error).__name__})") from None


def _listed(place: str, text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError:
        raise Trouble(f"{place} holds no JSON") from None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Trouble(f"{place} holds no list of objects")
    return found


def _head(given: str | None) -> tuple[int, str] | None:
    if given is None:
        return None
    number, _, digest = given.partition(":")
    if not number.isdecimal():
        raise Trouble("--head is NUMBER:DIGEST, as this command told it")
    return int(number), digest


def _tell(what: str) -> None:
    console.print(escape(what), highlight=False, soft_wrap=True)
