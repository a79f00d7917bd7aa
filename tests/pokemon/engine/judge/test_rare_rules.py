"""Rules so rare that the proof's random battles may never meet them, brought about by script over many seeds."""

from dataclasses import dataclass

import pytest

from psro.pokemon.engine.dump import EngineReplayer
from psro.pokemon.engine.judge.compare import first_difference
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord, Choices


@dataclass(frozen=True)
class Script:
    """Teams and choices under which, with some of the seeds, Showdown says `sign`."""

    teams: tuple[str, str]
    choices: tuple[Choices, ...]
    sign: str
    """In a key of the judge's tally."""
    seeds: int = 60


SCRIPTS = {
    # Side 1 has switched and nothing else when its Pokemon is frozen, then thawed by fire before it moves.
    "thawed_before_it_ever_chose": Script(
        (
            "Jolteon||||blizzard,ember|||||||",
            "Snorlax||||splash|||||||]Slowbro||||surf,counter|||||||]Muk||||rest|||||||",
        ),
        ((0, 5), (1, 0), (1, 0)),
        "no move has been selected yet",
    ),
    # Side 1 comes back asleep with Counter in its first slot: what its side "selected" differs by who looks.
    "countered_a_sleeper_with_counter_in_its_first_slot": Script(
        (
            "Chansey||||sing,counter,splash|||||||]Mew||||splash|||||||",
            "Snorlax||||counter,bodyslam|||||||]Muk||||bodyslam,splash|||||||",
        ),
        ((0, 1), (0, 5), (2, 0), (2, 4), (1, 0), (1, 0)),
        "the move in the target's first slot is also Counter",
        seeds=400,
    ),
    "psywave_of_level_1": Script(
        ("Mew||||psywave||||||1|", "Muk||||splash|||||||"),
        ((0, 0), (0, 0)),
        "uses Psywave, the game softlocks",
    ),
    "defense_rolled_over": Script(
        ("Cloyster||||withdraw,reflect|||||||", "Onix||||tackle,splash|||||||"),
        ((0, 1), (0, 1), (0, 1), (1, 0), (0, 0)),
        "a stat will roll over",
        seeds=10,
    ),
    "recovery_that_fails_by_one_byte": Script(
        # 80 HP by Seismic Toss and 175 for a Substitute: 255 are missing.
        ("Chansey||||softboiled,substitute|||||||", "Alakazam||||seismictoss||||||80|"),
        ((1, 0), (0, 0)),
        "recovery moves fail",
    ),
    # Its trap was Metronome's, and its victim leaves: Metronome is used again, not the trap.
    "metronomes_trap_left_by_its_victim": Script(
        (
            "Clefable||||metronome|||||||",
            "Chansey||||splash|||||||]Snorlax||||splash|||||||]Muk||||splash|||||||",
        ),
        ((0, 0), (0, 5), (0, 0), (0, 6), (0, 0), (0, 4)),
        "cant partiallytrapped",
        seeds=200,
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_engine_is_equal_where_the_rule_shows(judge: JudgeProcess, name: str) -> None:
    script = SCRIPTS[name]
    shown = []
    for seed in range(script.seeds):
        record = BattleRecord(seed, script.teams, script.choices, name)
        judged = judge.replay(record)
        # Choices end where some seeds ask for others (a faint, a lock): what came before counts.
        carried_out = BattleRecord(
            seed, script.teams, script.choices[: len(judged.dumps) - 1], name
        )
        if any(script.sign in key for key in judged.tally):
            shown.append((carried_out, judged.dumps))
    assert shown, f"no seed below {script.seeds} shows it"
    played = EngineReplayer().replay([record for record, _ in shown])
    for (record, dumps), replayed in zip(shown, played, strict=True):
        difference = first_difference(record, dumps, replayed)
        assert difference is None, difference.text()
