"""The oracle of what is trained here: offline RL on recorded battles."""

from psro.game.protocols import Candidate, LookaheadSettings, ReportProgress, ShouldStop, TrainTask
from psro.game.spec import ObservationSpec
from psro.oracle.config import ModelConfig, OracleConfig
from psro.oracle.data import Recording, as_seen


class OfflineOracle:
    """game's Oracle: trains an actor and a critic on the task's shards."""

    needs_data = True

    def __init__(
        self,
        config: OracleConfig,
        model: ModelConfig,
        spec: ObservationSpec,
        recording: Recording | None = None,
    ):
        """`spec`: the observation space that policies read; `recording`: what is in shards, where it is not the same."""
        self.config, self.model, self.spec = config, model, spec
        self.recording = recording or as_seen(spec)
        self.view = spec.name

    def lookahead(self, stage: str) -> LookaheadSettings | None:
        """What the stage's weighting needs."""
        settings = self.config.stage(stage)
        if settings.weighting != "lookahead" or not settings.lookahead_fraction:
            return None
        return LookaheadSettings(
            settings.lookahead_fraction, settings.discount, settings.reward_scale
        )

    def train(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """One candidate per configured epoch, in order, under task.output; training_curve.json beside them.

        Raises: Preempted, with what steps there were saved; UserError for data, weights or settings that do not go
        together.
        """
        # Lightning takes longer to import than torch and all the rest, and most workers only play.
        from psro.oracle.training import Training

        training = Training(self.config, self.model, self.spec, self.recording)
        return training.run(task, report_progress, should_stop)
