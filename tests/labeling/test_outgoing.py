"""Calls to addresses that people name: what is refused, what is called, and how long it may take."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from labeling import outgoing
from labeling.errors import TooLarge
from labeling.outgoing import AddressAway, AddressRefused, Limits
from tests.receiving import HOST, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def get(url: str, **options: Any) -> bytes:
    with outgoing.called("GET", url, **options) as answer:
        return answer.content()


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%1", "fc00::1",
        "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_what_is_not_on_the_public_internet(place: str) -> None:
    assert not outgoing.is_outside(ipaddress.ip_address(place))


@pytest.mark.parametrize("place", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_what_is_on_the_public_internet(place: str) -> None:
    assert outgoing.is_outside(ipaddress.ip_address(place))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_called_however_it_is_spelled(host: str, receiver: Receiver) -> None:
    with pytest.raises(AddressRefused, match="not on the public internet"):
        get(f"http://{host}:{receiver.authority.partition(':')[2]}/")
    assert receiver.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "", "hook", "/hook", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "https://", "http:///x",
        "https://me:word@example.com/", "https://me@example.com/", "http://example.com:0/", "http://example.com:99999/",
        "http://[::1/", "http://example.com/a b", "http://example.com/\r\nHost: x", f"http://{'a' * 70}.com/",
        "http://example.com/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(AddressRefused):
        outgoing.parse_address(address)


def test_an_address_is_called_as_it_was_written() -> None:
    address = outgoing.parse_address("HTTPS://Bücher.Example:8443/späte/%2F?q=a+b&r=%26#part")
    assert (address.authority, address.target) == ("xn--bcher-kva.example:8443", "/sp%C3%A4te/%2F?q=a+b&r=%26")
    assert outgoing.parse_address("https://[2606:4700::1111]").authority == "[2606:4700::1111]"


@pytest.mark.parametrize(
    ("hosts", "named"),
    [(["example.com"], True), (["EXAMPLE.com:81"], True), (["example.com:80"], False), (["com"], False), ([], False)],
)
def test_hosts_are_named_with_or_without_a_port(hosts: list[str], named: bool) -> None:
    assert outgoing.parse_address("http://example.com:81/").is_among(hosts) is named


def test_a_name_with_one_place_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _leads_to("8.8.8.8", "10.0.0.1"))
    with pytest.raises(AddressRefused, match=r"hook\.example is not on the public internet"):
        get("http://hook.example/")


def test_what_was_checked_is_what_is_called(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", _leads_to(HOST, asked=asked))
    port = receiver.authority.partition(":")[2]
    assert get(f"http://hook.example:{port}/in?x=1", inside=["hook.example"]) == b"ok"
    assert asked == ["hook.example"]
    (request,) = receiver.requests
    assert (request.path, request.headers["Host"]) == ("/in?x=1", f"hook.example:{port}")


def test_a_redirect_is_an_answer(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [302], {"Location": "http://169.254.169.254/"}
    with outgoing.called("POST", receiver.url, body=b"{}", inside=[HOST]) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "http://169.254.169.254/")
    assert [request.body for request in receiver.requests] == [b"{}"]


def test_no_more_is_read_than_the_limit(receiver: Receiver) -> None:
    receiver.chunks = iter([b"x" * 1000] * 1000)
    with pytest.raises(TooLarge, match="more than 2,000 bytes"):
        get(receiver.url, inside=[HOST], limits=Limits(bytes=2000))


def test_what_comes_drop_by_drop_ends_in_time(receiver: Receiver) -> None:
    over = threading.Event()
    receiver.chunks = iter(lambda: b"" if over.wait(0.02) else b"x", b"")
    try:
        with pytest.raises(AddressAway, match=r"did not answer within 0\.3 seconds"):
            get(receiver.url, inside=[HOST], limits=Limits(seconds=0.3))
    finally:
        over.set()


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with pytest.raises(AddressAway, match=f"does not take connections on port {port}"):
        get(f"http://{HOST}:{port}/", inside=[HOST])


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_own_certificate(tmp_path))
    with receiving(context) as receiver, pytest.raises(AddressAway, match="no certificate that this site trusts"):
        get(f"https://{receiver.authority}/", inside=[HOST])
    assert receiver.requests == []


def _leads_to(*places: str, asked: list[str] | None = None) -> Any:
    def look_up(host: str, port: int, **_options: Any) -> list[Any]:
        if asked is not None:
            asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port)) for place in places]

    return look_up


def _own_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(tz=UTC)
    own = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    )
    signed = builder.add_extension(own, critical=False).sign(key, hashes.SHA256())
    file = folder / "own.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file
