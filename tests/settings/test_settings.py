"""The table of settings: every setting once, checked alike wherever a value comes from."""

from __future__ import annotations

import ast
import inspect
import math
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import wxb
from wxb.errors import WxbError
from wxb.learning.recipe import Recipe
from wxb.settings import DATA, RECIPE, RENAMED, RENAMED_VALUES, SETTINGS, Bounds, check_together, validate
from wxb.settings.python import RecipeOptions
from wxb.trials.series import folds, seeds

SOURCES = Path(wxb.__file__).parent
WIDER = {"pretrained": "str | PathLike[str] | HasPath | None"}  # what Python also takes
WITH_BOUNDS = [setting for setting in SETTINGS.values() if setting.bounds]
WITH_CHOICES = [setting for setting in SETTINGS.values() if setting.choices]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_a_setting_takes_its_default_in_its_own_type_and_as_text(setting):
    assert SETTINGS[setting.name] is setting
    if setting.default is None:
        return
    assert setting.validate(setting.default) == setting.default
    assert type(setting.validate(setting.default)) is type(setting.default) is setting.type
    if setting.type is not bool:
        text = ",".join(map(str, setting.default)) if setting.type is tuple else str(setting.default)
        assert setting.read(text) == setting.default


def test_a_number_has_finite_bounds_and_every_other_setting_choices_a_form_or_any_text():
    for setting in SETTINGS.values():
        if setting.type in (int, float) and setting.form is None:
            assert setting.bounds is not None, setting.name
            assert math.isfinite(setting.bounds.least), setting.name
            assert math.isfinite(setting.bounds.most), setting.name
    free = {one.name for one in SETTINGS.values() if one.type is str and not (one.choices or one.form)}
    assert free == {"name"}


@pytest.mark.parametrize("setting", WITH_BOUNDS, ids=lambda setting: setting.name)
def test_numbers_outside_the_bounds_are_refused_with_the_bounds(setting):
    bounds = setting.bounds
    inside = [value for value in (bounds.least, bounds.most) if value in bounds]
    assert [setting.validate(value) for value in inside] == inside
    outside = [bounds.least - 1, bounds.most + 1, math.inf, -math.inf, math.nan, 10**400, "1", None, True, [1]]
    for value in [*outside, *({bounds.least, bounds.most} - set(inside))]:
        with pytest.raises(WxbError) as error:
            setting.validate(value)
        assert error.value.what.startswith(f"`{setting.name}=")
        assert str(bounds) in error.value.what


@pytest.mark.parametrize("setting", WITH_CHOICES, ids=lambda setting: setting.name)
def test_a_word_that_is_no_choice_is_refused_with_the_choices_and_the_nearest(setting):
    for choice in setting.choices:
        assert setting.validate(choice) == choice
    with pytest.raises(WxbError) as error:
        setting.validate(setting.choices[-1] + "x")
    assert all(choice in error.value.what for choice in setting.choices)
    assert error.value.fix == f'`{setting.name}="{setting.choices[-1]}"`'


def test_numbers_of_other_libraries_become_python_s_own():
    assert type(validate("epochs", np.int64(3))) is int
    assert type(validate("learning_rate", np.float32(0.5))) is float
    assert type(validate("learning_rate", 1)) is float


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("90", 90), ("1.5", 1.5), ("45s", 45), ("10m", 600), ("1h30m", 5400), ("2H", 7200), (30, 30), (0.5, 0.5)],
)
def test_a_time_is_read_as_seconds(value, seconds):
    assert validate("time", value) == seconds


@pytest.mark.parametrize("value", ["", "0", "0m", "soon", "-5", "10 m", "1m2h", "1e3", 0, -1, 10**99, math.nan, True])
def test_what_is_no_time_is_refused(value):
    with pytest.raises(WxbError, match=r"^`time=.*`: expected a time of up to a year, such as 30s, 10m or 1h30m"):
        validate("time", value)


@pytest.mark.parametrize("value", ["", "turn", "flip,", "shift", "shift--1", "shift-1000", 3, None])
def test_what_is_no_augmentation_is_refused(value):
    with pytest.raises(WxbError, match=r"^`augment=.*`: expected none, flip, shift-N or flip,shift-N"):
        validate("augment", value)


@pytest.mark.parametrize("value", ["gpu", "cpu:-1", "cpu:0", "cuda:", "cuda:-1", "", 0])
def test_what_is_no_device_is_refused(value):
    with pytest.raises(WxbError, match=r"^`device=.*`: expected auto, cpu, cuda, cuda:1 or mps\n  fix: `device=\"auto"):
        validate("device", value)


def test_a_number_of_thousands_of_digits_is_refused():
    for value in (10**5_000, -(10**5_000)):
        with pytest.raises(
            WxbError, match=r"^`epochs=a number of thousands of digits`: expected a whole number from 1"
        ):
            validate("epochs", value)
    with pytest.raises(WxbError, match=r"^`learning_rate=\"9999"):
        SETTINGS["learning_rate"].read("9" * 5_000)


def test_a_long_value_is_shown_shortened_and_on_one_line():
    with pytest.raises(WxbError) as error:
        validate("epochs", "1`\n" * 2_000)
    assert len(error.value.what) < 150
    assert "\n" not in error.value.what
    assert error.value.what.count("`") == 2


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"optimizer": "adam", "momentum": 0.9}, "`momentum` has no effect with the optimizer adam"),
        ({"weight_decay": 0.1, "l2": 0.1}, "`weight_decay` and `l2` are two forms of the same penalty"),
        ({"elastic_beta": 0.1, "l1": 0.0}, "`elastic_beta` needs `l1`, the λ of its penalty λΣ(βW² + |W|)"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(values, what):
    with pytest.raises(WxbError) as error:
        check_together(values)
    assert error.value.what == what


# --- one table, many adapters -----------------------------------------------------------------------------------------


def test_the_fields_of_the_recipe_are_the_settings_of_training():
    assert {field.name: field.default for field in fields(Recipe)} == {
        setting.name: setting.default for setting in RECIPE.values()
    }
    assert [(field.name, field.type) for field in fields(Recipe)] == [
        (setting.name, setting.type.__name__) for setting in RECIPE.values()
    ]


@pytest.mark.parametrize("setting", RECIPE.values(), ids=lambda setting: setting.name)
def test_a_recipe_refuses_what_its_settings_refuse(setting):
    with pytest.raises(WxbError) as error:
        Recipe(**{setting.name: object()})
    assert error.value.what.startswith(f"`{setting.name}=<object object at")


def test_load_data_has_every_setting_of_the_data_with_its_default():
    parameters = inspect.signature(wxb.load_data).parameters
    assert set(parameters) - set(DATA) == {"source", "targets", "like", "seed"}
    assert set(DATA) - set(parameters) == {"data_seed"}  # it is `seed` here
    for name in set(parameters) & set(SETTINGS):
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[name].default == SETTINGS[name].default, name
    assert inspect.signature(wxb.load_data).return_annotation == "Dataset"


@pytest.mark.parametrize("function", [wxb.train, seeds, folds], ids=lambda function: function.__name__)
def test_the_signature_of_a_training_shows_every_setting_of_its_recipe(function):
    parameters = inspect.signature(function).parameters
    assert all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    assert [name for name in parameters if name in RECIPE] == list(RECIPE)
    for name, setting in RECIPE.items():
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[name].default == (None if setting.fitted else setting.default)
        assert parameters[name].annotation == setting.type.__name__ + (" | None" if setting.fitted else "")


def test_the_types_of_the_recipe_s_keywords_are_those_of_its_settings():
    options = {name: hint.__forward_arg__ for name, hint in RecipeOptions.__annotations__.items()}
    assert list(options.items()) == [
        (setting.name, WIDER.get(setting.name, setting.type.__name__) + (" | None" if setting.fitted else ""))
        for setting in RECIPE.values()
    ]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"epoch": 1}, "epoch is not a setting; epochs is"),
        ({"option": 1}, "option is not a setting"),
        ({"optimizer": "adma"}, f'`optimizer="adma"`: expected {SETTINGS["optimizer"].expected}'),
        ({"learning_rate": "0.1"}, '`learning_rate="0.1"`: expected a number above 0 and at most 1,000'),
        ({"shuffle": None}, "`shuffle=None`: expected `shuffle=True` or `shuffle=False`"),
        ({"time": "soon"}, f'`time="soon"`: expected {SETTINGS["time"].expected}'),
        ({"time": 60, "epochs": 3}, "`time` and `epochs` both say when training ends"),
        ({"momentum": 0.9, "optimizer": "adam"}, "`momentum` has no effect with the optimizer adam"),
    ],
    ids=str,
)
def test_train_refuses_a_wrong_setting_before_it_writes_anything(options, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WxbError) as error:
        wxb.train(wxb.load_data("ring", examples=100), "SOFTMAX", **options)
    assert error.value.what.startswith(what)
    assert list(tmp_path.iterdir()) == []


def test_none_leaves_the_choice_to_train(tmp_path):
    data = wxb.load_data("ring", examples=100)
    run = wxb.train(data, "SOFTMAX", out=tmp_path / "run", epochs=1, optimizer=None, learning_rate=None)
    assert (run.settings["optimizer"], run.settings["learning_rate"]) == ("adamw", 0.003)


def test_none_begins_with_no_pretrained_run(tmp_path):
    data = wxb.load_data("ring", examples=100)
    run = wxb.train(data, "SOFTMAX", out=tmp_path / "run", epochs=1, pretrained=None)
    assert run.settings["pretrained"] == "none"
    with pytest.raises(WxbError, match="`freeze` needs `pretrained`"):
        wxb.train(data, "SOFTMAX", pretrained=None, freeze=True)


def test_a_keyword_that_is_no_setting_is_refused_with_the_nearest():
    with pytest.raises(WxbError, match=r"^nois is not a setting; noise is$"):
        wxb.load_data("ring", nois=0.1)


def test_names_that_were_renamed_are_settings_no_more_and_their_new_ones_are():
    assert not set(RENAMED) & set(SETTINGS)
    assert set(RENAMED.values()) <= set(SETTINGS)
    for name, values in RENAMED_VALUES.items():
        assert set(values.values()) <= set(SETTINGS[RENAMED.get(name, name)].choices)


def literals(tree):
    """Every collection of texts in a syntax tree, as a set, with its line."""
    annotations = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]  # Literal["mean", "sum"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List | ast.Set) and node not in annotations:
            texts = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            if len(texts) > 1:
                yield set(texts), node.lineno


def test_choices_are_written_once():
    again = [
        f"{path.relative_to(SOURCES)}:{line} has the choices of {setting.name}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path.parent.name != "settings"
        for texts, line in literals(ast.parse(path.read_text()))
        for setting in WITH_CHOICES
        if setting.name != "task" and texts == set(setting.choices)  # a head names the tasks that it learns
    ]
    assert again == []


def test_bounds_are_written_once():
    bounds = {setting.name: {setting.bounds.least, setting.bounds.most} - {0, 1} for setting in WITH_BOUNDS}
    again = []
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and path.parent.name != "settings":  # `if not 1 <= size <= 1024`
                limits = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
                names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                again += [
                    f"{path.relative_to(SOURCES)}:{node.lineno}" for one in names if limits & bounds.get(one, set())
                ]
    assert again == []


def test_bounds_say_which_ends_belong_to_them():
    assert [value in Bounds(0, 1) for value in (0, 1)] == [True, True]
    assert [value in Bounds(0, 1, above=True, below=True) for value in (0, 0.5, 1)] == [False, True, False]
    assert [str(Bounds(0, 1)), str(Bounds(0, 1_000, above=True)), str(Bounds(0, 1, below=True))] == [
        "0 to 1", "above 0 and at most 1,000", "0 to below 1",
    ]  # fmt: skip


OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def texts_of(path):
    """Every text of a module with its line, docstrings left out; the parts of an f-string are one text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (parts | docs):
            yield node.lineno, node.value


# the spelling itself, the variables of a style sheet, and what makes whole commands
SPELLING = (
    "settings/spelling.py",
    "views/drawing.py",
    "views/table.py",
    "page/trainings.py",
    "page/playground.py",
    "page/doctor.py",
)


def test_no_message_spells_an_option_outside_the_command_line():
    """Except in a whole command: "wxb train --config FILE"."""
    spelled = [
        f"{path.relative_to(SOURCES)}:{line}: {text}"
        for path in sorted(SOURCES.rglob("*.py"))
        if "cli" not in path.relative_to(SOURCES).parts and path.relative_to(SOURCES).as_posix() not in SPELLING
        for line, text in texts_of(path)
        for option in OPTION.finditer(text)
        if not re.search(r"\b(wxb [a-z]+|pip install) [^;,]*$", text[: option.start()])
    ]
    assert spelled == []
