"""Ways out: calls to addresses that people name, which must not lead into the network that the site stands in.

A host is looked up once, every place it is found at is checked, and the connection goes to one of those: a name that
leads elsewhere when it is asked again gains nothing by it. Redirects are answers like any other: whoever follows one
calls its address, which is checked as the first was. No proxy of the environment is used.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from labeling.errors import Invalid, TooLarge, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from email.message import Message

    from typing_extensions import Buffer

MAX_ADDRESS = 2000
CHUNK = 64 * 1024

_PORTS = {"http": 80, "https": 443}
_KEPT = "/?%:@!$&'()*+,;=~"
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Invalid):
    """The address is none that this site calls."""

    title = "This address is not called"


class AddressAway(Unavailable):
    """The address was called and gave no answer."""

    title = "The address does not answer"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes: the parts of an `http://` or `https://` address."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as a request names them."""

    @property
    def authority(self) -> str:
        """Return host and port as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def is_among(self, hosts: Collection[str]) -> bool:
        """Return whether one of these, `host` or `host:port`, names where the call goes."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return not {host, f"{host}:{self.port}"}.isdisjoint(name.lower() for name in hosts)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places that a host was found at, as a socket connects to it."""

    family: socket.AddressFamily
    where: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may take, from looking the host up to the last byte, and how many bytes may come."""

    seconds: float = 10
    bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Deadline:
    seconds: float
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Return how many seconds are left; raises `TimeoutError` when none are."""
        left = self.began + self.seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Reader(io.RawIOBase):
    """What comes through a socket, until a deadline: each read waits for what is left of it, and no longer."""

    def __init__(self, line: socket.socket, deadline: _Deadline) -> None:
        self._line, self._deadline = line, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        self._line.settimeout(self._deadline.left())
        return self._line.recv_into(buffer)


class _Line:
    """A socket as `http.client` uses one, with a deadline for all of it; whoever opened the socket closes it."""

    def __init__(self, line: socket.socket, deadline: _Deadline) -> None:
        self._line, self._deadline = line, deadline

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(self._deadline.left())
        self._line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._line, self._deadline))

    def close(self) -> None:
        """Leave the socket open: the answer is still to be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the headers, and the content when it is read."""

    status: int
    headers: Message
    _source: io.BufferedIOBase
    _address: Address
    _limits: Limits

    def chunks(self) -> Iterator[bytes]:
        """Read the content piece by piece; raises `TooLarge` as soon as more came than the limit."""
        count = 0
        while True:
            with _in_words(self._address, self._limits):
                chunk = self._source.read(CHUNK)
            if not chunk:
                return
            count += len(chunk)
            if count > self._limits.bytes:
                message = f"{self._address.host} sent more than {self._limits.bytes:,} bytes."
                raise TooLarge(message)
            yield chunk

    def content(self) -> bytes:
        """Read all of the content."""
        return b"".join(self.chunks())


def parse_address(raw: str) -> Address:
    """Read an address; raises `AddressRefused` for all but `http://` and `https://` ones that hold no password."""
    if len(raw) > MAX_ADDRESS or any(char.isspace() or not char.isprintable() for char in raw):
        message = f"An address has at most {MAX_ADDRESS} characters, and no spaces or control characters."
        raise AddressRefused(message)
    try:
        parts = urlsplit(raw)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        raise AddressRefused("This is no address. Expected one such as https://example.com/hook.") from None
    if parts.scheme not in _PORTS or not host:
        raise AddressRefused("The address must begin with https:// or http://, and name a host.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("The address must not hold a name or a password: whoever sees it could read them.")
    if port == 0:
        raise AddressRefused("A port is a number from 1 to 65535.")
    target = quote(parts.path or "/", safe=_KEPT)
    if parts.query:
        target = f"{target}?{quote(parts.query, safe=_KEPT)}"
    return Address(parts.scheme, host.lower(), port or _PORTS[parts.scheme], target)


def is_outside(place: IPv4Address | IPv6Address) -> bool:
    """Return whether a place is on the public internet, by every way in which one kind of address can hide another."""
    if isinstance(place, IPv4Address):
        return place.is_global and not (place.is_multicast or place.is_reserved)
    hidden = place.ipv4_mapped or place.sixtofour
    if place in _NAT64:
        hidden = IPv4Address(int(place) & 0xFFFF_FFFF)
    if hidden is not None:
        return is_outside(hidden)
    return place in _UNICAST and place.is_global and place.teredo is None


def checked_places(address: Address, *, inside: Collection[str] = ()) -> list[Place]:
    """Look a host up and return where it is found; raises `AddressRefused` when any of it is not public.

    The administrator of the site may have named hosts that are called wherever they are, those `inside`.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = f"No host called {address.host} was found."
        raise AddressAway(message) from error
    places = [Place(family, where) for family, _, _, _, where in found]
    if address.is_among(inside):
        return places
    for place in places:
        if not is_outside(ipaddress.ip_address(place.where[0])):
            raise _not_public(address)
    return places


def _not_public(address: Address) -> AddressRefused:
    return AddressRefused(
        f"{address.host} is not on the public internet, and this site calls only what is. The person who runs the site "
        "can allow this host."
    )


def refuse_plainly_inside(address: Address, *, inside: Collection[str] = ()) -> None:
    """Refuse an address that names a place inside as such, without asking where its host is; calls ask that anyway."""
    try:
        outside = is_outside(ipaddress.ip_address(address.host))
    except ValueError:
        outside = address.host != "localhost"
    if not outside and not address.is_among(inside):
        raise _not_public(address)


@contextmanager
def called(
    method: str,
    raw: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    inside: Collection[str] = (),
    limits: Limits = Limits(),
) -> Iterator[Answer]:
    """Call an address and give its answer, whatever status that has; the content is read within.

    Raises `AddressRefused` when the address is none that may be called, `AddressAway` when nothing came back in time.
    """
    address, deadline = parse_address(raw), _Deadline(limits.seconds)
    places = checked_places(address, inside=inside)
    told = {"Host": address.authority, "Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
    with _in_words(address, limits):
        line = _connected(address, places, deadline)
    try:
        with _in_words(address, limits):
            client = HTTPConnection(address.host, address.port)
            client.sock = _Line(line, deadline)
            client.request(method, address.target, body=body, headers=told)
            response = client.getresponse()
        yield Answer(response.status, response.headers, response, address, limits)
    finally:
        line.close()


def _connected(address: Address, places: list[Place], deadline: _Deadline) -> socket.socket:
    """Connect to the first of the places that takes the call; over TLS the certificate must be the host's."""
    failed: OSError = TimeoutError()
    for place in places:
        line = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            line.settimeout(deadline.left())
            line.connect(place.where)
            if address.scheme == "http":
                return line
            return ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
        except OSError as error:
            line.close()
            failed = error
    raise failed


@contextmanager
def _in_words(address: Address, limits: Limits) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise AddressAway(f"{address.host} did not answer within {limits.seconds:g} seconds.") from error
    except ssl.SSLCertVerificationError as error:
        raise AddressAway(f"{address.host} has no certificate that this site trusts.") from error
    except ConnectionRefusedError as error:
        raise AddressAway(f"{address.host} does not take connections on port {address.port}.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise AddressAway(f"The connection to {address.host} broke, or what answers there is no web server.") from error
