"""metamon's agents against ours: the same weights, the same battles, every output.

    python benchmarks/metamon_parity.py --metamon DIR --amago DIR [--sizes tiny small …] [--battles 4] [--golden DIR]

The two directories are checkouts of UT-Austin-RPL/metamon and UT-Austin-RPL/amago, whose requirements (einops, gin-config,
gymnasium, gym, accelerate, termcolor) must be importable. Their code builds an agent of each size with random weights; its
state dict is loaded here key by key; then whole battles (played by the engine, words by metamon's tokenizer) go through both,
all at once and decision by decision with cached keys and values. An error is max |ours − theirs| / max |theirs| of a whole
tensor. `--golden` writes what tests/oracle/models/metamon/ checks without their code.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from metamon_agents import Theirs, build, put_on_path
from torch import Tensor

from psro.game.battles import Job
from psro.machine.seeds import seed_from
from psro.oracle.amago.config import AmagoTrainingConfig
from psro.oracle.amago.objective import loss_of
from psro.oracle.amago.windows import Windows, cut, one_hot
from psro.oracle.models.metamon import MetamonAgent, MetamonConfig
from psro.oracle.models.metamon.trajectory import Cache
from psro.pokemon.config import Gen1OUConfig, RewardConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.records.metamon import MetamonKernel
from psro.pokemon.observations.records.spec import RECORD_VIEW

MODELS = Path(__file__).parents[1] / "conf/model"
GIN_FILES = {
    "small": "small.gin",
    "medium": "medium.gin",
    "large": "large.gin",
    "synthetic": "synthetic.gin",
    "synthetic_multitaskagent": "synthetic.gin",
}
TINY = MetamonConfig(
    turn_width=8, turn_layers=2, turn_heads=2, scratch_tokens=2, numerical_tokens=2, extra_width=3,
    width=12, feed_forward_width=20, num_layers=2, num_heads=3, max_length=30,
    head_width=7, num_critics=3, num_bins=11,
)  # fmt: skip
GIN_BINDINGS = {
    # metamon's own of 26 May 2025 (eb4ce3e8); before AMAGO's fc097b0 of a week earlier, `Agent.num_critics` said it.
    "synthetic_multitaskagent": ["MultiTaskAgent.num_critics = 6"],
}
GOLDEN_LENGTH = 14


def config_of(size: str) -> MetamonConfig:
    """The shape of a size; `tiny`, `tiny_two_hot`, and both with `_13` (actions) are this script's own."""
    if size.startswith("tiny"):
        kind = "two_hot" if "two_hot" in size else "scalar"
        num_actions = 13 if size.endswith("_13") else 9
        return MetamonConfig(**(asdict(TINY) | {"critics": kind, "num_actions": num_actions}))
    named = "large" if size == "synthetic" else size
    settings = yaml.safe_load((MODELS / f"{named}.yaml").read_text())
    if size == "synthetic":
        settings["num_critics"] = 6
    return MetamonConfig(**settings)


def battles(num: int, tokenizer: dict[str, int], num_actions: int) -> list[dict[str, Tensor]]:
    """One side of each battle: words [L, 87] (ids from 1, 0 unknown), numbers [L, 48], previous [L, 1 + A]."""
    game = Gen1OU(Gen1OUConfig(reward=RewardConfig("metamon_shaped")))
    arena = game.make_arena()
    kind = "gym_leader"
    policies = {kind: game.make_policy(kind, kind, {})}
    jobs = [
        Job(seed_from("parity", n), (kind, kind), "training", (True, False)) for n in range(num)
    ]
    played = arena.play(jobs, policies, RECORD_VIEW, lambda *_: None, lambda: False)
    arena.close()
    trajectories = played.trajectories
    kernel, num_steps = MetamonKernel(tokenizer), trajectories.num_steps
    rows = {
        "words": np.zeros((num_steps, 87), np.int32),
        "numbers": np.zeros((num_steps, 48), np.float32),
    }
    kernel.write(np.require(trajectories.observations[RECORD_VIEW], requirements=["C", "W"]), rows)
    found = []
    for start, end in zip(trajectories.offsets[:-1], trajectories.offsets[1:], strict=True):
        previous = np.zeros((end - start, 1 + num_actions), np.float32)
        previous[1:, 0] = trajectories.rewards[start : end - 1]
        previous[1:, 1:] = np.eye(num_actions)[trajectories.actions[start : end - 1]]
        found.append(
            {
                "words": torch.from_numpy(rows["words"][start:end]).long(),
                "numbers": torch.from_numpy(rows["numbers"][start:end]),
                "previous": torch.from_numpy(previous),
            }
        )
    return found


def padded(found: list[dict[str, Tensor]]) -> tuple[dict[str, Tensor], Tensor]:
    """All battles as [N, L, …], zeros behind their ends, and which decisions are real [N, L]."""
    pad = torch.nn.utils.rnn.pad_sequence
    batch = {key: pad([one[key] for one in found], batch_first=True) for key in found[0]}
    lengths = torch.tensor([len(one["words"]) for one in found])
    times = torch.arange(int(lengths.max())).expand(len(found), -1)
    return batch | {"times": times}, times < lengths.unsqueeze(1)


@torch.no_grad()
def theirs_over(theirs: Theirs, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """What their agent gives out over whole battles."""
    agent = theirs.agent
    obs = {"text_tokens": batch["words"] - 1, "numbers": batch["numbers"]}
    turns = agent.tstep_encoder(obs=obs, rl2s=batch["previous"])
    states, _ = agent.traj_encoder(turns, time_idxs=batch["times"].unsqueeze(-1))
    return {"turn encoder": turns} | their_heads(agent, states)


@torch.no_grad()
def their_heads(agent: Any, states: Tensor) -> dict[str, Tensor]:
    """Trajectory encoder's states, distributions and values of all heads, [N, L, …]."""
    out = {
        "trajectory encoder": states,
        "actor": agent.actor(states).probs,
        "target actor": agent.target_actor(states).probs,
    }
    num, length = states.shape[:2]
    for name in ("critics", "target_critics"):
        critics, values = getattr(agent, name), []
        for action in torch.eye(out["actor"].shape[-1]):
            shown = action.expand(1, num, length, len(agent.gammas), len(action))
            found = critics(states, shown)
            if hasattr(critics, "bin_dist_to_raw_vals"):
                found = critics.bin_dist_to_raw_vals(found)
            else:
                found = agent.popart(found, normalized=False)
            values.append(found[0])
        out[name.replace("_", " ")] = torch.cat(values, dim=-1)
    return out


@torch.no_grad()
def ours_over(agent: MetamonAgent, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """What ours gives out over whole battles, under the same names."""
    words, numbers, previous = (batch[key] for key in ("words", "numbers", "previous"))
    turns = agent.tstep_encoder(words.flatten(0, 1), numbers.flatten(0, 1), previous.flatten(0, 1))
    states = agent.states(words, numbers, previous, batch["times"])
    return {"turn encoder": turns.unflatten(0, words.shape[:2])} | our_heads(agent, states)


@torch.no_grad()
def our_heads(agent: MetamonAgent, states: Tensor) -> dict[str, Tensor]:
    """As `their_heads`."""
    return {
        "trajectory encoder": states,
        "actor": agent.actor.policy(states),
        "target actor": agent.target_actor.policy(states),
        "critics": agent.values(states),
        "target critics": agent.values_of(agent.target_critics, states),
    }


@torch.no_grad()
def stepped(
    theirs: Theirs, ours: MetamonAgent, batch: dict[str, Tensor], real: Tensor
) -> Iterator[tuple[dict[str, Tensor], dict[str, Tensor]]]:
    """(theirs, ours) at every decision of all battles that still run, [B, …]; both with their own caches."""
    agent, num = theirs.agent, len(real)
    hidden = agent.traj_encoder.init_hidden_state(num, torch.device("cpu"))
    cache = Cache(ours.config, num, torch.device("cpu"))
    for time in range(real.shape[1]):
        now = {key: value[:, time] for key, value in batch.items()}
        obs = {"text_tokens": now["words"][:, None] - 1, "numbers": now["numbers"][:, None]}
        states, hidden = agent.get_state_embedding(
            obs, now["previous"][:, None], now["times"][:, None, None], hidden
        )
        running = real[:, time].nonzero().squeeze(1)
        mine = ours.next_states(
            *(now[key][running] for key in ("words", "numbers", "previous", "times")),
            running,
            cache,
        )
        their = {key: value[running, 0] for key, value in their_heads(agent, states).items()}
        yield their, our_heads(ours, mine)


LOSSES = {
    "binary_rl": AmagoTrainingConfig(),
    "exp_rl": AmagoTrainingConfig(filter="exponential", beta=0.5),
    "psro_oracle": AmagoTrainingConfig(online_weight=0.5, offline_weight=0.5),
    "il": AmagoTrainingConfig(filter="none"),
}


def losses(theirs: Theirs, ours: MetamonAgent, windows: Windows) -> dict[str, Any]:
    """For each of LOSSES: relative errors of the loss, of the whole gradient, of PopArt's new statistics; and the loss.

    Both draw from the same generator in the same order. Dropout is off. One action in seven is of another kind than was
    played, so that advantages of either sign are met.
    """
    from amago.agent import binary_filter, exp_filter
    from amago.loading import Batch

    found = {}
    saved = {key: value.clone() for key, value in ours.state_dict().items()}
    shown = windows.previous.clone()
    shown[:, 1:][~windows.real] = 4.0  # their mark of padding
    for name, settings in LOSSES.items():
        agent = theirs.agent
        for one in (agent, ours):
            one.load_state_dict(saved)
            one.zero_grad()
        agent.online_coeff, agent.offline_coeff = settings.online_weight, settings.offline_weight
        agent.reward_multiplier = settings.reward_multiplier
        agent.fake_filter = settings.filter == "none"
        agent.num_actions_for_value_in_actor_loss = settings.num_actor_actions
        agent.fbc_filter_func = binary_filter
        if settings.filter == "exponential":
            agent.fbc_filter_func = partial(
                exp_filter, beta=settings.beta, clip_weights_high=settings.weight_clip
            )
        torch.manual_seed(7)
        their_loss = agent(
            Batch(
                obs={"text_tokens": windows.words - 1, "numbers": windows.numbers},
                rl2s=shown,
                rews=windows.rewards.unsqueeze(-1),
                dones=windows.done.bool().unsqueeze(-1),
                actions=one_hot(windows.actions.clamp(min=0), ours.config.num_actions),
                time_idxs=windows.times.unsqueeze(-1),
            ),
            log_step=False,
        )
        their_loss.backward()
        torch.manual_seed(7)
        our_loss, _ = loss_of(ours, windows, settings)
        our_loss.backward()
        pairs = [
            (own.grad, dict(agent.named_parameters())[key].grad)
            for key, own in ours.named_parameters()
            if key.split(".")[0] in ("tstep_encoder", "traj_encoder", "critics", "actor")
        ]
        gradients = [
            torch.cat([torch.zeros(1) if g is None else g.flatten() for g in side])
            for side in zip(*pairs, strict=True)
        ]
        found[name] = [
            float((our_loss - their_loss).abs() / their_loss.abs()),
            float((gradients[0] - gradients[1]).norm() / gradients[1].norm()),
            max(
                error(getattr(ours.popart, key), getattr(agent.popart, key))
                for key in ("mu", "nu", "w", "b")
            ),
            float(their_loss),
            float(gradients[1].norm()),
            agent.popart.mu.flatten().tolist(),
        ]
    for one in (theirs.agent, ours):
        one.load_state_dict(saved)
    return found


def windows_of(batch: dict[str, Tensor], real: Tensor, max_length: int) -> Windows:
    """The battles that fit, with actions as the next decision shows them; the last ones at random."""
    chosen = real.sum(1) < max_length
    lengths = real[chosen].sum(1)
    mask = real[chosen]
    flat = {key: value[chosen][mask] for key, value in batch.items()}
    num_actions = flat["previous"].shape[1] - 1
    after = torch.cat([flat["previous"][1:], torch.zeros(1, 1 + num_actions)])
    rows = torch.arange(len(after))
    actions = torch.where(after[:, 1:].sum(1) > 0, after[:, 1:].argmax(1), rows % num_actions)
    actions = torch.where(rows % 7 == 3, rows % num_actions, actions)
    rewards = torch.where(
        after[:, 1:].sum(1) > 0, after[:, 0], torch.where(rows % 2 == 0, 100.0, -100.0)
    )
    legal = torch.ones(len(actions), num_actions, dtype=torch.bool)
    return cut(flat["words"], flat["numbers"], actions, rewards, legal, lengths, max_length)


def error(ours: Tensor, theirs: Tensor) -> float:
    """max |ours − theirs| / max |theirs|."""
    return float((ours - theirs).abs().max() / theirs.abs().max())


def compare(size: str, num_battles: int, metamon: Path, golden: Path | None) -> None:
    """Prints the rows of one size."""
    torch.manual_seed(seed_from("parity", size) % 2**31)
    config = config_of(size)
    names = metamon / "metamon/tokenizer"
    tokenizer: dict[str, int] = json.loads((names / "allreplaysv3.json").read_text())
    if golden:
        tokenizer = {word: n for n, word in enumerate(sorted(tokenizer)[:: len(tokenizer) // 40])}
    gin = [metamon / "metamon/rl/configs" / GIN_FILES[size]] if size in GIN_FILES else []
    theirs = build(config, tokenizer, gin, GIN_BINDINGS.get(size, []))
    ours = MetamonAgent(config, len(tokenizer) + 1, seed=0)
    ours.load_state_dict(theirs.agent.state_dict(), strict=True)
    ours.eval()
    batch, real = padded(battles(num_battles, tokenizer, config.num_actions))
    fits = real.sum(1) <= config.max_length
    whole = {key: value[fits] for key, value in batch.items()} if fits.any() else None
    errors: dict[str, list[float]] = {}
    if whole is not None:
        mask, their, our = real[fits], theirs_over(theirs, whole), ours_over(ours, whole)
        errors["whole battles"] = [error(our[key][mask], their[key][mask]) for key in their]
        if golden:
            write_golden(golden / size, theirs, tokenizer, config, whole, mask, their)
            write_golden_losses(golden / size, theirs, ours)
    pairs = list(stepped(theirs, ours, batch, real))
    keys = list(pairs[0][0])
    errors["decision by decision"] = [float("nan")] + [
        error(torch.cat([o[k] for _, o in pairs]), torch.cat([t[k] for t, _ in pairs]))
        for k in keys
    ]
    num_parameters = sum(p.numel() for p in ours.trained())
    longest = int(real.sum(1).max())
    print(
        f"{size}: {num_parameters / 1e6:.1f} M trained parameters, {len(real)} battles, {int(real.sum())} decisions, "
        f"the longest {longest} (looks back {config.max_length})"
    )
    for way, found in errors.items():
        cells = [
            f"{n} {e:.1e}" for n, e in zip(["turn encoder", *keys], found, strict=True) if e == e
        ]
        print(f"  {way}: {', '.join(cells)}")
    if not size.startswith("tiny"):
        return
    windows = windows_of(batch, real, config.max_length)
    for name, (of_loss, of_gradient, of_popart, loss, *_) in losses(theirs, ours, windows).items():
        print(
            f"  loss {name}: {loss:.4g}, its error {of_loss:.1e}, its gradient's {of_gradient:.1e}, PopArt's {of_popart:.1e}"
        )


def write_golden(
    directory: Path,
    theirs: Theirs,
    tokenizer: dict[str, int],
    config: MetamonConfig,
    batch: dict[str, Tensor],
    real: Tensor,
    outputs: dict[str, Tensor],
) -> None:
    """A checkpoint as they write it, its words, and inputs and outputs of two short battles."""
    directory.mkdir(parents=True, exist_ok=True)
    torch.save(theirs.agent.state_dict(), directory / "policy_epoch_0.pt")
    (directory / "tokenizer.json").write_text(json.dumps(tokenizer))
    (directory / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n")
    keep = real.sum(1).argsort()[:2]
    length = min(int(real[keep].sum(1).max()), GOLDEN_LENGTH)
    arrays = {key.replace(" ", "_"): value[keep, :length].numpy() for key, value in outputs.items()}
    inputs = {key: value[keep, :length].numpy() for key, value in batch.items()}
    inputs["words"] = inputs["words"].astype(np.int16)
    np.savez_compressed(
        directory / "golden.npz", real=real[keep, :length].numpy(), **inputs, **arrays
    )


def write_golden_losses(directory: Path, theirs: Theirs, ours: MetamonAgent) -> None:
    """Their losses over the golden battles; of scalar critics, whose draws are the same on every machine."""
    if ours.config.critics != "scalar":
        return
    with np.load(directory / "golden.npz") as held:
        kept = {name: torch.from_numpy(held[name]) for name in held.files}
    actions = kept["previous"][:, 1:, 1:].argmax(-1)
    rows = torch.arange(actions.numel()).view_as(actions)
    windows = Windows(
        words=kept["words"].long(),
        numbers=kept["numbers"],
        previous=kept["previous"],
        times=kept["times"],
        actions=torch.where(rows % 3 == 1, rows % ours.config.num_actions, actions),
        rewards=kept["previous"][:, 1:, 0],
        done=torch.zeros_like(actions, dtype=torch.float32),
        real=kept["real"][:, 1:],
        legal_mask=torch.ones(*kept["times"].shape, ours.config.num_actions, dtype=torch.bool),
    )
    told = {
        name: {
            "settings": asdict(LOSSES[name]),
            "loss": loss,
            "gradient_norm": norm,
            "mu": mu,
        }
        for name, (_, _, _, loss, norm, mu) in losses(theirs, ours, windows).items()
    }
    (directory / "losses.json").write_text(json.dumps(told, indent=1) + "\n")


def main() -> None:
    """Compares the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--metamon", type=Path, required=True)
    parser.add_argument("--amago", type=Path, required=True)
    parser.add_argument("--sizes", nargs="+", default=["tiny", "tiny_two_hot", *GIN_FILES])
    parser.add_argument("--battles", type=int, default=4)
    parser.add_argument("--golden", type=Path)
    arguments = parser.parse_args()
    put_on_path(arguments.metamon, arguments.amago)
    for size in arguments.sizes:
        compare(size, arguments.battles, arguments.metamon, arguments.golden)


if __name__ == "__main__":
    main()
