"""The public functions: a mistake in their arguments is a WxbError that names the argument."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb.errors import WxbError

NET = "FC-4-RELU, SOFTMAX"
STRANGE = [3, 2.5, True, b"x", object(), {"a": 1}, [1, 2], "", np.zeros(3)]


def kind(value):
    """A name of a case that is the same in every process."""
    return f"{type(value).__name__} {value}"[:20] if type(value) is not object else "object"


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=100)


@pytest.fixture(scope="module")
def run(ring, tmp_path_factory):
    return wxb.train(ring, NET, epochs=1, out=tmp_path_factory.mktemp("runs") / "ring")


def refused(call, *values, **named):
    with pytest.raises(WxbError) as error:
        call(*values, **named)
    return error.value


@pytest.mark.parametrize("strange", [*STRANGE, None, "digits"], ids=kind)
def test_what_is_no_data_set_is_refused_by_every_function_that_takes_one(strange, run):
    model = wxb.build(NET, input_shape=(2,), outputs=2)
    calls = (
        lambda: wxb.train(strange, NET),
        lambda: wxb.Trial(strange, NET),
        lambda: wxb.seeds(strange, NET, 2),
        lambda: wxb.folds(strange, NET, 2),
        lambda: wxb.pairs(strange, {}, {}),
        lambda: wxb.resume(run, strange),
        lambda: wxb.learn(model, strange, wxb.Recipe()),
    )
    for call in calls:
        assert refused(call).what.startswith("`data=")
    if isinstance(strange, str) and strange:
        assert refused(calls[0]).fix == 'wxb.load_data("digits")'
    if strange is not None:
        refused(wxb.build, NET, strange)
        if not isinstance(strange, str):
            refused(run.evaluate, strange)


@pytest.mark.parametrize("strange", STRANGE, ids=kind)
def test_what_is_no_network_is_refused_by_every_function_that_takes_one(strange, ring):
    for call in (wxb.train, wxb.Trial, wxb.seeds, wxb.folds):
        refused(call, ring, strange)
    refused(wxb.read, strange)
    refused(wxb.build, strange, ring)
    refused(wxb.plan, strange, (2,), 2)
    refused(wxb.pairs, ring, {"network": strange}, {})
    refused(wxb.pairs, ring, {}, {"network": strange}, time=1000)


@pytest.mark.parametrize("strange", [3, "N=2", [1], {"N": "2"}, {"N": True}, {1: 2}, {"N": None}], ids=kind)
def test_strange_bindings_are_refused(strange, ring):
    network = "(FC-4-RELU)*N, SOFTMAX"
    refused(wxb.train, ring, network, bindings=strange)
    refused(wxb.plan, wxb.read(network), (2,), 2, strange)
    refused(wxb.build, network, ring, bindings=strange)


@pytest.mark.parametrize("strange", [*STRANGE, None], ids=kind)
def test_what_is_no_run_is_refused(strange, ring, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(wxb.Run.open, strange)
    refused(wxb.resume, strange, ring)
    refused(wxb.compare, strange)
    refused(wxb.compare, [strange, strange])


def test_runs_to_compare_are_a_list_and_not_the_letters_of_a_path():
    assert refused(wxb.compare, "runs/digits").what.startswith('`runs="runs/digits"`: expected several runs')


@pytest.mark.parametrize("strange", ["foo", "", 3, None, "tests", ["test"]], ids=kind)
def test_a_part_that_is_none_is_refused_with_the_parts(strange, ring, run):
    trial = wxb.Trial(ring, NET)
    for call in (trial.score, ring.part, ring.split.part):
        problem = refused(call, strange)
        assert "expected train, validation or test" in problem.what
    if strange is not None:
        assert "expected train, validation, test or all" in refused(run.evaluate, part=strange).what
    assert refused(trial.score, "tests").fix == '`part="test"`'
    for most in (0, -1, "3", 1.5):
        refused(trial.score, "test", most)


@pytest.mark.parametrize(
    "strange", [None, 3, 2.5, True, b"x", object(), {"a": 1}, "", [], [[]], np.float32(3)], ids=kind
)
def test_what_is_no_data_is_refused_as_the_source(strange):
    refused(wxb.load_data, strange)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (wxb.load_data, "exampels"),
        (wxb.train, "epoch"),
        (wxb.Trial, "epoch"),
        (wxb.seeds, "epoch"),
        (wxb.folds, "epoch"),
        (wxb.pairs, "tim"),
        (wxb.build, "normalise"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(call, name):
    first = "ring" if call is wxb.load_data else None
    problem = refused(call, first, **{name: 1})
    assert problem.what.startswith(f"{name} is not a setting; ")


def test_a_recipe_refuses_an_unknown_name():
    assert refused(wxb.Recipe, epoch=1).what == "epoch is not a setting; epochs is"
    assert refused(wxb.Recipe, 1, 2, 3, *range(60)).what.startswith("Recipe: too many positional arguments")


def test_a_name_that_is_like_no_other_is_refused_without_a_guess(ring):
    assert refused(wxb.train, ring, events=()).what == "events is not a setting"
    assert refused(wxb.Trial, ring, options={"epochs": 1}).what == "options is not a setting"


def test_a_setting_of_another_function_is_said_to_be_its(ring):
    for name in ("target", "task", "examples", "split"):
        assert (
            refused(wxb.train, ring, **{name: "x"}).what == f"{name} is a setting of load_data, and is not taken here"
        )
    for name in ("epochs", "out", "time"):
        assert (
            refused(wxb.load_data, "ring", **{name: 1}).what == f"{name} is a setting of train, and is not taken here"
        )
    assert refused(wxb.Trial, ring, out="x").what == "out is a setting of train, and is not taken here"


def test_a_missing_argument_is_said():
    assert refused(wxb.train).what == "train: missing a required argument: 'data'"
    assert refused(wxb.Trial).what == "Trial: missing a required argument: 'data'"


@pytest.mark.parametrize("name", ["out", "optimizer", "schedule", "augment", "device"])
def test_an_empty_text_is_no_value(name, ring):
    assert refused(wxb.train, ring, NET, **{name: ""}).what.startswith(f'`{name}=""`: expected')


@pytest.mark.parametrize("name", ["target", "task", "data_dir", "fill", "name", "classes"])
def test_an_empty_text_is_no_value_of_load_data(name):
    assert refused(wxb.load_data, "ring", **{name: ""}).what.startswith(f'`{name}=""`: expected')


def test_a_switch_is_explained_as_python_writes_it(ring):
    assert refused(wxb.train, ring, shuffle="no").what == '`shuffle="no"`: expected `shuffle=True` or `shuffle=False`'


@pytest.mark.parametrize("call", [wxb.train, wxb.Trial, wxb.seeds, wxb.folds])
def test_two_settings_that_say_when_a_training_ends_are_refused(call, ring):
    pairs = [{"epochs": 3, "steps": 10}]
    if call in (wxb.train, wxb.Trial):  # of a series `time` is a limit for all trainings together
        pairs += [{"time": 5, "steps": 10}, {"time": "5s", "epochs": 3}]
    for pair in pairs:
        problem = refused(call, ring, NET, **pair)
        assert "both say when training ends" in problem.what
        assert all(f"`{name}`" in problem.what for name in pair)


def test_a_time_is_a_text_or_a_number_everywhere(ring):
    for time in ("1h", 3600, 3600.0):
        assert len(wxb.seeds(ring, NET, 2, time=time, steps=1).outcomes) == 2
        assert len(wxb.folds(ring, NET, 2, time=time, steps=1).outcomes) == 2
        assert len(wxb.pairs(ring, {"steps": 1}, {"steps": 2}, 1, time=time).first.outcomes) == 1
    assert wxb.Trial(ring, NET, time="4s").steps > 0
    for call in (wxb.train, wxb.Trial, wxb.seeds, wxb.folds):
        assert refused(call, ring, NET, time="soon").what.startswith('`time="soon"`: expected a time of up to a year')


def test_both_sides_of_pairs_are_looked_at_before_the_first_training(ring, monkeypatch):
    monkeypatch.setattr("wxb.trials.series.outcomes", lambda *made, **limits: pytest.fail("trained"))
    for wrong in ({"epoch": 1}, {"epochs": 0}, {"network": "FC-RELUU, SOFTMAX"}, 3, {"data": ring}, {"seed": 2}):
        refused(wxb.pairs, ring, {}, wrong)
        refused(wxb.pairs, ring, wrong, {})


@pytest.mark.parametrize(
    "strange", [3, "111", [], [3], ["x"], [["a"]], [None], ["11", "1"], None, [[]], [{}], object()], ids=kind
)
def test_a_neuron_is_taught_patterns_only(strange):
    refused(wxb.neuron, strange)
    if strange != []:
        refused(wxb.neuron, ["10"], strange)
    if strange != "111":
        refused(wxb.neuron(["10"]).ask, strange)
