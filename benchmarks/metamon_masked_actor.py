"""metamon's MetamonMaskedActor against ours with `masks_illegal`: the same weights, states and offered actions.

    python benchmarks/metamon_masked_actor.py --metamon DIR --amago DIR [--states 4096]

The two directories are checkouts of metamon (of July 2025 or later, which has the class) and UT-Austin-RPL/amago, with their requirements
importable as for metamon_parity.py. Of metamon one class is taken out of its file, which otherwise wants an environment of its own. What is
compared is every discount's π(·|s), at all sizes of head that metamon has, and the gradient of −log π of an offered action;
one state in eight offers no action, as at a battle's end. An error is max |ours − theirs| / max |theirs|.
"""

import argparse
import ast
from pathlib import Path
from typing import Any

import torch
from metamon_agents import put_on_path
from torch import Tensor

from psro.oracle.metamon.sizes import SIZES
from psro.oracle.models.metamon.heads import Actor

CLASS = "MetamonMaskedActor"
FILE = "metamon/rl/metamon_to_amago.py"


def their_class(metamon: Path) -> Any:
    """The class, made from its own source; AMAGO must be on the path."""
    import amago
    import einops
    import gin

    source = (metamon / FILE).read_text()
    found = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == CLASS
    )
    names = {"amago": amago, "einops": einops, "gin": gin, "torch": torch}
    exec("from typing import Any, Optional\n" + ast.unparse(found), names)
    return names[CLASS]


def error(ours: Tensor, theirs: Tensor) -> float:
    """max |ours − theirs| / max |theirs|."""
    return float((ours - theirs).abs().max() / theirs.abs().max())


def compare(size: str, num_actions: int, made: Any, num_states: int) -> None:
    """Prints the errors of one head."""
    config = SIZES[size]
    config = type(config)(**(vars(config) | {"num_actions": num_actions}))
    discounts = torch.tensor(config.discounts)
    theirs = made(
        config.width, num_actions, True, discounts, config.head_layers, config.head_width
    ).eval()
    ours = Actor(config)
    with torch.no_grad():
        for value in theirs.parameters():
            value.normal_(0, 0.1)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    states = torch.randn(num_states, 1, config.width)
    legal = torch.rand(num_states, 1, num_actions) < 0.4
    legal[::8] = False
    offered = (legal | ~legal.any(-1, keepdim=True)).float().squeeze(1)
    chosen = torch.multinomial(offered, 1).view(num_states, 1, 1, 1)
    chosen = chosen.expand(-1, -1, len(discounts), -1)
    found = []
    for actor, policy in (
        (theirs, theirs(states, straight_from_obs={"illegal_actions": ~legal}).probs),
        (ours, ours.policy(states, legal)),
    ):
        (-policy.gather(-1, chosen).log().mean()).backward()
        found.append((policy.detach(), torch.cat([p.grad.flatten() for p in actor.parameters()])))
    (their_policy, their_gradient), (our_policy, our_gradient) = found
    illegal = (~legal & legal.any(-1, keepdim=True)).unsqueeze(-2)
    print(
        f"{size}, {num_actions} actions, {num_states} states, {int(legal.sum())} offered: policy {error(our_policy, their_policy):.1e}, "
        f"gradient {error(our_gradient, their_gradient):.1e}; the most an illegal action has: theirs "
        f"{float((their_policy * illegal).max()):.3g}, ours {float((our_policy * illegal).max()):.3g}"
    )


def main() -> None:
    """Compares every size of head, of 9 and of 13 actions."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--metamon", type=Path, required=True)
    parser.add_argument("--amago", type=Path, required=True)
    parser.add_argument("--states", type=int, default=4096)
    given = parser.parse_args()
    put_on_path(given.metamon, given.amago)
    made = their_class(given.metamon)
    torch.manual_seed(0)
    for size in ("small", "medium", "large"):
        for num_actions in (9, 13):
            compare(size, num_actions, made, given.states)


if __name__ == "__main__":
    main()
