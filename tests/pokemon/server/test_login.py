"""Accounts: a server that lets nobody in without one, and a stand-in for the login server that it trusts."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchers import showdown_server
from psro import play
from psro.machine import exit_codes
from psro.pokemon.simulator.node import find_node
from tests.launchers.test_showdown_server import free_port

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def login_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the stand-in, whose public key is in LOGIN_KEY."""
    key = tmp_path_factory.mktemp("login") / "key.pem"
    process = subprocess.Popen(
        [find_node().executable, HERE / "login_server.js", key], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    os.environ["LOGIN_KEY"] = str(key)
    yield f"http://127.0.0.1:{port}/api/login"
    del os.environ["LOGIN_KEY"]
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def strict_port(login_url: str) -> Iterator[str]:
    """Of a server with its security on."""
    port = free_port()
    environment = os.environ | {"NODE_OPTIONS": f"--require {HERE / 'own_login_key.js'}"}
    process = showdown_server.start(find_node(), port, (), environment)
    yield str(port)
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def stand_in(login_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psro.pokemon.server.login.LOGIN_URL", login_url)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "right")


def test_an_account_is_let_in_with_its_password(
    strict_port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--name", "One", "--ask-password", "--server", strict_port]
    assert play.main(["random", "--challenge", "nobody here", *given]) == exit_codes.USER_ERROR
    said = capsys.readouterr()
    assert "One is on ws://" in said.out
    assert "The user 'nobody here' was not found" in said.err, "it went as far as challenging"


@pytest.mark.parametrize(
    ("name", "asks", "message"),
    [
        ("Taken", True, "the login server does not let 'Taken' in: Wrong password; put the name"),
        ("Gone", True, "does not let 'Gone' in: Your username is no longer available; put"),
        ("Nobody", False, "does not let the name 'Nobody' in: Your authentication token was invalid"),
    ],
)  # fmt: skip
def test_who_is_not_let_in_hears_why(
    name: str, asks: bool, message: str, strict_port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = ["--ask-password"] if asks else []
    arguments = ["random", "--accept", "--server", strict_port, "--name", name, *asking]
    assert play.main(arguments) == exit_codes.USER_ERROR
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_login_server_that_says_nothing_sensible_is_named(
    strict_port: str,
    login_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["random", "--accept", "--server", strict_port, "--name", "one", "--ask-password"]
    for url in (login_url.replace("/api/login", "/other"), f"http://127.0.0.1:{free_port()}/"):
        monkeypatch.setattr("psro.pokemon.server.login.LOGIN_URL", url)
        assert play.main(arguments) == exit_codes.USER_ERROR
        assert f"the login server {url} gave no answer to 'one'" in capsys.readouterr().err


def test_a_password_in_the_environment_is_not_told_on_account_of_this_machines_server(
    strict_port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(play.PASSWORD, "right")
    assert play.main(["random", "--accept", "--server", strict_port, "--name", "one"]) == 2
    assert "Your authentication token was invalid" in capsys.readouterr().err
