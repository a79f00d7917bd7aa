"""What is run under torture, and what is known of its uninterrupted run."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.torture.results import read_journal
from psro.machine.journal import JournalRecord
from psro.machine.manifest import Manifest


@dataclass(frozen=True)
class Experiment:
    """An experiment of conf/, made smaller by overrides.

    modules: imported once by the torture, so that a forked attempt need not. Not poke_env, which
    starts a thread, nor psro.main, which each attempt runs as `python -m` does.
    checkpoint_every_steps: N of "at most N training steps are lost"; 0: nothing is trained by steps.
    """

    name: str
    overrides: tuple[str, ...]
    modules: tuple[str, ...]
    checkpoint_every_steps: int


_PROGRAM = (
    "hydra",
    "psro.wiring",
    "psro.report.console",
    "psro.report.tensorboard",
    "psro.report.summary",
    "psro.report.timings",
    "highspy",
    "pulp",
)

EXPERIMENTS = {
    # A matrix game with an exact oracle: every phase and every write of the driver, in a second.
    "rps": Experiment("rps", ("+experiment=rps", "psro.rounds=2"), _PROGRAM, 0),
    # Gen 1 OU: the simulator, neural policies, training with checkpoints every 5 steps. Little
    # bootstrap, so that most of the time goes to COLLECT, TRAIN and TOURNAMENT; small units, so
    # that an attempt of a few seconds commits something; a point of the training curve per step,
    # so that every step's loss can be compared.
    "smoke": Experiment(
        "smoke",
        (
            "+experiment=smoke",
            "population.base=[{name: base_clone, stage: cloning}]",
            "population.replay.num_battles=18",
            "psro.num_iterations=2",
            "psro.rounds=2",
            "psro.collect.num_battles=24",
            "psro.collect.battles_per_unit=6",
            "psro.measure_battles=8",
            "oracle.cloning.joint_epochs=1",
            "oracle.cloning.candidates=[1]",
            "oracle.response.batch_size=48",
            "oracle.checkpoint_every_steps=5",
            "oracle.curve_every_steps=1",
            "tournament.battles_per_matchup=12",
            "tournament.battles_per_unit=6",
            "certificate.measure_battles=8",
        ),
        (
            *_PROGRAM,
            "torch",
            "lightning.pytorch",
            "psro.oracle.training",
            "psro.oracle.policy",
        ),
        5,
    ),
}


@dataclass(frozen=True)
class Reference:
    """The uninterrupted run: how long it worked after its start-up, and how often it passed what."""

    seconds: float
    num_boundaries: int
    num_units: int
    num_unit_files: int
    num_driver_files: int

    @classmethod
    def of(cls, directory: Path, seconds: float) -> "Reference":
        """Counts from the files of a finished run."""
        records = [JournalRecord.from_json(line) for line in read_journal(directory)]
        units = [record for record in records if record.unit is not None]
        manifest = Manifest.load(directory)
        assert manifest is not None
        return cls(
            seconds,
            len(manifest.history),
            len(units),
            sum(len(record.artifacts) for record in units),
            len(records) - len(units),
        )
