# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of one installation, for offices and trials without a real certificate.

Camera, recorder and service worker exist only where the browser trusts the connection; one that
was clicked through does not count. So ``make run HTTPS=1`` makes an authority of its own in the
data folder, which phones install once (page ``/ca``), and a certificate for the names and
addresses of this machine. The authority may sign for this machine's names only, which is written
into it: whoever stole its key could not impersonate other sites to the phones that trust it.
"""

import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core.clock import now

FOLDER = "tls"
YEARS = timedelta(days=3650)
DAYS = timedelta(days=397)
"""Browsers refuse certificates of servers that are valid for longer than 398 days."""
RENEW = timedelta(days=30)
NAME = "行政执法监督平台 本机根证书"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Authority:
    """The part of the authority everybody may see."""

    der: bytes
    fingerprint: str
    """SHA-256 in groups, as phones show it."""
    valid_to: datetime


def certificate(data: Path) -> Authority | None:
    """The authority of this data folder; None where HTTPS was never switched on."""
    try:
        found = x509.load_pem_x509_certificate((data / FOLDER / "ca.crt").read_bytes())
    except (OSError, ValueError):
        return None
    mark = found.fingerprint(hashes.SHA256()).hex().upper()
    return Authority(
        found.public_bytes(serialization.Encoding.DER),
        ":".join(mark[at : at + 2] for at in range(0, len(mark), 2)),
        found.not_valid_after_utc,
    )


def own_addresses(host: str) -> list[Address]:
    """The addresses phones in the same network may type: all of this machine's, or the one."""
    found: set[Address] = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    if host not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        try:
            return sorted({*found, ipaddress.ip_address(host)}, key=str)
        except ValueError:
            return sorted(found, key=str)
    names = [socket.gethostname(), socket.getfqdn()]
    for name in names:
        try:
            found |= {ipaddress.ip_address(each[4][0]) for each in socket.getaddrinfo(name, None)}
        except (OSError, ValueError):
            continue
    # The address of the interface towards the network; nothing is sent for it.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            found.add(ipaddress.ip_address(probe.getsockname()[0]))
        except OSError:
            pass
    return sorted((each for each in found if not each.is_unspecified), key=str)


def _names(host: str) -> list[str]:
    names = {"localhost", socket.gethostname()}
    try:
        ipaddress.ip_address(host or "0.0.0.0")  # noqa: S104 - compared, not bound
    except ValueError:
        names.add(host)
    return sorted(each for each in names if each and each.isascii())


def _write(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=mode)
    draft.chmod(mode)
    draft.write_bytes(content)
    draft.replace(path)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


def _permitted(names: Sequence[str]) -> x509.NameConstraints:
    # Private networks, so that the machine may move to another address without a new authority.
    networks = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")
    six = ("::1/128", "fc00::/7", "fe80::/10")
    return x509.NameConstraints(
        permitted_subtrees=[
            *(x509.DNSName(each) for each in names),
            *(x509.IPAddress(ipaddress.ip_network(each)) for each in (*networks, *six)),
        ],
        excluded_subtrees=None,
    )


def _made(
    folder: Path, names: Sequence[str]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority of this folder, made at the first call and kept."""
    try:
        found = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        known = found.extensions.get_extension_for_class(x509.NameConstraints).value
        allowed = {
            each.value for each in known.permitted_subtrees or () if isinstance(each, x509.DNSName)
        }
        if (
            isinstance(key, ec.EllipticCurvePrivateKey)
            and found.not_valid_after_utc - now() > DAYS
            and set(names) <= allowed
        ):
            return found, key
    except (OSError, ValueError, x509.ExtensionNotFound):
        pass
    key = ec.generate_private_key(ec.SECP256R1())
    moment = now() - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(NAME))
        .issuer_name(_name(NAME))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment)
        .not_valid_after(moment + YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_permitted(names), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.key", _key_bytes(key), 0o600)
    _write(folder / "ca.crt", made.public_bytes(serialization.Encoding.PEM), 0o644)
    (folder / "server.crt").unlink(missing_ok=True)
    return made, key


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _permitted_address(address: Address, authority: x509.Certificate) -> bool:
    known = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    networks = [
        each.value for each in known.permitted_subtrees or () if isinstance(each, x509.IPAddress)
    ]
    return any(
        isinstance(net, (ipaddress.IPv4Network, ipaddress.IPv6Network)) and address in net
        for net in networks
    )


def ensure(data: Path, host: str) -> tuple[Path, Path]:
    """Certificate and key of this server (paths), made or renewed when they do not fit.

    Kept while they name all the addresses the machine has now and are good for another month.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    names = _names(host)
    authority, signing = _made(folder, names)
    # A public address is not ours to vouch for; it needs a certificate of a real authority.
    addresses = [each for each in own_addresses(host) if _permitted_address(each, authority)]
    paths = folder / "server.crt", folder / "server.key"
    if _fits(paths[0], names, addresses) and paths[1].exists():
        return paths
    key = ec.generate_private_key(ec.SECP256R1())
    moment = now() - timedelta(days=1)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment)
        .not_valid_after(moment + DAYS)
        .add_extension(
            x509.SubjectAlternativeName(
                [*(x509.DNSName(each) for each in names), *(x509.IPAddress(a) for a in addresses)]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(signing, hashes.SHA256())
    )
    _write(paths[1], _key_bytes(key), 0o600)
    _write(paths[0], made.public_bytes(serialization.Encoding.PEM), 0o644)
    return paths


def _fits(path: Path, names: Sequence[str], addresses: Sequence[Address]) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        found.not_valid_after_utc - now() > RENEW
        and set(names) <= set(named.get_values_for_type(x509.DNSName))
        and set(addresses) <= set(named.get_values_for_type(x509.IPAddress))
    )
