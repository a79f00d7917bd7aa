"""A checkpoint's file: whole, torn, or not what it says."""

import pickle
from pathlib import Path

import pytest
import torch

from psro.machine.errors import UserError
from psro.oracle.metamon.reading import read_state
from tests.oracle.models.metamon.golden import checkpoint


def test_a_truncated_file(tmp_path: Path) -> None:
    data = checkpoint("tiny").read_bytes()
    for length in (0, 7, 1000, len(data) - 1000):
        torn = tmp_path / f"{length}.pt"
        torn.write_bytes(data[:length])
        with pytest.raises(
            UserError, match=r"is truncated or no checkpoint \(.*\); get the file anew$"
        ):
            read_state(torn)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read_state(tmp_path / "nothing.pt")


class _Bomb:
    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (self.target,))  # type: ignore[return-value]


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path, how: str) -> None:
    path, touched = tmp_path / "bomb.pt", tmp_path / "touched"
    if how == "torch":
        torch.save({"weight": _Bomb(touched)}, path)
    else:
        path.write_bytes(pickle.dumps(_Bomb(touched)))
    with pytest.raises(
        UserError, match="holds more than tensors, which could run code: it is refused"
    ):
        read_state(path)
    assert not touched.exists()


def test_no_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "list.pt"
    torch.save([torch.zeros(2)], path)
    with pytest.raises(UserError, match="is no state dict"):
        read_state(path)


def test_half_precision_is_read_as_single(tmp_path: Path) -> None:
    path = tmp_path / "half.pt"
    torch.save({"a": torch.ones(2, dtype=torch.bfloat16), "n": torch.tensor([3])}, path)
    state = read_state(path)
    assert state["a"].dtype == torch.float32
    assert state["n"].dtype == torch.int64
