# SPDX-License-Identifier: Apache-2.0
"""The installable app, and https that a phone trusts without a certificate of a real authority."""

import ipaddress
import ssl
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from core import clock
from core.pwa import authority
from core.pwa.routes import shell_of, version_of
from core.settings import read
from core.web.state import platform_of


async def test_the_manifest_names_icons_that_exist(client):
    answer = await client.get("/app.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    told = answer.json()
    assert told["start_url"] == told["scope"] == "/"
    assert {each["sizes"] for each in told["icons"]} >= {"192x192", "512x512"}
    for icon in told["icons"]:
        found = await client.get(icon["src"])
        assert found.status_code == 200, icon["src"]
    page = await client.get("/login")
    assert 'rel="manifest" href="/app.webmanifest"' in page.text


async def test_the_worker_stands_at_the_root_and_knows_its_version(client, app, monkeypatch):
    static = platform_of(app).static
    answer = await client.get("/sw.js")
    if static.entry("js/sw.js") is None:
        assert answer.status_code == 404
        return
    assert answer.status_code == 200
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["cache-control"] == "no-cache"
    assert version_of(static) in answer.text.partition("\n")[0]
    for address in shell_of(static):
        assert (await client.get(address)).status_code == 200
    style = static.entry("css/jiandu.css")
    monkeypatch.setitem(static._entries, "css/jiandu.css", replace(style, hash="0" * 12))
    assert version_of(static) not in answer.text


async def test_without_https_there_is_nothing_to_trust(client):
    assert (await client.get("/ca")).status_code == 404
    assert (await client.get("/ca.crt")).status_code == 404


def handshake(paths, data, name):
    """The browser's side and ours, in memory."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*paths)
    browser = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    browser.load_verify_locations(data / authority.FOLDER / "ca.crt")
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = server.wrap_bio(up, down, server_side=True)
    here = browser.wrap_bio(down, up, server_hostname=name)
    for _ in range(6):
        for side in (here, there):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return here.version()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_whoever_trusts_the_authority_trusts_this_machine(tmp_path, name):
    paths = authority.ensure(tmp_path, "0.0.0.0")
    assert handshake(paths, tmp_path, name).startswith("TLSv1")


def test_it_vouches_for_no_other_name(tmp_path):
    paths = authority.ensure(tmp_path, "0.0.0.0")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(paths, tmp_path, "bank.example")
    found = x509.load_pem_x509_certificate((tmp_path / "tls/ca.crt").read_bytes())
    limits = found.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert authority._permitted_address(ipaddress.ip_address("192.168.3.4"), found)
    assert not authority._permitted_address(ipaddress.ip_address("8.8.8.8"), found)


def test_keys_are_for_the_owner_alone_and_certificates_are_kept(tmp_path):
    paths = authority.ensure(tmp_path, "127.0.0.1")
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) == 0o600
    before = paths[0].read_bytes(), (tmp_path / "tls/ca.crt").read_bytes()
    assert authority.ensure(tmp_path, "127.0.0.1") == paths
    assert before == (paths[0].read_bytes(), (tmp_path / "tls/ca.crt").read_bytes())


def test_a_new_address_gives_a_new_certificate_of_the_same_authority(tmp_path):
    paths = authority.ensure(tmp_path, "127.0.0.1")
    first, root = paths[0].read_bytes(), (tmp_path / "tls/ca.crt").read_bytes()
    authority.ensure(tmp_path, "192.168.7.8")
    assert paths[0].read_bytes() != first
    assert (tmp_path / "tls/ca.crt").read_bytes() == root, "phones need not install it again"


def test_it_is_renewed_before_it_ends(tmp_path):
    paths = authority.ensure(tmp_path, "127.0.0.1")
    first = paths[0].read_bytes()
    with clock.frozen(clock.now() + authority.DAYS - timedelta(days=5)):
        authority.ensure(tmp_path, "127.0.0.1")
    assert paths[0].read_bytes() != first


def test_what_the_page_shows_is_what_the_phone_shows(tmp_path):
    assert authority.certificate(tmp_path) is None
    authority.ensure(tmp_path, "127.0.0.1")
    found = authority.certificate(tmp_path)
    assert len(found.fingerprint.split(":")) == 32
    assert x509.load_der_x509_certificate(found.der).subject.rfc4514_string().startswith("CN=")


def test_the_switch():
    on = read({"JIANDU_ENV": "test", "HTTPS": "1"})
    assert on.server.https
    assert on.secure_cookies
    assert not read({"JIANDU_ENV": "test"}).secure_cookies


async def test_the_page_explains_and_the_file_comes_down(client, app, tmp_path, monkeypatch):
    authority.ensure(tmp_path, "127.0.0.1")
    platform = platform_of(app)
    monkeypatch.setattr(platform, "settings", replace(platform.settings, data=tmp_path))
    page = await client.get("/ca")
    assert page.status_code == 200
    assert authority.certificate(tmp_path).fingerprint.replace(":", " ") in page.text
    assert "仍要继续" in page.text, "says why"
    file = await client.get("/ca.crt")
    assert file.headers["content-type"] == "application/x-x509-ca-cert"
    assert b"PRIVATE" not in file.content
