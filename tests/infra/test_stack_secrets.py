"""The secrets of a stack: made once, and each part is given what it needs and nothing else."""

import stat
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from b40_contracts import catalogue
from b40_contracts.platform import APPS
from b40_infra import command
from b40_infra.access import OPERATOR, SETUP
from b40_infra.errors import Trouble
from b40_infra.stack_secrets import KEYS_KEPT_DAYS, PARTS, SERVERS, StackSecrets
from cryptography import x509
from typer.testing import CliRunner

PUBLIC = "authority.pem"
MEMBERS = ("kafka-2", "kafka-3", "postgres-2")
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stack") / "secrets"
    StackSecrets(folder, hosts=("localhost", "b40.example")).make()
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster") / "secrets"
    StackSecrets(folder, members=MEMBERS).make()
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines_of(folder: Path) -> list[str]:
    return (folder / "topics" / "solidarity-orders.key").read_text().splitlines()


def test_what_was_made_stays(folder: Path) -> None:
    """Breaks if a second start locks everybody out, or says everything anew under other ids."""
    before = contents(folder)
    StackSecrets(folder, hosts=("localhost", "b40.example")).make()
    assert contents(folder) == before


def test_what_is_missing_is_made_again_from_what_is_there(folder: Path) -> None:
    before = contents(folder)
    (folder / "registry" / "b40_database").unlink()
    (folder / "clock" / "kafka.password").unlink()
    StackSecrets(folder, hosts=("localhost", "b40.example")).make()
    assert contents(folder) == before


def test_only_the_owner_may_read(folder: Path) -> None:
    for path in folder.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert path.name == PUBLIC or stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_no_two_parts_share_a_secret_but_the_keys_of_what_is_sealed_between_them(folder: Path) -> None:
    """INVARIANT: least privilege. Breaks if one part is given the password of another."""
    assert shared(folder, PARTS) == []


def test_nor_do_two_parts_of_a_cluster(cluster: Path) -> None:
    assert shared(cluster, (*PARTS, *MEMBERS)) == []


@pytest.mark.parametrize("member", MEMBERS)
def test_a_clusters_member_has_a_certificate_in_its_own_name(cluster: Path, member: str) -> None:
    """Breaks if brokers cannot tell one another apart, or one cannot show that it is who it says."""
    shown = x509.load_pem_x509_certificate((cluster / member / f"{member}.pem").read_bytes())
    assert shown.subject.rfc4514_string() == f"CN={member}"
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert member in names.get_values_for_type(x509.DNSName)


def test_the_second_copy_of_an_app_is_met_under_its_own_name_in_a_cluster_alone(folder: Path, cluster: Path) -> None:
    for made, met in ((cluster, {"events", "events-2", "localhost"}), (folder, {"events", "localhost", "b40.example"})):
        shown = x509.load_pem_x509_certificate((made / "events" / "events.pem").read_bytes())
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert set(names.get_values_for_type(x509.DNSName)) == met


def test_a_server_follows_the_other_as_a_role_of_its_own_and_holds_no_administrators_password(cluster: Path) -> None:
    """Breaks if who copies the database could do anything else there, or the copy knows what it need not."""
    for server in ("postgres", "postgres-2"):
        password = (cluster / SETUP / "postgres" / f"{server}-replica.password").read_text()
        assert (cluster / server / "replica.pass").read_text() == f"*:*:*:{server}-replica:{password}\n"
    assert {path.name for path in (cluster / "postgres-2").iterdir()} == {PUBLIC, "postgres-2.pem", "replica.pass"}


def test_in_a_cluster_an_app_comes_to_the_server_that_is_written_to(cluster: Path) -> None:
    """Breaks if an app stays with a server that was lost, or works with one that only follows."""
    for role in ("notify", "notify-owner"):
        address = urlsplit((cluster / role / "b40_database").read_text())
        assert address.netloc.rpartition("@")[2] == "postgres:5432,postgres-2:5432"
        assert parse_qs(address.query)["target_session_attrs"] == ["primary"]


def test_a_stack_that_is_no_cluster_holds_nothing_of_one(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {*PARTS, "authority", "topics"}
    assert not list(folder.rglob("replica.pass"))


def test_a_clusters_members_are_given_new_secrets_too(tmp_path: Path) -> None:
    secrets = StackSecrets(tmp_path, members=MEMBERS)
    secrets.make()
    before = contents(tmp_path)
    secrets.rotate(NOW)
    after = contents(tmp_path)
    new = {path for path in before if before[path] != after[path]}
    assert new >= {Path(member) / f"{member}.pem" for member in MEMBERS}
    assert new >= {Path(server) / "replica.pass" for server in ("postgres", "postgres-2")}


def shared(folder: Path, parts: Sequence[str]) -> list[set[str]]:
    """Parts that hold the same, other than what is public or sealed between them."""
    holders: dict[bytes, set[str]] = defaultdict(set)
    for path, content in contents(folder).items():
        if path.name != PUBLIC and path.parts[0] in parts and path.parts[0] != SETUP and path.suffix != ".key":
            holders[content].add(path.parts[0])
    return [held for held in holders.values() if len(held) > 1]


@pytest.mark.parametrize("app", APPS)
def test_an_app_holds_the_keys_of_the_sealed_topics_that_it_says_or_hears(folder: Path, app: str) -> None:
    wanted = {
        f"{topic.name}.key"
        for topic in catalogue.TOPICS
        if topic.sealed and (topic.producer == app or topic.hears(app) is not None)
    }
    assert {path.name for path in (folder / app / "sealed").iterdir()} == wanted


@pytest.mark.parametrize("app", APPS)
def test_an_app_comes_to_its_database_as_one_who_does_not_own_it_and_asks_who_answers(folder: Path, app: str) -> None:
    for role in (app, f"{app}-owner"):
        address = urlsplit((folder / role / "b40_database").read_text())
        assert (address.username, address.path) == (role, f"/{app}")
        assert parse_qs(address.query) == {"sslmode": ["verify-full"], "sslrootcert": ["/secrets/authority.pem"]}


@pytest.mark.parametrize("part", SERVERS)
def test_a_part_that_others_connect_to_shows_a_certificate_of_the_authority(folder: Path, part: str) -> None:
    shown = x509.load_pem_x509_certificate((folder / part / f"{part}.pem").read_bytes())
    shown.verify_directly_issued_by(x509.load_pem_x509_certificate((folder / part / PUBLIC).read_bytes()))
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) >= {part, "localhost", "b40.example"}


def test_who_signs_is_given_to_nobody(folder: Path) -> None:
    """Breaks if a part holds the key with which anybody's certificate can be made."""
    key = (folder / "authority" / "authority.key").read_bytes()
    assert [path for path, content in contents(folder).items() if key in content] == [Path("authority/authority.key")]


def test_the_operator_is_given_no_secret_of_an_app(folder: Path) -> None:
    assert {path.name for path in (folder / OPERATOR).iterdir()} == {PUBLIC, "kafka.password"}


def test_after_a_rotation_everything_is_new_but_what_others_hang_on(tmp_path: Path) -> None:
    """Breaks if a rotation leaves a password as it was, or changes every id that an app will say again."""
    secrets = StackSecrets(tmp_path)
    secrets.make()
    before = contents(tmp_path)
    secrets.rotate(NOW)
    after = contents(tmp_path)
    assert after.keys() == before.keys()
    stays = {"authority.pem", "authority.key", "b40_secret", "b40_vault_key", "administrator.password"}
    same = {path for path in before if before[path] == after[path]}
    assert {path.name for path in same} == stays | {"postgres.password"}
    for principal in ("registry", "clock"):
        entered = tmp_path / SETUP / "kafka" / f"{principal}.password"
        assert (tmp_path / principal / "kafka.password").read_bytes() == entered.read_bytes()


def test_replaced_keys_of_a_sealed_topic_open_for_the_memory_and_the_oldest_for_ever(tmp_path: Path) -> None:
    secrets = StackSecrets(tmp_path)
    secrets.make()
    (oldest,) = lines_of(tmp_path)
    for days in (0, 10, 20):
        secrets.rotate(NOW + timedelta(days=days))
    assert [line.split()[0] for line in lines_of(tmp_path)] == [
        "20261221T000000Z",
        "20261211T000000Z",
        "20261201T000000Z",
        "1",
    ]
    secrets.rotate(NOW + timedelta(days=20 + KEYS_KEPT_DAYS))
    _, former, last = lines_of(tmp_path)
    assert former.startswith("20261221T")
    assert last == oldest


def test_all_holders_of_a_sealed_topic_have_the_same_keys(tmp_path: Path) -> None:
    secrets = StackSecrets(tmp_path)
    secrets.make()
    secrets.rotate(NOW)
    for topic in catalogue.TOPICS:
        if topic.sealed:
            held = {path.read_bytes() for path in tmp_path.rglob(f"{topic.name}.key")}
            assert len(held) == 1, topic.name


def test_an_unknown_part_is_named(folder: Path) -> None:
    with pytest.raises(Trouble, match="there is no part kafak; those with secrets are: kafka"):
        StackSecrets(folder).give({"kafak": 1000})


def test_the_command_makes_and_rotates(tmp_path: Path) -> None:
    settings = {"B40_SECRETS_FOLDER": str(tmp_path), "B40_INTEGRATORS": "water=events-intake portal=registry-intake"}
    assert CliRunner().invoke(command.app, ["secrets", "make"], env=settings).exit_code == 0
    made = contents(tmp_path)
    assert {f"{name}.password" for name in ("water", "portal", "registry")} <= {
        path.name for path in made if path.parts[:2] == (SETUP, "kafka")
    }
    assert CliRunner().invoke(command.app, ["secrets", "rotate"], env=settings).exit_code == 0
    water = Path(SETUP) / "kafka" / "water.password"
    assert contents(tmp_path)[water] != made[water]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--owner=kafka", "--owner kafka: write PART=UID, as kafka=1000"),
        ("--member=kafka-2", "--member kafka-2: write PART=UID, as kafka=1000"),
        ("--integrator=water", "--integrator water: write NAME=INTAKE"),
        ("--postgres-tls=perhaps", "--postgres-tls perhaps: write on or off"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(tmp_path: Path, option: str, told: str) -> None:
    result = CliRunner().invoke(command.app, ["secrets", f"--folder={tmp_path / 'new'}", option, "make"])
    assert told in str(result.exception)
    assert not (tmp_path / "new").exists()
