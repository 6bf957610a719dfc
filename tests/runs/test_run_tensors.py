"""Tensors of a checkpoint or of a weights file that are not the network's: refused by name, whatever their checksum."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wxb
from tests.runs.small import table_of_sums
from wxb.errors import WxbError
from wxb.runs.folder import CHECKPOINT, KEPT, WEIGHTS
from wxb.runs.manifest import manifest_text
from wxb.storage import file_digest, read_tensors, write_tensors
from wxb.training import Training, resume

DTYPES = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.uint8,
    torch.bool,
)
SHAPES = st.lists(st.integers(0, 5), max_size=5).map(tuple)
OPTIMIZERS = ("muon", "adamw", "momentum", "rmsprop", "adagrad")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a table that was stopped, for each of some optimizers, and one that has finished."""
    folder = tmp_path_factory.mktemp("tensors")
    table = wxb.load_data(table_of_sums(folder), target="sum")
    common = {"epochs": 4, "batch_size": 16, "threads": 1, "ema": 0.9, "keep": "best", "seed": 0}
    wxb.train(table, "FC-4-BN-RELU, EUCLID", out=folder / "finished", **common)
    for optimizer in OPTIMIZERS:
        options = {**common, "optimizer": optimizer}
        training = Training(table, "FC-4-BN-RELU, EUCLID", options=options, out=folder / optimizer)
        for record in training:
            if record.step == 6:
                training.stop()
                break
    return folder


def other(tensors: dict[str, torch.Tensor], data: st.DataObject) -> tuple[str, dict[str, torch.Tensor]]:
    """Replace a tensor by one of another shape or dtype, leave one out, or add one; return its name too."""
    name = data.draw(st.sampled_from(sorted(tensors)), label="name")
    old = tensors[name]
    how = data.draw(st.sampled_from(["shape", "one number", "dtype", "left out", "added"]), label="how")
    if how == "left out":
        return name, {key: value for key, value in tensors.items() if key != name}
    if how == "added":
        return f"{name}.more", tensors | {f"{name}.more": torch.zeros(3)}
    if how == "dtype":
        return name, tensors | {name: old.to(data.draw(st.sampled_from([one for one in DTYPES if one != old.dtype])))}
    shapes = st.sampled_from([(), (1,), (1, 1)]) if how == "one number" else SHAPES
    shape = data.draw(shapes.filter(lambda shape: shape != tuple(old.shape)), label="shape")
    return name, tensors | {name: torch.zeros(shape, dtype=old.dtype)}


def replaced(path: Path, change) -> str:
    """Rewrite the tensors of a file with a checksum that fits; return the name that `change` returns."""
    tensors, metadata = read_tensors(path)
    name, changed = change(tensors)
    write_tensors(path, changed, metadata)
    return name


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), optimizer=st.sampled_from(OPTIMIZERS))
def test_a_checkpoint_with_another_tensor_is_refused_by_its_name(data, optimizer, folder, tmp_path):
    run = tmp_path / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(folder / optimizer, run)
    name = replaced(run / CHECKPOINT, lambda tensors: other(tensors, data))
    table = wxb.load_data(folder / "table.csv", target="sum")
    with pytest.raises(WxbError, match=f"{CHECKPOINT} is damaged: it does not fit the network") as refused:
        resume(run, table)
    assert name in refused.value.detail


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_weights_with_another_tensor_are_refused_by_its_name(data, folder, tmp_path):
    run = tmp_path / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(folder / "finished", run)
    name = replaced(run / WEIGHTS, lambda tensors: other(tensors, data))
    (run / "manifest.json").write_bytes(manifest_text({one: file_digest(run / one) for one in KEPT}))
    with pytest.raises(WxbError, match=f"{WEIGHTS} does not fit the network of run") as refused:
        wxb.Run.open(run).model()
    assert name in refused.value.detail or "it holds" in refused.value.detail


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 2.5), (0, -1.0), (0, float("nan")), (0, 1e300), (0, 7.0), (1, -1.0), (2, 3.0), (3, 0.0), (4, float("inf")),
     (4, -1.0), (5, float("nan"))],
)  # fmt: skip
def test_counters_of_a_checkpoint_that_count_nothing_are_refused(place, value, folder, tmp_path):
    shutil.copytree(folder / "adamw", tmp_path / "run")

    def change(tensors):
        tensors["counters"][place] = value
        return "counters", tensors

    replaced(tmp_path / "run" / CHECKPOINT, change)
    with pytest.raises(WxbError, match="it does not fit the network"):
        resume(tmp_path / "run", wxb.load_data(folder / "table.csv", target="sum"))
