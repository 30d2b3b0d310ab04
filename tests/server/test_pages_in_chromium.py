"""The page in a real browser: it fits, it can be used without a mouse or a script, it is read out.

Debian's Chromium and axe; `make browser` installs the one, `make setup` the other.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page
from tests.server import city
from tests.server.chromium import browser as a_browser
from tests.server.makers import TOKEN, Served

from canting_server.web.words import SAY

NARROW, WIDE = 360, 1280


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as started:
        yield started


async def visit(browser: Browser, served: Served, width: int, **how: Any) -> Page:
    """Open the front page in a new window, signed in."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, locale="id-ID", **how
    )
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{served.port}/")
    await page.fill("#token", TOKEN)
    await page.press("#token", "Enter")
    await page.wait_for_selector("#coverage")
    return page


async def test_the_pages_fit_and_axe_finds_nothing_wrong_with_them(
    served: Served, browser: Browser
) -> None:
    await city.lived_in(served)
    for width in (NARROW, WIDE):
        page = await visit(browser, served, width)
        for path in ("/?lang=id", "/?lang=en"):
            await page.goto(f"http://127.0.0.1:{served.port}{path}")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
    await page.click("header button")
    await page.wait_for_selector("#token")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def test_nothing_breaks_the_policy_and_no_name_becomes_a_script(
    served: Served, browser: Browser
) -> None:
    await city.lived_in(served)
    page = await visit(browser, served, WIDE)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.reload()
    assert said == []
    assert await page.title() == SAY["title"][0]
    assert await page.locator("script").count() == 0
    colour = "getComputedStyle(document.querySelector('svg rect')).fill"
    assert await page.evaluate(colour) == "rgb(31, 58, 104)"
    text = await page.inner_text("main")
    assert city.EVIL in " ".join(text.split())


async def test_a_conflict_is_settled_with_the_keyboard_alone_and_without_scripts(
    served: Served, browser: Browser
) -> None:
    one = await city.settle_in(served, "Sri Contoh", "", "Wates")
    await city.quarrel(served, one)
    page = await visit(browser, served, NARROW, java_script_enabled=False)
    before = await page.locator("article form").count()
    card = page.locator("article", has_text="Rp165.000")
    radio = card.locator("label", has_text="Rp165.000").locator("input")
    await radio.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?lang=id&said=settled")
    assert SAY["settled"][0] in await page.inner_text("[role=status]")
    assert await page.locator("article form").count() == before - 1


async def test_a_browser_keeps_the_session_from_scripts_and_other_sites(
    served: Served, browser: Browser
) -> None:
    page = await visit(browser, served, WIDE)
    (cookie,) = await page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["expires"] == -1
    assert await page.evaluate("document.cookie") == ""
    await page.goto(f"http://localhost:{served.port}/")
    assert await page.locator("#token").count() == 1
