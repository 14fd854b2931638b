"""Rules of style over a tree of Python files: sizes, docstrings, and what is not called here but replaced."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 300

BANNED_IN_SERVICES = {
    "datetime.datetime.now": "work.now: business time, that of the last tick",
    "datetime.datetime.utcnow": "work.now: business time, that of the last tick",
    "datetime.datetime.today": "work.now: business time, that of the last tick",
    "datetime.date.today": "work.now: business time, that of the last tick",
    "time.time": "work.now: business time, that of the last tick",
    "time.time_ns": "work.now: business time, that of the last tick",
    "time.sleep": "a due item: time is an event",
    "uuid.uuid1": "work.new_id(cause): derived, so that it comes out the same again",
    "uuid.uuid4": "work.new_id(cause): derived, so that it comes out the same again",
    "random": "work.random(cause): chance that falls the same way again",
    "secrets": "work.random(cause): chance that falls the same way again",
    "os.environ": "the service's settings",
    "os.getenv": "the service's settings",
}
ALLOWED_AS_A_TYPE = {"random.Random"}

BANNED_IN_TESTS = {
    "pytest.skip": "a failure: what is missing is to be noticed",
    "pytest.importorskip": "a failure: what is missing is to be noticed",
    "pytest.mark.skip": "a failure: what is missing is to be noticed",
    "pytest.mark.skipif": "a failure: what is missing is to be noticed",
    "pytest.mark.xfail": "an issue",
    "unittest.mock": "a value: decisions are pure; effects are tested on the real parts",
}

BANNED_IN_SQL = re.compile(
    r"\b(now\(\)|current_timestamp|current_date|clock_timestamp\(\)|random\(\)|gen_random_uuid\(\))", re.IGNORECASE
)
KEY_MADE = "key bytea NOT NULL DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
"""A person's key must not come out the same again: who is erased would be known again."""
PROMISES = re.compile("|".join([r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b"]))
ADDRESSES = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", r"maven\." + "(org|apache)"]))

SECRETS = re.compile(
    "|".join(
        [
            "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
            r"\bAKIA[0-9A-Z]{16}\b",
            r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
            r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
            r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
            r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,}",
            r"\bb40_[A-Za-z0-9_-]{40,}",
            r"\b[a-z][a-z0-9+]*://[^\s:/@'\"{}]+:[A-Za-z0-9%._~+-]{12,}@",
            r"(?i:password|secret|token|api_?key)[\"']?\s*[:=]\s*[\"'][A-Za-z0-9+/=_-]{20,}[\"']",
        ]
    )
)
"""What a key, an access token or a password looks like where somebody wrote it down."""


def python_files(tree: Path) -> list[Path]:
    """The Python files under a folder, in order, without what tools leave there."""
    return sorted(file for file in tree.rglob("*.py") if not any(part.startswith(".") for part in file.parts))


def oversized(tree: Path) -> list[str]:
    """Functions of more than 40 lines (decorators not counted) and files of more than 300."""
    found = []
    for file in python_files(tree):
        text = file.read_text()
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            found.append(f"{file}: has {lines} lines; cut it where its subjects part ({FILE_LINES_MAX} at most)")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found.append(f"{file}:{node.lineno}: {node.name} has {lines} lines ({FUNCTION_LINES_MAX} at most)")
    return found


def undocumented(tree: Path) -> list[str]:
    """Modules without a docstring."""
    return [
        f"{file}: the module does not say what it is"
        for file in python_files(tree)
        if not ast.get_docstring(ast.parse(file.read_text()))
    ]


def promising(tree: Path) -> list[str]:
    """Lines that promise work instead of doing it."""
    return [
        f"{file}:{number}: do it, or write it down where work is planned"
        for file in python_files(tree)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if PROMISES.search(line)
    ]


def using(tree: Path, banned: dict[str, str], named: str = "*") -> list[str]:
    """Uses of what is banned, found by what names are bound to, each with its replacement; in files so named."""
    return [
        f"{file}:{line}: {name} is not used here; use {banned[entry]}"
        for file in python_files(tree)
        if file.match(named)
        for line, name, called in _references(ast.parse(file.read_text()))
        for entry in banned
        if (name == entry or name.startswith(entry + ".")) and (called or name not in ALLOWED_AS_A_TYPE)
    ]


def sleeping(tree: Path) -> list[str]:
    """Sleeps in test files that are not a step of asking, in a ``while``, whether something has happened yet."""
    found = []
    for file in tree.rglob("test_*.py"):
        module = ast.parse(file.read_text())
        asking = {part.lineno for node in ast.walk(module) if isinstance(node, ast.While) for part in node.body}
        found += [
            f"{file}:{line}: a test does not sleep; use a tick, since time is an event, or wait for what is to happen"
            for line, name, called in _references(module)
            if name in ("time.sleep", "asyncio.sleep") and called and line not in asking
        ]
    return found


def publishing(tree: Path) -> list[str]:
    """Calls of ``anything.publish(...)``, but a function of the service's own: nothing but the relay sends to Kafka."""
    found = []
    for file in python_files(tree):
        module = ast.parse(file.read_text())
        own = {name for name, origin in _bindings(module) if origin.startswith("b40_")}
        found += [
            f"{file}:{node.lineno}: .publish( is not called here; use work.announce"
            for node in ast.walk(module)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "publish"
            if ast.unparse(node.func.value) not in own
        ]
    return found


def chancy_sql(tree: Path) -> list[str]:
    """Statements that ask the database for the time or for chance, in Python and SQL files; but for keys of persons."""
    return [
        f"{file}:{number}: {match[0]} is not asked of the database; pass work.now or a derived id"
        for file in sorted([*python_files(tree), *tree.rglob("*.sql")])
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (match := BANNED_IN_SQL.search(line)) and line.strip() != KEY_MADE
    ]


def keeping_secrets(files: Iterable[Path]) -> list[str]:
    """Files in which a secret seems to be written down; what it is, is not told."""
    return [f"{file}: holds what looks like a secret" for file in files if SECRETS.search(_text(file))]


def naming_registries(files: list[Path]) -> list[str]:
    """Files that name the address of a package registry: which one is used is a setting of the machine."""
    return [f"{file}: names the address of a package registry" for file in files if ADDRESSES.search(_text(file))]


def _text(file: Path) -> str:
    return file.read_bytes().decode(errors="replace")


def _references(module: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Line, full dotted name and whether it is called, for every use of something imported."""
    bound = dict(_bindings(module))
    called = {id(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    for node in ast.walk(module):
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in inner:
            first, _, rest = ast.unparse(node).partition(".")
            if first in bound:
                yield node.lineno, f"{bound[first]}.{rest}".rstrip("."), id(node) in called


def _bindings(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Each imported name, and what it stands for."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
