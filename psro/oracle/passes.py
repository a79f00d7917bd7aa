"""What a network says of every decision of a data set: one pass of it over all of them, without gradients."""

from collections.abc import Callable

import torch
from torch import Tensor

from psro.oracle.acting.folded import FoldedScorer, Raw, can_fold
from psro.oracle.data import Dataset
from psro.oracle.models import ActorCritic


def log_policy_over(
    network: ActorCritic,
    dataset: Dataset,
    device: torch.device,
    poll: Callable[[], object] = lambda: None,
) -> Tensor:
    """log π(·|s) of every decision of the data set, [T, A], on the CPU; `poll` is called now and then."""
    return _over(network, dataset, device, poll, lambda read, _: read.log_policy())


def state_values(
    network: ActorCritic,
    dataset: Dataset,
    log_policy: Tensor | None,
    device: torch.device,
    poll: Callable[[], object] = lambda: None,
) -> Tensor:
    """V(s) = Σ_a π(a|s)·Q(s, a) of every decision, [T], on the CPU; π is the actor's unless `log_policy` [T, A] is given."""

    def values(read: "_Modules | _Folded", rows: slice) -> Tensor:
        log_chosen = read.log_policy() if log_policy is None else log_policy[rows]
        return (log_chosen.exp() * read.values()).sum(1)

    return _over(network, dataset, device, poll, values)


class _Modules:
    """Some episodes of the data set, read by the modules that are trained, on their device."""

    def __init__(self, network: ActorCritic, device: torch.device):
        self._network, self._device = network, device

    def turn_to(self, dataset: Dataset, rows: slice, lengths: Tensor) -> None:
        observations, legal_mask = dataset.rows(rows)
        self._lengths = lengths.to(self._device)
        self._inputs = self._network.prepare(
            {name: array.to(self._device) for name, array in observations.items()},
            legal_mask.to(self._device),
        )

    def log_policy(self) -> Tensor:
        return self._network.logits(self._inputs, self._lengths).log_softmax(1).cpu()

    def values(self) -> Tensor:
        return self._network.values(self._inputs, self._lengths).cpu()


class _Folded:
    """The same by weights laid out for playing, in half the time: on a CPU, for a network that remembers nothing."""

    def __init__(self, network: ActorCritic):
        self._normalise = network.normalise
        self._actor = FoldedScorer(network.normalise, network.actor)
        self._critic = FoldedScorer(network.normalise, network.critic)

    def turn_to(self, dataset: Dataset, rows: slice, lengths: Tensor) -> None:
        observations, legal_mask = dataset.rows(rows)
        arrays = {name: array.numpy() for name, array in observations.items()}
        self._raw = Raw.of(self._normalise, arrays, legal_mask.numpy())

    def log_policy(self) -> Tensor:
        return torch.from_numpy(self._actor.scores(self._raw)).float().log_softmax(1)

    def values(self) -> Tensor:
        return torch.from_numpy(self._critic.scores(self._raw)).float()


def _over(
    network: ActorCritic,
    dataset: Dataset,
    device: torch.device,
    poll: Callable[[], object],
    evaluate: Callable[[_Modules | _Folded, slice], Tensor],
) -> Tensor:
    was_training = network.training
    network.eval()
    found = []
    with torch.no_grad():
        folds = device.type == "cpu" and not network.remembers and can_fold(network)
        read = _Folded(network) if folds else _Modules(network, device)
        for rows, lengths in dataset.chunks():
            read.turn_to(dataset, rows, lengths)
            found.append(evaluate(read, rows))
            poll()
    network.train(was_training)
    return torch.cat(found)
