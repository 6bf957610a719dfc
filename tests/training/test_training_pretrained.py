"""A training that begins with the layers of a trained run: what moves, what is new, and what a person is told."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

import wxb
from wxb.errors import WxbError
from wxb.lessons import transfer
from wxb.network.pretrained import transferred
from wxb.runs.pretrained import read_pretrained
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.training import Training, resume
from wxb.trials.trial import Trial

NETWORK = "CONV3-6-BN-RELU-DROP(0.2)-POOL-RES(CONV3-6-BN-RELU)-FC-12-RELU, SOFTMAX"
BODY = 8  # items before the output layer
FAST = {"steps": 6, "batch_size": 20}


def digits(classes, train=None):
    """The digits of some classes; `train` are as many training examples of each class."""
    data = wxb.load_data("digits")
    rows = np.flatnonzero(np.isin(data.targets, classes))
    targets = np.searchsorted(classes, data.targets[rows])
    made = wxb.load_data(data.examples[rows], targets, classes=[str(one) for one in classes], name="digits")
    if train is None:
        return made
    split = made.split
    few = np.concatenate([split.train[made.targets[split.train] == place][:train] for place in range(len(classes))])
    return dataclasses.replace(made, split=dataclasses.replace(split, train=np.sort(few)))


LOW, HIGH = (0, 1, 2, 3, 4), (5, 6, 7)


@pytest.fixture(scope="module")
def low(tmp_path_factory):
    return wxb.train(digits(LOW), NETWORK, out=tmp_path_factory.mktemp("runs") / "low", **FAST)


@pytest.fixture(scope="module")
def high():
    return digits(HIGH)


def weights(run):
    return load_file(run.path / "weights.safetensors")


# --- what a person has to know ---


def known(trial):
    return [note for note in trial.notes if "learned from" in note]


def test_test_examples_that_the_run_learned_from_are_told(tmp_path):
    data = wxb.load_data("digits")
    run = wxb.train(data, "FC-8-RELU, SOFTMAX", out=tmp_path / "run", **FAST)
    assert known(Trial(data, pretrained=run, **FAST)) == []
    (note,) = known(Trial(wxb.load_data("digits", seed=1), pretrained=run, **FAST))
    both = np.isin(wxb.load_data("digits", seed=1).split.test, data.split.train).sum()
    assert f"learned from {both} of the 449 test examples, so" in note
    x, y = data.examples, data.targets
    arrays = wxb.train(wxb.load_data(x, y), "FC-8-RELU, SOFTMAX", out=tmp_path / "arrays", **FAST)
    assert known(Trial(wxb.load_data(x, y, seed=1), pretrained=arrays, **FAST))
    assert known(Trial(wxb.load_data(x[::-1], y[::-1], seed=1), pretrained=arrays, **FAST)) == []


def test_what_was_learned_without_labels_is_told_as_that(tmp_path):
    data = wxb.load_data("digits")
    code = wxb.train(data, "FC-16-RELU-FC-8, SELF", out=tmp_path / "code", **FAST)
    (note,) = known(Trial(wxb.load_data("digits", seed=1), pretrained=code, **FAST))
    assert "(without labels)" in note


@pytest.mark.parametrize(("change", "told"), [(lambda x: x, False), (lambda x: x / 8, True), (lambda x: x + 9, True)])
def test_inputs_on_another_scale_are_told(change, told, tmp_path):
    data = wxb.load_data("digits")
    x = data.examples.astype(np.float32)
    run = wxb.train(wxb.load_data(x, data.targets), "FC-8-RELU, SOFTMAX", out=tmp_path / "run", **FAST)
    trial = Trial(wxb.load_data(change(x)[::-1], data.targets[::-1]), pretrained=run, **FAST)
    assert any("another scale" in note for note in trial.notes) is told


def test_a_run_remembers_what_has_to_be_known(tmp_path):
    run = wxb.train(wxb.load_data("digits"), "FC-8-RELU, SOFTMAX", out=tmp_path / "run", **FAST)
    moved = wxb.train(wxb.load_data("digits", seed=1), pretrained=run, out=tmp_path / "moved", **FAST)
    (note,) = moved.summary.pretrained.notes
    assert note in moved.report.warnings


# --- what moves ---


def test_every_layer_before_the_output_layer_begins_with_the_weights_of_the_run(low, high):
    trial = Trial(high, pretrained=low, **FAST)
    stored, own = weights(low), trial.model.state_dict()
    body = transferred(trial.model, trial.transferred)
    assert len(trial.transferred) == BODY
    assert {name for name in own if name not in body} == {"9.FC-3.weight", "9.FC-3.bias", "scale.mean", "scale.std"}
    assert any("running_var" in name for name in body)
    assert all(torch.equal(own[name], stored[name]) for name in body)


def test_the_output_layer_begins_as_from_scratch(low, high):
    begun, scratch = Trial(high, pretrained=low, **FAST), Trial(high, NETWORK, **FAST)
    assert torch.equal(begun.model.state_dict()["9.FC-3.weight"], scratch.model.state_dict()["9.FC-3.weight"])
    assert begun.plan == scratch.plan


def test_inputs_are_scaled_as_the_weights_expect(low, high):
    dark = dataclasses.replace(high, examples=high.examples // 2)
    scale = Trial(dark, pretrained=low, **FAST).model.scale
    assert torch.equal(scale.mean, weights(low)["scale.mean"])
    assert torch.equal(scale.std, weights(low)["scale.std"])
    with pytest.raises(WxbError, match=r'(?s)`normalize="range"` contradicts `pretrained`.*leave `normalize` out'):
        Trial(dark, pretrained=low, normalize="range")


def test_a_network_may_go_on_after_the_body_or_stop_within_it(low, high):
    longer = Trial(high, NETWORK.replace("FC-12-RELU", "FC-12-RELU-FC-9-TANH"), pretrained=low, **FAST)
    assert len(longer.transferred) == BODY
    assert "9.FC-9, 11.FC-3 are new, 1.CONV3-6 to 8.RELU begin with" in longer.beginning
    shorter = Trial(high, "CONV3-6-BN-RELU-GAP, SVM".replace("-GAP", ""), pretrained=low, **FAST)
    assert shorter.transferred == ("1.CONV3-6", "2.BN", "3.RELU")


@pytest.mark.parametrize(
    ("network", "place"),
    [
        ("CONV3-5-BN-RELU, SOFTMAX", "1.CONV3-5"),
        (NETWORK.replace("POOL", "AVGPOOL"), "5.AVGPOOL2"),
        ("CONV3-6-BN-RELU-FC-4-RELU, SOFTMAX", "4.FC-4"),
        ("SOFTMAX", "its output layer"),
    ],
)
def test_another_network_is_refused_with_both_and_where_they_part(low, high, network, place):
    with pytest.raises(WxbError) as error:
        Trial(high, network, pretrained=low)
    assert error.value.what.endswith(f"they part at {place}")
    assert wxb.read(low.summary.network).short() in error.value.detail
    assert "leave the network out" in error.value.fix
    way_out = error.value.fix.split('"')[1]
    assert Trial(high, way_out, pretrained=low, **FAST).transferred


def test_another_kind_of_target_gets_a_head_that_learns_it(low, high):
    numbers = wxb.load_data(high.examples, high.targets.astype(np.float32)[:, None], task="regression")
    trial = Trial(numbers, pretrained=low, **FAST)
    assert trial.plan.head == "EUCLID"
    assert len(trial.transferred) == BODY


def test_what_was_learned_without_labels_moves_up_to_its_code(high, tmp_path):
    run = wxb.train(digits(LOW), "FC-10-RELU-FC-4, SELF", out=tmp_path / "self", **FAST)
    trial = Trial(high, pretrained=run, **FAST)
    assert trial.plan.network.short() == "FC-10-RELU-FC-4-FC-C, SOFTMAX"
    assert trial.transferred == ("1.FC-10", "2.RELU", "3.FC-4")
    assert torch.equal(trial.model.state_dict()["3.FC-4.weight"], weights(run)["3.FC-4.weight"])


def test_a_body_can_learn_its_inputs(low, high, tmp_path):
    flat = wxb.train(digits(LOW), "FC-10-RELU-FC-4-RELU, SOFTMAX", out=tmp_path / "flat", **FAST)
    trial = Trial(high, "FC-10-RELU-FC-4-RELU, SELF", pretrained=flat, **FAST)
    assert trial.transferred[:3] == ("1.FC-10", "2.RELU", "3.FC-4")


def test_a_team_moves_without_the_output_layers_of_its_members(high, tmp_path):
    run = wxb.train(digits(LOW), "FC-10-RELU-TEAM-2x3(FC-8-RELU), SOFTMAX", out=tmp_path / "team", **FAST)
    trial = Trial(high, pretrained=run, freeze=True, **FAST)
    own, stored = trial.model.state_dict(), weights(run)
    assert trial.transferred == ("1.FC-10", "2.RELU", "3.TEAM")
    assert torch.equal(own["3.TEAM.factors"], stored["3.TEAM.factors"])
    assert own["3.TEAM.1.3.FC-3.weight"].shape != stored["3.TEAM.1.3.FC-5.weight"].shape
    learned = {name for name, weight in trial.model.named_parameters() if weight.requires_grad}
    assert learned == {f"3.TEAM.{group}.3.FC-3.{kind}" for group in (1, 2) for kind in ("weight", "bias")}
    trial.train()
    assert torch.equal(trial.model.state_dict()["3.TEAM.factors"], stored["3.TEAM.factors"])


def test_designed_features_stay_as_they_were_fitted(high, tmp_path):
    run = wxb.train(digits(LOW), "BOW-8-FC-6-RELU, SOFTMAX", out=tmp_path / "bow", **FAST)
    few = digits(HIGH, train=2)  # too few to fit visual words to
    moved = wxb.train(few, pretrained=run, out=tmp_path / "moved", **FAST)
    features = {name: tensor for name, tensor in weights(run).items() if name.startswith("1.BOW")}
    assert features
    assert all(torch.equal(weights(moved)[name], tensor) for name, tensor in features.items())


def test_with_few_examples_what_was_learned_before_beats_random_weights():
    rows = [row for seed in range(3) for row in transfer.measure(("question", 5), seed, steps=100, pairs=4)]
    scratch, tuned, frozen = (np.mean([row[way] for row in rows]) for way in ("scratch", "tuned", "frozen"))
    assert tuned > scratch + 0.02
    assert frozen > scratch + 0.02


# --- freeze ---


def test_frozen_layers_and_their_running_statistics_do_not_change_by_a_bit(low, high, tmp_path):
    run = wxb.train(
        high,
        pretrained=low,
        freeze=True,
        out=tmp_path / "frozen",
        l2=0.01,
        ema=0.9,
        clip=1.0,
        augment="shift-1",
        **FAST,
    )
    before, after = weights(low), weights(run)
    changed = {name for name in after if name not in before or not torch.equal(after[name], before[name])}
    assert changed == {"9.FC-3.weight", "9.FC-3.bias"}


def test_without_freeze_every_weight_learns(low, high, tmp_path):
    before, after = weights(low), weights(wxb.train(high, pretrained=low, out=tmp_path / "tuned", **FAST))
    same = {name for name in after if name in before and torch.equal(after[name], before[name])}
    assert same == {"scale.mean", "scale.std"}


def test_a_frozen_body_drops_nothing_out(low, high):
    model = Trial(high, pretrained=low, freeze=True, **FAST).model.train()
    x = torch.from_numpy(high.examples[:20])
    assert model.training
    assert torch.equal(model(x), model(x))
    assert not torch.equal(*(Trial(high, pretrained=low, **FAST).model.train()(x) for _ in range(2)))


def test_freeze_needs_what_to_freeze(high):
    with pytest.raises(WxbError, match="`freeze` needs `pretrained`"):
        Trial(high, NETWORK, freeze=True)


@pytest.mark.parametrize("other", [{"initialization": "identity"}, {"first_layer": "whitened"}])
def test_layers_begin_in_one_way(low, high, other):
    with pytest.raises(WxbError, match="and `pretrained` both say how the first layer begins"):
        Trial(high, pretrained=low, **other)


# --- runs ---


def stopped(data, step, out, **options):
    training = Training(data, options={**FAST, **options}, out=out)
    for record in training:
        if record.step == step:
            training.stop()
            return


@settings(max_examples=4)
@given(step=st.integers(1, 5), freeze=st.booleans())
def test_resumed_it_has_the_bits_of_an_undisturbed_training_and_needs_the_run_no_more(
    low, high, step, freeze, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("resumed")
    copy = shutil.copytree(low.path, folder / "copy")
    options = {"pretrained": str(copy), "freeze": freeze, "optimizer": "adamw", "ema": 0.9}
    whole = wxb.train(high, out=folder / "whole", **FAST, **options)
    stopped(high, step, folder / "parts", **options)
    shutil.rmtree(copy)
    resumed = resume(folder / "parts", high)
    assert all(torch.equal(tensor, weights(resumed)[name]) for name, tensor in weights(whole).items())
    assert [line.train_loss for line in resumed.history] == [line.train_loss for line in whole.history]
    assert resumed.summary.pretrained == whole.summary.pretrained


def killed_at_once(data, run, out):
    """A run that was written, and ended before its first checkpoint."""
    training = Training(data, options={**FAST, "pretrained": run}, out=out)
    training.run = training._create()
    training.run.stop()


def test_before_the_first_checkpoint_the_same_weights_are_read_again(low, high, tmp_path):
    copy = shutil.copytree(low.path, tmp_path / "copy")
    whole = wxb.train(high, pretrained=copy, out=tmp_path / "whole", **FAST)
    killed_at_once(high, copy, tmp_path / "killed")
    resumed = weights(resume(tmp_path / "killed", high))
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in weights(whole).items())


def test_before_the_first_checkpoint_other_weights_are_refused(low, high, tmp_path):
    copy = shutil.copytree(low.path, tmp_path / "copy")
    killed_at_once(high, copy, tmp_path / "killed")
    shutil.rmtree(copy)
    with pytest.raises(
        WxbError, match=r"(?s)killed begins with the weights of .*: there is no run .*`?--pretrained RUN"
    ):
        resume(tmp_path / "killed", high)
    wxb.train(digits(LOW), NETWORK, out=copy, seed=1, **FAST)
    with pytest.raises(WxbError, match=r"(?s)has other weights than when .* began.*wxb train --config"):
        resume(tmp_path / "killed", high)


def test_a_run_remembers_what_it_began_with_and_is_a_whole_run(low, high, tmp_path):
    run = wxb.train(high, pretrained=low, out=tmp_path / "run", **FAST)
    began = run.summary.pretrained
    assert (began.run, began.weights) == (str(low.path), low.manifest["weights.safetensors"])
    assert began.layers[0] == "1.CONV3-6"
    assert (run.settings["pretrained"], run.settings["freeze"]) == (str(low.path), False)
    assert str(low.path) in run.text("report.md").replace("\\", "")
    assert verify(run.path, high).ok
    again = Run.open(run.path)
    assert again.evaluate(high).accuracy == run.report.test["accuracy"]
    assert "pretrained" in wxb.compare([wxb.train(high, NETWORK, out=tmp_path / "other", **FAST), run], high).settings


def test_the_same_call_gives_the_same_bits(low, high, tmp_path):
    first, second = (wxb.train(high, pretrained=low, out=tmp_path / name, **FAST) for name in ("a", "b"))
    assert all(torch.equal(tensor, weights(second)[name]) for name, tensor in weights(first).items())


def test_every_trial_of_a_series_begins_with_the_weights(low, high):
    series = wxb.folds(high, count=2, pretrained=low, freeze=True, **FAST)
    assert len(series.scores) == 2
    with pytest.raises(WxbError, match="they part at"):
        wxb.seeds(high, "FC-9-RELU, SOFTMAX", 2, pretrained=low)


# --- what cannot be moved ---


def test_other_inputs_are_refused_with_both_shapes(low):
    with pytest.raises(
        WxbError, match=r"(?s)expected pictures 1x8x8, found rows 2\n  fix: a run that learned from rows"
    ):
        Trial(wxb.load_data("ring"), pretrained=low)
    wide = wxb.load_data(np.random.default_rng(0).integers(0, 9, (40, 1, 9, 9), np.uint8), np.arange(40) % 2)
    with pytest.raises(WxbError, match=r"(?s)expected pictures 1x8x8, found pictures 1x9x9\n.*`size=8`"):
        Trial(wide, pretrained=low)


def test_floats_are_no_bytes(low, high):
    floats = dataclasses.replace(high, examples=high.examples.astype(np.float32) / 16)
    with pytest.raises(WxbError, match=r"(?s)numbers of another kind.*expected bytes, found floats"):
        Trial(floats, pretrained=low)


def test_a_linear_network_has_nothing_to_move(high, tmp_path):
    run = wxb.train(digits(LOW), "SOFTMAX", out=tmp_path / "linear", **FAST)
    with pytest.raises(WxbError, match="has no layer to begin with"):
        Trial(high, pretrained=run)


def test_tables_and_texts_are_refused(low, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("x,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(40)))
    table = wxb.load_data(str(file), target="y")
    with pytest.raises(WxbError, match=r"(?s)`pretrained` is not for tables, such as table\n.*by its own columns"):
        Trial(table, pretrained=low)
    run = wxb.train(table, "FC-4-RELU, SOFTMAX", out=tmp_path / "run", **FAST)
    with pytest.raises(WxbError, match="cannot be `pretrained`: its network reads a table by its own columns"):
        read_pretrained(run.path)
    with pytest.raises(WxbError, match=r"(?s)`pretrained` is not for texts, such as names\n.*by its own words"):
        Trial(wxb.load_data("names"), pretrained=low)
    names = wxb.train(wxb.load_data("names"), out=tmp_path / "names", steps=2)
    with pytest.raises(WxbError, match="cannot be `pretrained`: its network reads"):
        read_pretrained(names.path)


def test_a_run_that_has_not_finished_or_was_changed_is_refused(low, high, tmp_path):
    stopped(high, 2, tmp_path / "stopped", pretrained=str(low.path))
    with pytest.raises(WxbError, match="has no final weights yet: it was stopped at step 2 of 6"):
        Trial(high, pretrained=tmp_path / "stopped")
    copy = shutil.copytree(low.path, tmp_path / "copy")
    (copy / "weights.safetensors").write_bytes((copy / "weights.safetensors").read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(WxbError, match="was changed after the run had finished"):
        Trial(high, pretrained=copy)


def test_what_is_no_path_is_refused(high):
    for value in (3, "", b"run"):
        with pytest.raises(WxbError, match="expected the folder of a run, or none"):
            Trial(high, pretrained=value)
