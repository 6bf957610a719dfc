"""What the main objects show of themselves: one short, true line."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import wxb


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    data = wxb.load_data("ring", examples=200)
    return wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("runs") / "ring")


def test_data_and_its_split_are_shown_by_their_sizes():
    data = wxb.load_data("ring", examples=200)
    parts = "train 128, validation 22, test 50 (stratified 0.64/0.11/0.25, seed 0)"
    assert repr(data) == f"Dataset(ring: 200 rows of 2 features in 2 classes; {parts})"
    assert repr(data.split) == f"Split({parts})"


def test_a_network_and_its_plan_are_shown_by_their_text():
    network = wxb.read("FC-4-RELU, SOFTMAX")
    assert repr(network) == "read('FC-4-RELU, SOFTMAX')"
    assert repr(wxb.plan(network, (2,), 2)) == "Plan(FC-4-RELU, SOFTMAX    22 parameters, 16 multiply-adds)"


def test_a_run_is_shown_by_its_folder_and_state(run):
    assert repr(run) == f"Run({str(run.path)!r}, finished)"


def test_predictions_are_shown_in_words_the_first_six_of_them(run):
    shown = repr(run.predict(np.zeros((8, 2), np.float32)))
    assert shown.startswith("ClassificationPrediction(")
    assert shown.endswith("; …)")
    assert shown.count("; ") == 6


def test_an_evaluation_is_shown_by_its_main_measure(run):
    evaluation = run.evaluate()
    assert f"{100 * evaluation.accuracy:.1f} %" in repr(evaluation)
    assert repr(evaluation).endswith("of 50)")


def test_a_trial_is_shown_by_its_network_its_data_and_how_far_it_is():
    trial = wxb.Trial(wxb.load_data("ring", examples=200), "FC-4-RELU, SOFTMAX", epochs=1)
    assert repr(trial) == "Trial(FC-4-RELU, SOFTMAX on ring, not begun)"
    trial.train()
    assert repr(trial) == f"Trial(FC-4-RELU, SOFTMAX on ring, step {trial.record.step} of {trial.record.steps})"


# --- in a notebook ----------------------------------------------------------------------------------------------------


def test_a_notebook_shows_data_networks_runs_and_results_as_tables(run):
    data = wxb.load_data("ring", examples=200)
    assert "<th>class</th><th>train</th><th>validation</th><th>test</th>" in data._repr_html_()
    assert "FC-4-RELU, SOFTMAX" in wxb.read("FC-4-RELU, SOFTMAX")._repr_html_()
    assert "22 parameters" in wxb.plan(wxb.read("FC-4-RELU, SOFTMAX"), (2,), 2)._repr_html_()
    assert f"<b>{run.path}, finished</b>" in run._repr_html_()
    assert "<td>parameters</td><td>22</td>" in run._repr_html_()
    predicted = run.predict(np.zeros((30, 2), np.float32))
    assert predicted._repr_html_().count("<tr>") == 22  # head, 20 rows, and how many more
    assert "… and 10 more" in predicted._repr_html_()
    assert "<td>loss</td>" in run.evaluate()._repr_html_()
    series = wxb.seeds(data, "FC-4-RELU, SOFTMAX", 2, epochs=1)
    assert "<td>seed 1</td>" in series._repr_html_()


def test_names_from_files_are_escaped_in_a_notebook():
    name = "<script>alert(1)</script>"
    data = wxb.load_data(np.random.default_rng(0).normal(size=(60, 2)), np.array([name, "b&"] * 30), name=name)
    text = data._repr_html_()
    assert "<script" not in text
    assert "<td>b&amp;</td>" in text
    assert "&lt;script&gt;alert(1)" in text


class Shell:
    kernel = object()


def test_training_shows_its_progress_where_it_is_asked_for_or_in_a_notebook(monkeypatch, capsys, tmp_path):
    data = wxb.load_data("ring", examples=200)

    monkeypatch.chdir(tmp_path)

    def said(**named):
        wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=2, **named)
        return capsys.readouterr()

    assert said().err == ""  # neither a terminal nor a notebook
    assert said(progress=False).err == ""
    first, second = said(progress=True).err.splitlines()
    assert first.startswith("epoch     1 of 2  loss ")
    assert second.startswith("epoch     2 of 2  loss ")
    with pytest.raises(wxb.WxbError, match=r"^`progress=3`: expected True, False or None"):
        said(progress=3)

    drawn = []

    class Handle:
        def update(self, shown, raw):
            drawn.append(shown["text/plain"])

    def display(shown, raw, display_id):
        drawn.append(shown["text/plain"])
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = Shell
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    assert said().err == ""
    assert drawn[-1].startswith("epoch     2 of 2  ████████████████████  loss ")
    drawn.clear()
    said(progress=False)
    assert drawn == []
    Shell.kernel = None
    del Shell.kernel  # IPython in a terminal
    said()
    assert drawn == []
