"""The platform's own certificates: an authority made once, and what it signs for each part that others connect to."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from b40_infra import private

AUTHORITY_DAYS = 3_650
DAYS = 825
CLOCKS_DIFFER = timedelta(minutes=5)


class Authority:
    """A folder with ``authority.pem``, which everybody may read, and ``authority.key``, which only its owner may."""

    def __init__(self, folder: Path) -> None:
        self.certificate_file = folder / "authority.pem"
        self._key_file = folder / "authority.key"
        if not self._key_file.exists():
            self._make(folder)
        self._key = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
        self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate (PEM), for all who connect."""
        return self.certificate_file.read_bytes()

    def issue(self, folder: Path, name: str, hosts: Sequence[str]) -> Path:
        """Write ``<name>.pem``: a new key and the certificate of it, for a part that is reached under these hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(name, self._certificate.subject, key.public_key(), DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_host(each) for each in hosts]), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())  # type: ignore[arg-type]
        )
        path = folder / f"{name}.pem"
        private.write(path, _pem_of(key) + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _make(self, folder: Path) -> None:
        private.make(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("B40 platform authority")
        certificate = (
            _builder("B40 platform authority", name, key.public_key(), AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private.write(self._key_file, _pem_of(key))  # last: who finds it finds the certificate too


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
