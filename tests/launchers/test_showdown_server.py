"""launchers/showdown_server.py: the real server starts, answers on this machine only, and ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "launchers" / "showdown_server.py"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening_addresses(port: int) -> set[str]:
    """Local addresses, in the kernel's hexadecimal, on which something listens to `port`."""
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
    ]
    listens = "0A"
    return {
        address
        for address, number in (row[1].split(":") for row in rows if row[3] == listens)
        if int(number, 16) == port
    }


def test_it_answers_on_this_machine_only_until_interrupted() -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, SCRIPT, str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        for line in server.stdout:
            if line.startswith("showdown: ready"):
                break
        assert str(port) in line
        assert listening_addresses(port) == {"0100007F"}, "127.0.0.1 and nothing else"
        second = subprocess.run(
            [sys.executable, SCRIPT, str(port)], capture_output=True, text=True, timeout=120
        )
        assert second.returncode == 2
        assert "name another port" in second.stderr
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)
    assert server.returncode == 0
    assert not listening_addresses(port)


def test_what_is_no_port_is_refused_before_anything_starts() -> None:
    refused = subprocess.run(
        [sys.executable, SCRIPT, "99999"], capture_output=True, text=True, timeout=120
    )
    assert refused.returncode == 2
    assert refused.stderr.endswith("argument port: '99999' is none: 1 to 65535\n")
