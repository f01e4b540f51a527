"""The system's Chromium, for tests that look at a page as a person does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# As distributions and Playwright's own image name it.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No request but those of the page: a test must not depend on what a browser asks by itself.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> Path | None:
    """Where the system's browser is, if it has one."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    return Path(found) if found else None


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """A headless browser for the time of the block; the test skips where there is none."""
    executable = chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    # Imported where it is needed: the quick tests do without it.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=list(_ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()
