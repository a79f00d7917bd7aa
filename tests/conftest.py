"""The order of the suite: files that wait for SLURM's clock first, beside those that compute; then the longest.

So no worker is left alone with a long file at the end, and two that wait leave the cores to the third.
"""

import signal
from pathlib import Path
from typing import Any

import pytest

LONGEST = (
    "test_real_cluster.py",
    "test_real_jobs.py",
    "test_smoke.py",
    "test_slurm_executor_cluster.py",
    "test_torture.py",
    "test_main.py",
    "test_psro.py",
    "test_kill_and_compare.py",
)

# Who starts the suite in the background hands it SIGINT ignored, and every process that a test starts would
# ignore it too; tests that press Ctrl-C would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else 99)


@pytest.fixture(scope="session")
def _stand_in_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    # Takes torch: only where it is asked for.
    from tests.oracle.metamon.stand_in import make_stand_ins

    return make_stand_ins(Path(tmp_path_factory.mktemp("metamon_cache")))


@pytest.fixture
def stand_ins(_stand_in_cache: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """METAMON_CACHE_DIR with tiny agents of random weights (tests/oracle/metamon/stand_in.py:StandIns)."""
    monkeypatch.setenv("METAMON_CACHE_DIR", str(_stand_in_cache.cache))
    return _stand_in_cache
