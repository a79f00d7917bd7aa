"""A person's game in a real browser: headless Chromium on the local server's page, against an agent of psro.play.

    python benchmarks/browser_game.py [--server PORT] [--agent gym_leader] [--pictures DIRECTORY]

Starts psro.play beside a server that is there already (launchers/showdown.sh PORT), opens the page that the agent names, enters a
name, asks for somebody who is not there, challenges the agent and clicks a button for every decision until the page says who won;
once, in the middle, it loads the page again and enters the same name.
Prints what the page showed, and saves pictures of it as wide as a laptop and as a telephone; nothing may stick out on either.
"""

import argparse
import asyncio
import base64
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websockets

LIMIT_S = 60.0
WINDOWS = {"laptop": (1280, 800), "phone": (390, 844)}
"""Pixels of the page's own measure."""
RELOADED_AFTER = 5
"""Clicks, as by somebody who closed the page by mistake."""


class Page:
    """A page of Chromium's, over its debugging protocol."""

    def __init__(self, socket: websockets.ClientConnection):
        self._socket = socket
        self._number = 0

    async def command(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Sends a command and waits for its answer."""
        self._number += 1
        await self._socket.send(
            json.dumps({"id": self._number, "method": method, "params": arguments})
        )
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == self._number:
                return dict(answer["result"])

    async def run(self, script: str) -> Any:
        """What a line of JavaScript gives in the page."""
        answer = await self.command("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, script: str) -> Any:
        """Waits for something that is true in the page."""
        deadline = time.monotonic() + LIMIT_S
        while not (value := await self.run(script)):
            if time.monotonic() > deadline:
                shown = await self.run("document.body.innerText")
                raise TimeoutError(f"never true: {script}; the page shows: {shown}")
            await asyncio.sleep(0.1)
        return value


async def photograph(page: Page, folder: Path, moment: str) -> None:
    """Pictures of the whole page. Raises RuntimeError where it is wider than its window."""
    for name, (width, height) in WINDOWS.items():
        await page.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=name == "phone",
        )  # fmt: skip
        found = await page.run("document.documentElement.scrollWidth")
        if found > width:
            raise RuntimeError(f"{moment}, {name}: the page is {found} wide, its window {width}")
        shot = await page.command(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True
        )
        (folder / f"{moment}_{name}.png").write_bytes(base64.b64decode(shot["data"]))


async def person(page: Page, address: str, folder: Path) -> str:
    """Plays a whole game with clicks; returns what the page said at the end."""
    await page.command("Page.navigate", url=address)
    await page.until("document.readyState === 'complete' && !by('enter').hidden")
    await photograph(page, folder, "1_name")
    await page.run("by('name').value = 'a person'; by('enter').requestSubmit()")
    await page.until("!by('challenge').hidden")
    agent = await page.run("by('user').value")
    await page.run("by('user').value = 'nobody'; by('challenge').requestSubmit()")
    refused = await page.until("!by('alert').hidden && by('alert').textContent")
    await photograph(page, folder, "2_nobody_there")
    await page.run(f"by('user').value = {json.dumps(agent)}; by('challenge').requestSubmit()")
    await page.until("!by('battle').hidden")
    dice, clicks = random.Random(1), 0
    buttons = "document.querySelectorAll('#choices button:enabled')"
    while True:
        await page.until(f"{buttons}.length || !by('end').hidden")
        num_buttons = await page.run(f"{buttons}.length")
        if not num_buttons:
            break
        if clicks in (0, 12):
            await photograph(page, folder, f"3_after_{clicks}_clicks")
        await page.run(f"{buttons}[{dice.randrange(num_buttons)}].click()")
        clicks += 1
        if clicks == RELOADED_AFTER:
            await page.command("Page.navigate", url=address)
            await page.until("document.readyState === 'complete' && !by('enter').hidden")
            await page.run("by('name').value = 'a person'; by('enter').requestSubmit()")
            await page.until("!by('battle').hidden")
    await photograph(page, folder, "4_end")
    said = str(await page.run("by('result').textContent"))
    shown = await page.run("by('log').children.length")
    return f"{refused} — {clicks} clicks, {shown} lines in words; at the end: {said}"


async def main(port: int, policy: str, pictures: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("browser_game: no chromium on this machine")
    with tempfile.TemporaryDirectory() as folder:
        agent = subprocess.Popen(
            [
                *(sys.executable, "-m", "psro.play", policy, "--accept", "--games", "1"),
                *("--name", "the agent", "--server", str(port), "--output", folder),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        chromium = subprocess.Popen(
            [
                *(browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"),
                *("--remote-debugging-port=0", f"--user-data-dir={folder}/profile", "about:blank"),
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert agent.stdout is not None
            assert chromium.stderr is not None
            for line in agent.stdout:
                print(f"agent: {line}", end="", flush=True)
                if found := re.match(r"or in a browser: (\S+)", line):
                    page = found[1]
                    break
            else:
                sys.exit("browser_game: the agent ended")
            found = None
            for line in chromium.stderr:
                if found := re.search(r"ws://127\.0\.0\.1:(\d+)/", line):
                    break
            assert found is not None, "chromium told no debugging port"
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{found[1]}/json") as answer:
                tabs = json.loads(answer.read())
            address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            async with websockets.connect(address, max_size=None, proxy=None) as socket:
                print(f"person: {await person(Page(socket), page, pictures)}")
            for line in agent.stdout:
                print(f"agent: {line}", end="", flush=True)
            print(f"pictures: {pictures}")
        finally:
            for process in (agent, chromium):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=int, default=8000)
    parser.add_argument("--agent", default="gym_leader")
    parser.add_argument("--pictures", type=Path, default=Path("outputs", "browser_game"))
    given = parser.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(given.server, given.agent, given.pictures))
