"""The run built from the config: where it lies, its workbench, and its workers."""

import gc
from pathlib import Path
from typing import Any

from psro.config import Config, parse_config, to_plain
from psro.game import taken
from psro.game.policies import Policy, PolicyRecord
from psro.game.replay_data import ReplayData, read_replay_data, reward_key
from psro.machine.errors import UserError
from psro.oracle.amago.config import AmagoConfig
from psro.phases.config import MemberConfig
from psro.phases.workbench import PlayMode, Settings, Workbench
from psro.phases.worker import Worker
from psro.pokemon.config import Gen1OUConfig
from psro.wiring.policies import import_policy, load_policy
from psro.wiring.registries import SCHEMAS, make_game, make_oracle


def run_directory(config: Config) -> Path:
    """Where the run lies, absolute."""
    return Path(config.runs_directory).resolve() / config.name / f"seed_{config.seed}"


def make_workbench(config: Config, directory: Path) -> Workbench:
    """Everything a unit needs, in this process."""
    game = make_game(config)
    oracle = make_oracle(config, game)
    settings = Settings(
        config.seed,
        config.psro,
        config.population,
        config.tournament,
        config.certificate,
        config.replay_data,
    )

    device = config.oracle.device if isinstance(config.oracle, AmagoConfig) else "cpu"

    def load(path: Path, mode: PlayMode) -> Policy:
        return load_policy(game, path, mode, device)

    def bring(name: str, member: MemberConfig) -> tuple[PolicyRecord, dict[str, bytes]]:
        if member.kind == taken.TAKEN:
            return taken.take(name, member.arguments, game)
        return import_policy(name, member)

    return Workbench(directory, settings, game, oracle, load, bring, replay_data_of(config))


def replay_data_of(config: Config) -> ReplayData | None:
    """The recorded battles that the config names. Raises UserError where they are not there, or not of this run's view and reward."""
    if config.replay_data is None:
        return None
    if config.oracle.name == "exact" or not isinstance(config.game, Gen1OUConfig):
        raise UserError(
            "config: replay_data needs game=gen1ou and oracle=offline, which trains on battles"
        )
    if not config.replay_data.directory:
        raise UserError(
            "config: replay_data.directory is empty; name what `python -m psro.import_replays` made"
        )
    found = read_replay_data(Path(config.replay_data.directory).expanduser())
    reward = reward_key(config.game.reward.name, config.game.reward.arguments)
    if found.view != config.oracle.view:
        raise UserError(
            f"config: the replay data of {found.directory} are in the view {found.view}, but oracle.view is "
            f"{config.oracle.view}: parsed replays hold words and numbers, no PP, stats or requests, which {config.oracle.view} "
            f"is made of; give oracle.view={found.view}"
        )
    if found.reward != reward:
        raise UserError(
            f"config: the replay data of {found.directory} have the reward {found.reward!r}, but game.reward is {reward!r}; "
            "import them anew with --reward, or give the same game.reward.name"
        )
    return found


def make_worker(config_payload: Any) -> Worker:
    """machine's WorkerFactory: takes what `worker_payload` gave."""
    config = parse_config(config_payload["config"], SCHEMAS)
    worker = Worker(make_workbench(config, Path(config_payload["directory"])))
    # What is loaded by now lives as long as the worker: spare the garbage collector going through it.
    gc.freeze()
    return worker


def worker_payload(config: Config, directory: Path) -> dict[str, Any]:
    """What a worker process is started with: plain data."""
    return {"config": to_plain(config), "directory": str(directory)}
