"""What a PSRO run still has to go through, from its config and its position (psro/phases/psro.py is the table)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psro.report.status.lives import At

ROUND_PHASES = ("COLLECT", "TRAIN", "SELECT")
"""Phases that come once per round, in this order."""
ENDING = ("CERTIFY", "REPORT")
"""Phases after the last iteration."""


@dataclass(frozen=True)
class Schedule:
    """What the config says of the loop; see psro/phases/config.py."""

    num_iterations: int
    rounds: int
    extra_rounds: int
    """More rounds, which an iteration takes whole or not at all."""
    may_stop: bool
    """A response that gains nothing ends the loop."""
    num_founders: int
    measure_battles: int
    certifies: bool
    certificate_rounds: int | None
    certificate_responses: int
    certificate_battles: int
    """Of each's measurement."""
    curve_battles: int
    """Of each point of its learning curve: one a round, and one before the first."""
    showcase_battles: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Schedule | None":
        """From the manifest's flat config; None if that is another algorithm's."""
        if "psro.num_iterations" not in config or "psro.rounds" not in config:
            return None
        if "exploit.rounds" in config:  # python -m psro.exploit: a PSRO run's config, other phases
            return None
        on_no_gain = config.get("psro.on_no_gain")
        # On one pool of teams: how many there are is the game's to know, and it is little time.
        showcase = len(config.get("certificate.showcase", []))
        battles = showcase * config.get("certificate.showcase_battles", 0)
        is_exact = config.get("oracle.name") == "exact"
        responses = 1 if is_exact else len(config.get("certificate.starts") or ["psro.start"])
        curve = config.get("certificate.curve_battles")
        if curve is None:
            curve = config.get("psro.measure_battles", 1)
        return cls(
            num_iterations=config["psro.num_iterations"],
            rounds=config["psro.rounds"],
            extra_rounds=config.get("psro.extra_rounds", 0) if on_no_gain == "train_more" else 0,
            may_stop=on_no_gain == "stop",
            num_founders=sum(
                len(config.get(f"population.{section}.names", []))
                for section in ("members", "base")
            ),
            measure_battles=config.get("psro.measure_battles", 1),
            certifies=config.get("certificate.enabled", True),
            certificate_rounds=config.get("certificate.rounds"),
            certificate_responses=responses,
            certificate_battles=config.get("certificate.measure_battles", 0),
            curve_battles=curve,
            showcase_battles=battles,
        )

    def steps_after(self, at: At, longest: bool) -> Iterator[At]:
        """The positions after `at`, REPORT the last.

        longest: every iteration takes its extra rounds where it still can, and none is the last before
        its time; else the contrary.
        """
        begun_in = at.iteration
        while (following := self._after(at, longest, begun_in)) is not None:
            at = following
            yield at

    def num_new_pairs(self, iteration: int) -> int:
        """Matchups that an iteration's tournament plays; the founding one's are all."""
        if iteration == 0:
            return max(1, self.num_founders * (self.num_founders - 1) // 2)
        return max(1, self.num_founders + iteration - 1)

    def num_certificate_battles(self, num_rounds: int) -> int:
        """Of measurements, learning curves and showcase, with so many rounds."""
        each = self.certificate_battles + (num_rounds + 1) * self.curve_battles
        return self.certificate_responses * each + self.showcase_battles

    def _after(self, at: At, longest: bool, begun_in: int) -> At | None:
        phase, iteration, index = at
        last = self.rounds - 1
        if phase == "BOOTSTRAP":
            return At("TOURNAMENT", 0, 0)
        if phase in ("COLLECT", "TRAIN"):
            return At(ROUND_PHASES[ROUND_PHASES.index(phase) + 1], iteration, index)
        if phase == "SELECT" and index in (last, last + self.extra_rounds):
            return At("MEASURE", iteration, index)
        if phase == "SELECT" or (
            phase == "MEASURE" and longest and index < last + self.extra_rounds
        ):
            return At("COLLECT", iteration, index + 1)
        if phase == "MEASURE":
            return At("TOURNAMENT", iteration, index)
        if phase == "TOURNAMENT":
            return At("SOLVE", iteration, index)
        if phase == "SOLVE":
            # At a SOLVE that goes on now, whether the response stops the loop is not known either.
            stops = self.may_stop and not longest and 0 < begun_in == iteration
            if iteration < self.num_iterations and not stops:
                return At("COLLECT", iteration + 1, 0)
            return At("CERTIFY" if self.certifies else "REPORT", iteration, 0)
        return At("REPORT", iteration, 0) if phase == "CERTIFY" else None
