# SPDX-License-Identifier: Apache-2.0
"""A real Chromium without a window, spoken to over two pipes by the DevTools protocol: nothing
but Python's standard library, and no port.

    with Browser() as browser:
        page = browser.open("file:///tmp/report.html", width=360)
        page.run("document.title")      # the value of an expression
        page.complaints                 # what the console has printed, and uncaught errors
        page.screenshot("page.png")
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")
PATIENCE = 60  # seconds for one answer on a busy machine


def program():
    """The path of a Chromium, or None."""
    found = [shutil.which(name) for name in NAMES]
    return next((path for path in found if path), None)


class Browser:
    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="graft-browser-")
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        command = [program(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--remote-debugging-pipe", "--disable-dev-shm-usage",
                   f"--user-data-dir={self._profile}", "about:blank"]

        def place_pipes():  # Chromium reads commands from 3 and answers on 4
            os.dup2(to_read, 10)
            os.dup2(to_write, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        self._process = subprocess.Popen(command, preexec_fn=place_pipes, close_fds=False,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self._rest, self._number, self._events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method, session=None, **parameters):
        """The result of a command; events that come before it are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._events.append(answer)

    def wait(self, method, session):
        """The next event of this name; it may have come already."""
        while True:
            for event in self._events:
                if event.get("method") == method and event.get("sessionId") == session:
                    self._events.remove(event)
                    return event["params"]
            self._events.append(self._message())

    def events(self, session):
        return [event for event in self._events if event.get("sessionId") == session]

    def _message(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            piece = os.read(self._read, 1 << 16) if ready else b""
            if not piece:
                raise RuntimeError("no answer from Chromium")
            self._rest += piece
        text, self._rest = self._rest.split(b"\0", 1)
        return json.loads(text)

    def open(self, address, width=1000, height=900, scheme="light", scripts=True):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Tab(self, session, address, width, height, scheme, scripts)


class Tab:
    def __init__(self, browser, session, address, width, height, scheme, scripts):
        self._browser, self._session = browser, session
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        self.media(scheme)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url=address)
        browser.wait("Page.loadEventFired", session)

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def media(self, scheme, kind=""):
        self.call("Emulation.setEmulatedMedia", media=kind,
                  features=[{"name": "prefers-color-scheme", "value": scheme},
                            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def run(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def settle(self):
        """Returns once the page has shown what the last input changed."""
        self.run("""new Promise(function (done) { requestAnimationFrame(function () {
            requestAnimationFrame(function () { setTimeout(done, 30); }); }); })""")

    @property
    def complaints(self):
        self.run("0")  # what was said before is here once this is answered
        return [event["params"] for event in self._browser.events(self._session)
                if event["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled",
                                       "Log.entryAdded")]

    def screenshot(self, path, whole=False):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **(
            {"clip": dict(self.call("Page.getLayoutMetrics")["cssContentSize"], scale=1)}
            if whole else {}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def move(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def drag(self, x, y, to_x, to_y):
        for kind, at_x, at_y in (("mouseMoved", x, y), ("mousePressed", x, y),
                                 ("mouseMoved", (x + to_x) / 2, (y + to_y) / 2),
                                 ("mouseMoved", to_x, to_y), ("mouseReleased", to_x, to_y)):
            self.call("Input.dispatchMouseEvent", type=kind, x=at_x, y=at_y, button="left",
                      buttons=0 if kind == "mouseReleased" else 1, clickCount=1)
