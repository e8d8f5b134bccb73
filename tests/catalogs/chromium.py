"""A headless Chromium that tests drive over a pipe, in the DevTools protocol: no driver, port or network."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_FLAGS = [
    "--headless=new",
    "--no-sandbox",  # tests may run as root, in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
_KEYS = {"Enter": ("\r", 13), "Tab": ("", 9), "Escape": ("", 27), "ArrowDown": ("", 40), "ArrowUp": ("", 38)}


@contextmanager
def chromium(profile: Path) -> Iterator[Page]:
    """A page of a fresh browser; `profile` is an empty folder for its state."""
    # Chromium reads file descriptor 3 and writes 4; the shell puts our pipes there.
    command = ["sh", "-c", 'exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1', str(EXECUTABLE)]
    browser = subprocess.Popen(
        [*command, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield Page(browser)
    finally:
        browser.kill()
        browser.communicate()


class Page:
    """One tab. Everything that it asked the network or the disk for, and every dialog, is written down."""

    def __init__(self, browser: subprocess.Popen[bytes]) -> None:
        self._browser = browser
        self._ids = itertools.count(1)
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; raises RuntimeError for what the browser refuses."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        assert self._browser.stdin is not None
        self._browser.stdin.write(json.dumps(message).encode() + b"\0")
        self._browser.stdin.flush()
        while (answer := self._read()).get("id") != number:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    def _read(self) -> dict[str, Any]:
        assert self._browser.stdout is not None
        data = bytearray()
        while (byte := self._browser.stdout.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has gone")
            data += byte
        return dict(json.loads(data))

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file from disk and wait until it stands."""
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri() + fragment)
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression; promises are awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait for a condition, a frame at a time; the timeout of the test ends what never comes."""
        while not self.evaluate(f"new Promise((done) => setTimeout(() => done(!!({condition})), 10))"):
            pass

    def settle(self) -> None:
        """Let two frames pass: what was typed is filtered, what was opened is drawn."""
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, key: str, *, shift: bool = False) -> None:
        """One key, as from a keyboard."""
        text, code = _KEYS.get(key, (key, 0))
        down = {"key": key, "text": text, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
        self.settle()

    def type(self, words: str) -> None:
        """Text into whatever has the focus."""
        self.call("Input.insertText", text=words)
        self.settle()

    def look(self, *, width: int, dark: bool = False) -> None:
        """The width of the window in CSS pixels, and the colours that the reader prefers."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.settle()

    def screenshot(self, path: Path) -> None:
        """What is in sight, as a PNG: for people who want to see."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def said(self, method: str) -> list[dict[str, Any]]:
        """Parameters of the events of one kind since the page was opened."""
        self.evaluate("0")
        return [event["params"] for event in self.events if event.get("method") == method]
