"""What a worker imports that only plays."""

import subprocess
import sys


def test_playing_does_without_lightning() -> None:
    """It takes three seconds of a worker's five; nobody but a training needs it."""
    code = (
        "import sys\n"
        "import psro.phases.worker, psro.wiring, psro.oracle.offline, psro.oracle.policy\n"
        "assert 'torch' in sys.modules\n"
        "assert 'lightning' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
