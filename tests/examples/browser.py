"""Chromium without a window, led over its DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--window-size=900,800",
)
LIMIT = 20
"""Seconds that the browser may take for one thing."""

UNTIL = """new Promise((resolve) => {
  const check = () => { if (%s) { observer.disconnect(); resolve(true); } };
  const observer = new MutationObserver(check);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  check();
})"""


def program() -> str:
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.fail("these tests need the program chromium: install it (`apt-get install chromium`) and run them again")


class Page:
    """A page of the browser: commands of the DevTools protocol, and what a test does most."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)

    def command(self, method: str, **parameters: Any) -> Any:
        """The result of a command; what the browser tells besides is let go by."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self._connection.recv(timeout=LIMIT))).get("id") != number:
            pass
        assert "error" not in message, message
        return message["result"]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise's when it is settled."""
        got = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def open(self, url: str) -> None:
        self.command("Page.enable")
        self.command("Page.navigate", url=url)
        self.evaluate("new Promise((resolve) => document.readyState === 'complete' ? resolve() : (onload = resolve))")

    def until(self, condition: str) -> None:
        """Wait for a condition on what the page shows."""
        self.evaluate(UNTIL % condition)

    def text(self, selector: str) -> str:
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))

    def texts(self, selector: str) -> list[str]:
        return list(self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)"))

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def choose_file(self, selector: str, path: Path) -> None:
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot")["data"]))


@contextmanager
def browser(directory: Path) -> Iterator[str]:
    """A browser with an empty profile in `directory`; gives the URL at which it takes questions."""
    process = subprocess.Popen(
        [program(), *OPTIONS, f"--user-data-dir={directory}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if line.startswith("DevTools listening on "):
                yield f"http://{urlsplit(line.split()[-1]).netloc}"
                return
        pytest.fail(f"Chromium did not start:\n{''.join(said)}")
    finally:
        process.kill()
        process.communicate()


@contextmanager
def page(browser_url: str) -> Iterator[Page]:
    """A new page of a browser, closed at the end."""
    ask = urllib.request.Request(f"{browser_url}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(ask, timeout=LIMIT) as answer:
        target = json.load(answer)
    with connect(target["webSocketDebuggerUrl"], max_size=None, open_timeout=LIMIT) as connection:
        opened = Page(connection)
        yield opened
        opened.command("Page.close")
