"""A person's game in a real browser: headless Chromium on the local server's page, against an agent of psro.play.

    python benchmarks/browser_game.py [--server PORT] [--agent gym_leader]

Starts psro.play beside a server that is there already (launchers/showdown.sh PORT), opens http://127.0.0.1:PORT/play.html, enters a
name, challenges the agent and clicks a button for every decision until the page says who won. Prints what the page showed, and
saves a picture of it.
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


async def person(page: Page, port: int, agent: str, picture: Path) -> str:
    """Plays a whole game with clicks; returns what the page said at the end."""
    await page.command("Page.navigate", url=f"http://127.0.0.1:{port}/play.html")
    await page.until("document.getElementById('status')?.textContent === 'choose a name'")
    await page.run("by('name').value = 'a person'; by('enter').requestSubmit()")
    await page.until("!by('challenge').hidden")
    await page.run(f"by('user').value = {json.dumps(agent)}; by('challenge').requestSubmit()")
    await page.until("!by('battle').hidden")
    dice, clicks = random.Random(1), 0
    buttons = "document.querySelectorAll('#choices button:enabled')"
    while True:
        await page.until(
            f"{buttons}.length || / win\\.| wins\\.|A tie\\./.test(by('log').textContent)"
        )
        num_buttons = await page.run(f"{buttons}.length")
        if not num_buttons:
            break
        await page.run(f"{buttons}[{dice.randrange(num_buttons)}].click()")
        clicks += 1
    shot = await page.command("Page.captureScreenshot", format="png")
    picture.write_bytes(base64.b64decode(shot["data"]))
    said = str(await page.run("by('log').lastElementChild.textContent"))
    shown = await page.run("by('log').children.length")
    return f"{clicks} clicks, {shown} lines in words; the page's last: {said}"


async def main(port: int, policy: str, picture: Path) -> None:
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
                if line.startswith("challenge it"):
                    break
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
                print(f"person: {await person(Page(socket), port, 'the agent', picture)}")
            for line in agent.stdout:
                print(f"agent: {line}", end="", flush=True)
            print(f"picture: {picture}")
        finally:
            for process in (agent, chromium):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=int, default=8000)
    parser.add_argument("--agent", default="gym_leader")
    parser.add_argument("--picture", type=Path, default=Path("browser_game.png"))
    given = parser.parse_args()
    asyncio.run(main(given.server, given.agent, given.picture))
