"""A run that has predicted is pickled, copied, saved and sent to another process, and predicts the same there."""

from __future__ import annotations

import copy
import io
import multiprocessing
import pickle

import numpy as np
import pytest
import torch

import wxb
from wxb.data import load_data

NETWORKS = {
    "digits": "CONV3-4-BN-RELU-RES(CONV3-4-LEAKY(0.1))-POOL-CAT(CONV1-2, CONV3-2-LRN)-DROP-FC-8-MAXOUT, SOFTMAX",
    "ring": "FC-4-RELU, SVM",
    "sine": "FC-8-TANH, EUCLID",
    "table": "FC-4-RELU, SIGMOIDS",
}


@pytest.fixture(scope="module", params=NETWORKS)
def used(request, tmp_path_factory):
    """A run of each kind of head that has predicted, with examples and their scores."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "table":
        rows = np.random.default_rng(0).normal(size=(80, 2))
        lines = [f"{a:.3f},{'xyz'[i % 3]},{int(a > 0)},{int(b > 0)}" for i, (a, b) in enumerate(rows)]
        (folder / "table.csv").write_text("\n".join(["a,b,p,q", *lines]) + "\n")
        data = load_data(folder / "table.csv", target=["p", "q"])
    else:
        data = load_data(request.param)
    run = wxb.train(data, NETWORKS[request.param], epochs=1, threads=1, out=folder / "run")
    examples = data.examples[:5]
    return run, examples, run.predict(examples).scores


def through_pickle(run):
    return pickle.loads(pickle.dumps(run))


def through_torch(run):
    file = io.BytesIO()
    torch.save(run, file)
    return torch.load(io.BytesIO(file.getvalue()), weights_only=False)


def scores_of(run, examples):
    return run.predict(examples).scores


@pytest.mark.parametrize(
    "copied", [lambda run: pickle.loads(pickle.dumps(run)), copy.deepcopy, copy.copy, through_torch]
)
def test_a_run_that_has_predicted_is_copied(copied, used):
    run, examples, scores = used
    assert np.array_equal(scores_of(copied(run), examples), scores)


@pytest.mark.parametrize("copied", [through_pickle, copy.deepcopy, through_torch])
def test_a_model_with_its_head_is_copied(copied, used):
    run, *_ = used
    model = run.model()
    other, head = copied((model, model.head))
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in model.state_dict().items())
    assert head.name == model.head.name


def test_a_run_that_has_predicted_works_in_another_process(used):
    run, examples, scores = used
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.apply(scores_of, (run, examples)), scores)
