"""What a network says of every decision of a data set: one pass of it over all of them, without gradients."""

from collections.abc import Callable
from concurrent.futures import Executor

import torch
from torch import Tensor

from psro.oracle.acting.folded import FoldedScorer, Raw, can_fold
from psro.oracle.data import Dataset
from psro.oracle.models import ActorCritic

Ask = Callable[[], Tensor]
Reader = Callable[[Dataset, slice, Tensor], tuple[Ask, Ask]]
"""(data set, rows, lengths of their episodes) → log π [N, A] and Q [N, A] of these rows, on the CPU, each computed when it is asked for."""


def log_policy_over(
    network: ActorCritic,
    dataset: Dataset,
    device: torch.device,
    poll: Callable[[], object] = lambda: None,
    side: Executor | None = None,
) -> Tensor:
    """log π(·|s) of every decision of the data set, [T, A], on the CPU.

    `poll` is called now and then; `side`: a thread that takes half of the work.
    """
    return _over(network, dataset, device, poll, side, lambda log_policy, _, rows: log_policy())


def state_values(
    network: ActorCritic,
    dataset: Dataset,
    log_policy: Tensor | None,
    device: torch.device,
    poll: Callable[[], object] = lambda: None,
    side: Executor | None = None,
) -> Tensor:
    """V(s) = Σ_a π(a|s)·Q(s, a) of every decision, [T], on the CPU; π is the actor's unless `log_policy` [T, A] is given."""

    def value(of_actor: Ask, of_critic: Ask, rows: slice) -> Tensor:
        log_chosen = of_actor() if log_policy is None else log_policy[rows]
        return (log_chosen.exp() * of_critic()).sum(1)

    return _over(network, dataset, device, poll, side, value)


def _modules(network: ActorCritic, device: torch.device) -> Reader:
    """By the modules that are trained, on their device."""

    def read(dataset: Dataset, rows: slice, lengths: Tensor) -> tuple[Ask, Ask]:
        observations, legal_mask = dataset.rows(rows)
        inputs = network.prepare(
            {name: array.to(device) for name, array in observations.items()}, legal_mask.to(device)
        )
        lengths = lengths.to(device)
        return (
            lambda: network.logits(inputs, lengths).log_softmax(1).cpu(),
            lambda: network.values(inputs, lengths).cpu(),
        )

    return read


def _folded(network: ActorCritic) -> Reader:
    """By the weights as they are laid out for playing, in half the time."""
    actor = FoldedScorer(network.normalise, network.actor)
    critic = FoldedScorer(network.normalise, network.critic)

    def read(dataset: Dataset, rows: slice, lengths: Tensor) -> tuple[Ask, Ask]:
        observations, legal_mask = dataset.rows(rows)
        arrays = {name: array.numpy() for name, array in observations.items()}
        raw = Raw.of(network.normalise, arrays, legal_mask.numpy())
        return (
            lambda: torch.from_numpy(actor.scores(raw)).float().log_softmax(1),
            lambda: torch.from_numpy(critic.scores(raw)).float(),
        )

    return read


def _over(
    network: ActorCritic,
    dataset: Dataset,
    device: torch.device,
    poll: Callable[[], object],
    side: Executor | None,
    evaluate: Callable[[Ask, Ask, slice], Tensor],
) -> Tensor:
    was_training = network.training
    network.eval()
    folds = device.type == "cpu" and not network.remembers and can_fold(network)
    read = _folded(network) if folds else _modules(network, device)

    def of(chunk: tuple[slice, Tensor]) -> Tensor:
        with torch.no_grad():  # of this thread
            return evaluate(*read(dataset, *chunk), chunk[0])

    found, chunks = [], iter(dataset.chunks())
    for chunk in chunks:
        other = None if side is None else next(chunks, None)
        later = None if side is None or other is None else side.submit(of, other)
        found.append(of(chunk))
        if later is not None:
            found.append(later.result())
        poll()
    network.train(was_training)
    return torch.cat(found)
