"""Which URLs may be fetched, and to which addresses their names may lead."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hailuo.fetch.errors import UrlRefusedError
from hailuo.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_URL = 8192
_HTTPS_PORT = 443
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\]):(\d{1,5})")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_IPV4_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """An allow list of hosts.

    ``cdn.example.com`` allows that host, ``.example.com`` every host below it but not itself.
    Both are fetched by https on port 443 from public addresses only. ``127.0.0.1:8091``, a
    loopback host and its port, alone is free of that; it serves a stand-in.
    """

    exact: frozenset[str]
    suffixes: tuple[str, ...]
    loopback: frozenset[tuple[str, int]]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Return the list that ``entries`` spell; raise ValueError for one that cannot be."""
        exact: set[str] = set()
        suffixes: set[str] = set()
        loopback: set[tuple[str, int]] = set()
        for entry in (raw.strip().lower() for raw in entries):
            if match := _LOOPBACK.fullmatch(entry):
                loopback.add((match[1].strip("[]"), int(match[2])))
            elif not _is_host_name(entry.removeprefix(".")):
                raise ValueError(f"{entry!r} is no host, no .domain and no loopback host:port")
            elif entry.startswith("."):
                suffixes.add(entry)
            else:
                exact.add(entry)
        return cls(frozenset(exact), tuple(sorted(suffixes)), frozenset(loopback))

    def check(self, text: str) -> URL:
        """Return the URL to fetch, parsed once; raise UrlRefusedError for any other."""
        if not (0 < len(text) <= _LONGEST_URL and text.isascii() and text.isprintable()):
            raise UrlRefusedError("a URL is printable ASCII of at most 8192 characters")
        if " " in text or "\\" in text:
            raise UrlRefusedError("a URL holds no space and no backslash")
        if "@" in text.partition("://")[2].partition("/")[0]:
            raise UrlRefusedError("a URL with a user in it, if only an empty one")
        try:
            url = URL(text)
            host, port = url.host or "", url.port
        except ValueError:
            raise UrlRefusedError("not a URL") from None
        if url.scheme in {"http", "https"} and (host, port) in self.loopback:
            return url.with_fragment(None)
        if url.scheme != "https":
            raise UrlRefusedError("not an https URL")
        if port != _HTTPS_PORT:
            raise UrlRefusedError("a port other than 443")
        if not self._allows(host):
            raise UrlRefusedError(f"the host {host[:100]!r} is not on the list")
        return url.with_fragment(None)

    def _allows(self, host: str) -> bool:
        return _is_host_name(host) and (host in self.exact or host.endswith(self.suffixes))


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only, at connect time, so that no rebinding helps.

    ``localhost`` leads to loopback, and nothing else does; the allow list decides whether a URL
    may name it.
    """

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public addresses of ``host``; raise UrlRefusedError if it has none."""
        wanted = is_loopback if host == "localhost" else is_public
        found = await self._inner.resolve(host, port, family)
        public = [result for result in found if wanted(result["host"])]
        if not public:
            raise UrlRefusedError(f"the host {host[:100]!r} has no public address")
        return public

    async def close(self) -> None:
        """Close the resolver below."""
        await self._inner.close()


def public_connector(
    inner: AbstractResolver | None = None, *, limit: int = 20
) -> aiohttp.TCPConnector:
    """Return a connector that reaches public addresses by name, each time anew."""
    resolver = PublicResolver(inner or aiohttp.ThreadedResolver())
    return aiohttp.TCPConnector(
        resolver=resolver, use_dns_cache=False, force_close=True, limit=limit
    )


def is_public(text: str) -> bool:
    """Tell whether an address belongs to the public internet, whatever it is wrapped in."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address.is_site_local or address in _LOCAL_NAT64:
            return False
        address = _unwrapped(address)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _unwrapped(address: IPv6Address) -> IPv4Address | IPv6Address:
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & _IPV4_BITS)
    return inner or address


def _is_host_name(host: str) -> bool:
    """Tell a name from everything else; a last label of digits would be an address."""
    if not _HOST.fullmatch(host):
        return False
    return not re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2])
