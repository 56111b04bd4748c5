"""A real headless Chromium that opens the sandbox's page, and sees that it behaves."""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from playwright.async_api import async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from playwright.async_api import ConsoleMessage, Page, Request

Test = TypeVar("Test", bound="Callable[..., Any]")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 40_000

_present = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on the path (Debian: apt-get install chromium)"
)


def needs_chromium(test: Test) -> Test:
    """Skip a test where there is no Chromium; a browser on a busy machine takes its time."""
    return pytest.mark.timeout(240)(_present(test))


expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def opened(url: str, *, width: int = 1100, height: int = 800) -> AsyncGenerator[Page]:
    """Open the page; at the end nothing was asked of another address, and no error was logged."""
    # Chromium's own sandbox cannot start as root, which is what CI containers are.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            page = await browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(PATIENCE_MS)
            conduct = Conduct(page, url)
            await page.goto(f"{url}/")
            await page.wait_for_selector("#place:not(:empty)")
            yield page
            assert conduct.complaints == []
        finally:
            await browser.close()


class Conduct:
    """What a page must not do: ask another address, log an error, throw."""

    def __init__(self, page: Page, url: str) -> None:
        self.complaints: list[str] = []
        self._own = (f"{url}/", f"blob:{url}/")
        page.on("request", self._judge_request)
        page.on("console", self._judge_line)
        page.on("pageerror", lambda error: self.complaints.append(f"thrown: {error}"))

    def _judge_request(self, request: Request) -> None:
        if not request.url.startswith(self._own):
            self.complaints.append(f"asked {request.url}")

    def _judge_line(self, line: ConsoleMessage) -> None:
        # The browser notes every answer of 400; the page shows its reason to the person.
        is_refusal = "status of 400" in line.text
        if line.type in ("error", "warning") and not is_refusal:
            self.complaints.append(f"{line.type}: {line.text}")
