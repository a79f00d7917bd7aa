import pytest

from .made_up_run import make_run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A phase-1 run that is over; read only."""
    return make_run(tmp_path_factory.mktemp("runs") / "phase1" / "seed_0", num_iterations=3)


@pytest.fixture(scope="session")
def extended_run(tmp_path_factory):
    """One of two iterations that was extended to three: σ of iteration 2 has a certificate too; read only."""
    directory = tmp_path_factory.mktemp("runs") / "phase1" / "seed_2"
    make_run(directory, num_iterations=2)
    return make_run(directory, num_iterations=3)


@pytest.fixture(scope="session")
def running_run(tmp_path_factory):
    """One that has solved two iterations and has no certificate; read only."""
    directory = tmp_path_factory.mktemp("runs") / "phase1" / "seed_1"
    return make_run(directory, num_iterations=2, finished=False)
