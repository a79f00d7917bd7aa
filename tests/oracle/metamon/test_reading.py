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
    for length in (7, 1000, 5000, len(data) // 2, len(data) - 1):
        torn = tmp_path / f"{length}.pt"
        torn.write_bytes(data[:length])
        with pytest.raises(
            UserError,
            match=rf"\.pt is truncated: .*its end is missing \({length:,} bytes are there\); get",
        ):
            read_state(torn)


def test_a_truncated_file_of_an_old_torch(tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save({"a.b": torch.zeros(9)}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    assert set(read_state(path)) == {"a.b"}
    for length in (1, 3, 10, 30, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(UserError, match=r"old\.pt .* is damaged or truncated.*; get the file"):
            read_state(path)


def test_a_damaged_file(tmp_path: Path) -> None:
    path, data = tmp_path / "damaged.pt", bytearray(checkpoint("tiny").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"damaged\.pt .* is damaged or truncated: torch says"):
        read_state(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; get the file anew"),
        (b"<!DOCTYPE html><html>", r"begins with b'<!DOCTYPE html><html>', as of a page"),
        (b"version https://git-lfs", r"begins with b'version https://git-lfs', as of a page or"),
    ],
)
def test_what_was_saved_in_a_checkpoints_place(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "page.pt"
    path.write_bytes(data)
    with pytest.raises(UserError, match=message):
        read_state(path)


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
