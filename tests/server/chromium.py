"""A real browser for tests of the pages: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Return where Chromium is; without one a test of the pages fails, and is not passed over."""
    installed = (shutil.which(name) for name in ("chromium", "google-chrome"))
    found = os.environ.get("CHROMIUM") or next(filter(None, installed), None)
    assert found, "the pages are tested in Chromium: `make browser`, or CHROMIUM=/path/to/it"
    return found


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start a browser with nothing remembered."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium(), args=[*ARGUMENTS], headless=True
        )
        try:
            yield started
        finally:
            await started.close()
