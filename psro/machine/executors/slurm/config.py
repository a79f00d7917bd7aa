"""What the SLURM executor is told: which units it spreads, and what its workers ask of the cluster."""

from dataclasses import dataclass, field

CLUSTERS = ("slurm", "local")
MIN_TIME_MIN = 5
"""A worker is told to take no more units 90 s before its time limit; it needs time before that."""


@dataclass
class SlurmConfig:
    """Workers as SLURM job arrays. Everything may change on resume; results do not depend on it."""

    cluster: str = "slurm"
    """slurm; or local: the same workers as processes of this machine, to try it without a cluster."""
    kinds: list[str] = field(default_factory=lambda: ["collect", "match"])
    """The units to spread; the others run in the driver's own job, as executor=processes runs them."""
    min_units: int = 2
    """Fewer units than this at a time run in the driver's own job: an array is not worth its start."""
    num_workers: int = 16
    """The most workers at a time; each is one task of an array and does one unit after another."""
    array_size: int = 1000
    """The largest array to submit at once; SLURM's MaxArraySize, 1001 by default, allows 1000."""
    linger_s: float = 30.0
    """How long a worker without work waits for the next phase's before it ends."""
    poll_s: float = 10.0
    """Seconds between two looks at the queue (one squeue a time, whatever the number of workers)."""
    time_min: int = 60
    """A worker's time limit, minutes. Its last unit is run again if that needs longer."""
    cpus: int = 1
    """Processors per worker. A unit of battles uses one: Python and the simulator take turns."""
    mem_gb: float = 3.0
    """Memory per worker, GB."""
    partition: str | None = None
    """null: that of the driver's own job; outside of a job the cluster's default."""
    account: str | None = None
    """null: that of the driver's own job; outside of a job your default."""
    setup: list[str] = field(default_factory=list)
    """Shell lines to run before each worker ("module load nodejs"); it inherits the environment."""
    additional: dict[str, str] = field(default_factory=dict)
    """Further options of sbatch, without the dashes: {constraint: icelake, qos: low}."""

    def __post_init__(self) -> None:
        if self.cluster not in CLUSTERS:
            raise ValueError(
                f"executor.slurm.cluster is {self.cluster!r}; choose one of {CLUSTERS}"
            )
        for key, least in (
            ("min_units", 1),
            ("num_workers", 1),
            ("array_size", 1),
            ("cpus", 1),
            ("time_min", MIN_TIME_MIN),
            ("linger_s", 0),
            ("poll_s", 0),
        ):
            if getattr(self, key) < least:
                raise ValueError(
                    f"executor.slurm.{key} is {getattr(self, key)}; it must be at least {least}"
                )
        if self.mem_gb <= 0:
            raise ValueError(f"executor.slurm.mem_gb is {self.mem_gb}; it must be positive")
