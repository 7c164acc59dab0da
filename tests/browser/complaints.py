"""What a browser complains about: what a page's policy forbids, what isn't there, what fails in a script."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage

#: A page that says what is wrong comes with a status that says so too, and Chromium notes it down.
_ABOUT_A_PAGE = re.compile(r"Failed to load resource: the server responded with a status of [45]\d\d")


class Complaints:
    """All of one context's, from here on. `heard` holds what no page of ours may cause."""

    def __init__(self, context: BrowserContext) -> None:
        self.heard: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(str(error.error)))

    def _console(self, message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        if message.type not in ("error", "warning"):
            return
        if _ABOUT_A_PAGE.match(message.text) and "/static/" not in address:
            return
        self.heard.append(f"{address}: {message.text}")
