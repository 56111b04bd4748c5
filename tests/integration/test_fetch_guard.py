# ruff: noqa: S104  # 0.0.0.0 stands here to be refused, nothing binds to it
from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from hailuo.fetch import AllowedHosts, Fetcher, UrlRefusedError
from tests.clocks import HastyClock
from tests.scripted_http import ScriptedServer, reply

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024


@dataclass
class LyingResolver(AbstractResolver):
    """Leads every name to one address, as a rebinding name server would."""

    address: str
    port: int
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the one address."""
        del port, family
        self.asked.append(host)
        kind = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=self.address, port=self.port, family=kind, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Close nothing."""


def hostile_urls(port: int) -> list[str]:
    """Return URLs that look like ours, or like nothing, and lead elsewhere."""
    here = f"127.0.0.1:{port}"
    hosts = [
        "runcomfy.net", "evilruncomfy.net", "cdn.runcomfy.net.evil.example", "cdn.runcomfy.net.",
        "cdn.runcomfy.net..", "cdn.runcomfy.net%2eevil.example", "cdn.runcomfy.net%00.evil.example",
        "cdn.runcomfy.net%2fevil.example", ".runcomfy.net", "a..runcomfy.net", "runcomfy.net.run",
        "cdn%2eruncomfy%2enet", "cdn。runcomfy。net", "cdn.runcomfу.net", "cdn.xn--runcomf-cih.net",
        "cdn.ＲＵＮcomfy.net", "ⓒdn.runcomfy.net", "cdn_.runcomfy.net!", "cdn.runcomfy.net:80",
        "cdn.runcomfy.net:8443", f"cdn.runcomfy.net:{port}", "cdn.runcomfy.net:0",
        "cdn.runcomfy.net:443x", "cdn.runcomfy.net:99999", "cdn.runcomfy.net:-443",
        "me@cdn.runcomfy.net", "me:pw@cdn.runcomfy.net", ":@cdn.runcomfy.net", "@cdn.runcomfy.net",
        f"cdn.runcomfy.net@{here}", f"cdn.runcomfy.net:443@{here}", f"cdn.runcomfy.net%40{here}",
        here, "localhost", f"localhost:{port}", "localhost.", "127.0.0.1", "127.1", "2130706433",
        "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "[::1]",
        f"[::1]:{port}", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]", "[fe80::1%25lo]", "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1",
        "metadata.google.internal", "①②⑦.⓪.⓪.①", "127.0.0.1.runcomfy.net.nip.io",
    ]  # fmt: skip
    whole = [
        f"https://127.0.0.1:{port}\\@cdn.runcomfy.net/x", "https:\\\\cdn.runcomfy.net\\x",
        f"https://{here}#@cdn.runcomfy.net/x", f"https://{here}?@cdn.runcomfy.net/x",
        "http://cdn.runcomfy.net/x", "HTTP://cdn.runcomfy.net/x", "ftp://cdn.runcomfy.net/x",
        "file:///etc/passwd", "file://cdn.runcomfy.net/etc/passwd", "data:video/mp4;base64,AAAA",
        "//cdn.runcomfy.net/x", "cdn.runcomfy.net/x", "https:cdn.runcomfy.net/x", "https:///x",
        "https://", "", " ", "https://cdn.runcomfy.net/a b", "https://cdn.runcomfy.net/a\r\nX: y",
        "https://cdn.runcomfy.net/\u202e4pm", "\thttps://cdn.runcomfy.net/x", "javascript:alert(1)",
        "https://[cdn.runcomfy.net/x", "https://cdn.runcomfy.net/" + "a" * 9000, "gopher://x",
        "wss://cdn.runcomfy.net/x", "unix:///var/run/docker.sock", "https://cdn.runcomfy.net\x00/x",
    ]  # fmt: skip
    return [f"https://{host}/x/output/a.mp4" for host in hosts] + whole


async def test_hostile_urls_reach_nobody(tmp_path: Path) -> None:
    """Nothing off the list is contacted, nor even looked up; 0 connections to the listener."""
    async with ScriptedServer([reply(200, b"file")]) as listener:
        urls = hostile_urls(listener.port)
        resolver = LyingResolver("127.0.0.1", listener.port)
        hosts = AllowedHosts.parse([".runcomfy.net", ".runcomfy.com", "cdn.discordapp.com"])
        async with Fetcher(hosts, clock=HastyClock(), resolver=resolver) as fetcher:
            for url in urls:
                with pytest.raises(UrlRefusedError):
                    await fetcher.fetch(url, tmp_path / "a", max_bytes=MIB)
    assert len(set(urls)) >= 60
    assert resolver.asked == []
    assert listener.connections == 0
    assert list(tmp_path.iterdir()) == []


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::",
    "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::",
    "2001:db8::1", "2001::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_home_is_refused_at_connect_time(
    tmp_path: Path, address: str
) -> None:
    """Rebinding: the name is on the list, and its address is checked when it is used."""
    async with ScriptedServer([reply(200, b"file")]) as listener:
        resolver = LyingResolver(address, listener.port)
        hosts = AllowedHosts.parse([".runcomfy.net"])
        async with Fetcher(hosts, clock=HastyClock(), resolver=resolver) as fetcher:
            with pytest.raises(UrlRefusedError, match="no public address"):
                await fetcher.fetch("https://cdn.runcomfy.net/x", tmp_path / "a", max_bytes=MIB)
    assert resolver.asked == ["cdn.runcomfy.net"]
    assert listener.connections == 0


async def test_localhost_by_name_leads_to_loopback(tmp_path: Path) -> None:
    async with ScriptedServer([reply(200, b"file")]) as server:
        hosts = AllowedHosts.parse([f"localhost:{server.port}"])
        url = f"http://localhost:{server.port}/a"
        async with Fetcher(hosts, clock=HastyClock()) as fetcher:
            assert (await fetcher.fetch(url, tmp_path / "a", max_bytes=MIB)).size == 4
    resolver = LyingResolver("10.0.0.1", 1)
    async with Fetcher(hosts, clock=HastyClock(), resolver=resolver) as fetcher:
        with pytest.raises(UrlRefusedError):
            await fetcher.fetch(url, tmp_path / "a", max_bytes=MIB)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.runcomfy.net/x",
        "https://a.b.c.runcomfy.net:443/x?y=%2F",
        "HTTPS://CDN.RunComfy.NET/x",
        "https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png?ex=1&is=2&hm=3&",
        "https://playgrounds-storage-public.runcomfy.net/dGVzdA==/output/a.mp4",
    ],
)
def test_our_own_urls_pass(url: str) -> None:
    hosts = AllowedHosts.parse([".runcomfy.net", "cdn.discordapp.com"])
    assert hosts.check(url).scheme == "https"


@pytest.mark.parametrize(
    "entry",
    ["", ".", "*", "*.runcomfy.net", "net", ".net", "10.0.0.1", "8.8.8.8:443", "a.example:8080",
     "https://a.example", "a.example/x", "[::1]", "127.0.0.1", "localhost", "a b.example"],
)  # fmt: skip
def test_a_list_that_would_let_too_much_through_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        AllowedHosts.parse(["cdn.runcomfy.net", entry])
