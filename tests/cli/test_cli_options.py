"""The options of the command line and the keys of settings files: what they take, and the errors for the rest."""

from __future__ import annotations

import inspect
import math

import click
import pytest

import wxb
from wxb.cli import options
from wxb.cli.config import read_config
from wxb.cli.train import check, command, merged
from wxb.errors import WxbError
from wxb.settings import SETTINGS
from wxb.settings.setting import AUGMENTATION, SHARES, TIME

OPTIMIZERS = SETTINGS["optimizer"].expected

# of the issue that asked for them: every one has to be there, spelled like this
ASKED = (
    "--out",
    "--seed",
    "--seeds",
    "--epochs",
    "--batch-size",
    "--optimizer",
    "--learning-rate",
    "--momentum",
    "--schedule",
    "--warm-up",
    "--l2",
    "--l1",
    "--elastic-beta",
    "--weight-decay",
    "--clip",
    "--class-weight",
    "--label-smoothing",
    "--mixup",
    "--cutout",
    "--augment",
    "--ema",
    "--early-stopping",
    "--accumulate",
    "--fill",
    "--normalize",
    "--shuffle",
    "--split",
    "--device",
    "--threads",
    "--precision",
    "--keep",
    "--config",
    "--dry-run",
    "--json",
    "-q",
    "-v",
    "--data-dir",
    "--examples",
    "--noise",
)


@pytest.mark.parametrize("flag", ASKED)
def test_train_has_the_option(flag):
    assert flag in {name for param in command.params for name in param.opts}


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS.values() if setting.option], ids=lambda s: s.name)
def test_every_setting_is_an_option_whose_help_states_its_choices_or_bounds(setting):
    (option,) = (param for param in command.params if param.name == setting.name)
    spelling, text = option.get_help_record(click.Context(command))
    assert spelling.startswith("--" + setting.name.replace("_", "-"))
    assert text[0].isupper() or text.startswith(("balanced:", "β", "λ"))
    assert text.endswith(".")
    assert "`" not in text
    assert len(option.help) <= 100
    if setting.choices:
        assert f"[{'|'.join(setting.choices)}]" in spelling
    if setting.bounds:
        assert f"({setting.bounds})" in text


def test_the_shell_completes_the_choices_of_a_setting():
    (option,) = (param for param in command.params if param.name == "schedule")
    assert [item.value for item in option.shell_complete(click.Context(command), "co")] == ["constant", "cosine"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--optimizer", "adm"], f"--optimizer adm: expected {OPTIMIZERS}"),
        (["--schedule", "cosin"], "--schedule cosin: expected constant, step, cosine, one-cycle or linear"),
        (["--precision", "half"], "--precision half: expected auto, float32 or bfloat16"),
        (["--keep", "lst"], "--keep lst: expected best or last"),
        (["--class-weight", "balance"], "--class-weight balance: expected none or balanced"),
        (["--epochs", "0"], "--epochs 0: expected a whole number from 1 to 1,000,000"),
        (["--epochs", "ten"], "--epochs ten: expected a whole number from 1 to 1,000,000"),
        (["--epochs", "2.5"], "--epochs 2.5: expected a whole number from 1 to 1,000,000"),
        (["--epochs", f"1{30 * '0'}"], f"--epochs 1{30 * '0'}: expected a whole number from 1 to 1,000,000"),
        (["--seed", str(2**63)], f"--seed {2**63}: expected a whole number from 0 to 9,223,372,036,854,775,807"),
        (["--batch-size", "-4"], "--batch-size -4: expected a whole number from 1 to 10,000,000"),
        (["--learning-rate", "fast"], "--learning-rate fast: expected a number above 0 and at most 1,000"),
        (["--learning-rate", "nan"], "--learning-rate nan: expected a number above 0 and at most 1,000"),
        (["--learning-rate", "inf"], "--learning-rate inf: expected a number above 0 and at most 1,000"),
        (["--learning-rate", "1e308"], "--learning-rate 1e308: expected a number above 0 and at most 1,000"),
        (["--learning-rate", "0"], "--learning-rate 0: expected a number above 0 and at most 1,000"),
        (["--optimizer", "adam", "--momentum", "0.9"], "--momentum has no effect with the optimizer adam"),
        (["--momentum", "1"], "--momentum 1: expected a number from 0 to below 1"),
        (["--label-smoothing", "1.5"], "--label-smoothing 1.5: expected a number from 0 to 1"),
        (["--warm-up", "2"], "--warm-up 2: expected a number from 0 to 1"),
        (["--weight-decay", "0.1", "--l2", "0.1"], "--weight-decay and --l2 are two forms of the same penalty"),
        (["--elastic-beta", "0.5"], "--elastic-beta needs --l1, the λ of its penalty λΣ(βW² + |W|)"),
        (["--time", f"1{99 * '0'}"], f"--time 1{57 * '0'}…: expected {TIME.expected}"),
        (["--threads", "1000"], "--threads 1000: expected a whole number from 0 to 512"),
        (["--device", "cpu:-1"], "--device cpu:-1: expected auto, cpu, cuda, cuda:1 or mps"),
        (["--augment", "turn"], f"--augment turn: expected {AUGMENTATION.expected}"),
        (["--split", "1,2"], f"--split 1,2: expected {SHARES.expected}"),
        (["--noise", "0.1"], "--noise is for toys, not for digits"),
        (["--data-dir"], "Option '--data-dir' requires an argument"),
        (["FC, SOFTMAX", "digits"], "'digits' is a word too many"),
        (["N=1..3"], "N=1..3: a range makes a sweep, and this version has no sweeps"),
        (["W=16,32"], "W=16,32: a range makes a sweep, and this version has no sweeps"),
        (["N=two"], "N=two binds nothing: a name and a whole number are expected"),
        (["=2"], "=2 binds nothing: a name and a whole number are expected"),
        (["CONF-RELU, SOFTMAX"], "CONF is not a layer; CONV is"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_in_the_options_is_said_before_anything_is_loaded(words, said, call, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "wxb.training", None)  # loading it would fail
    ended = call("train", "digits", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[0] == f"error: {said}"


def test_no_data_is_said(call):
    ended = call("train")
    assert ended.code == 2
    assert ended.err.startswith("error: DATA is missing\n  fix: wxb train digits")


def test_the_nearest_choice_is_the_way_out(call):
    ended = call("train", "digits", "--optimizer", "adm")
    assert ended.err == f"error: --optimizer adm: expected {OPTIMIZERS}\n  fix: --optimizer adam\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ([None, None], {})),
        (("digits",), (["digits", None], {})),
        (("digits", "N=2", "lenet5", "pool=0"), (["digits", "lenet5"], {"N": 2, "POOL": 0})),
        (("./a=b", "FC, SOFTMAX"), (["./a=b", "FC, SOFTMAX"], {})),
    ],
)
def test_a_word_with_an_equals_sign_is_a_binding_wherever_it_stands(words, expected):
    assert options.split_words(words, "DATA", "NETWORK") == expected


# --- settings files ---------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "settings.toml"
        path.write_text(text)
        return path

    return write


def test_a_file_holds_options_with_either_line_between_words(config):
    path = config('data = "ring"\nlearning_rate = 1\nbatch-size = 16\nshuffle = false\n[bindings]\nN = 2\n')
    assert read_config(path) == {
        "data": "ring",
        "learning_rate": 1.0,
        "batch_size": 16,
        "shuffle": False,
        "bindings": {"N": 2},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rat = 1", "learning_rat is not a setting; learning_rate is"),
        ("qwxz = 1", "qwxz is not a setting"),
        ('learning_rate = "1"', 'learning_rate = "1": expected a number above 0 and at most 1,000'),
        ("learning_rate = true", "learning_rate = true: expected a number above 0 and at most 1,000"),
        ("learning_rate = nan", "learning_rate = nan: expected a number above 0 and at most 1,000"),
        ("learning_rate = [1]", "learning_rate = [1]: expected a number above 0 and at most 1,000"),
        ("epochs = 2.5", "epochs = 2.5: expected a whole number from 1 to 1,000,000"),
        ("epochs = 0", "epochs = 0: expected a whole number from 1 to 1,000,000"),
        ("epochs = inf", "epochs = inf: expected a whole number from 1 to 1,000,000"),
        ("shuffle = 1", "shuffle = 1: expected shuffle = true or shuffle = false"),
        ("optimizer = 3", f"optimizer = 3: expected {OPTIMIZERS}"),
        ('optimizer = "adm"', f'optimizer = "adm": expected {OPTIMIZERS}'),
        ("split = [0.5, 0.1]", f"split = [0.5, 0.1]: expected {SHARES.expected}"),
        ("data = 3", "data = 3: expected a text"),
        ("bindings = 3", "bindings: expected a table of whole numbers"),
        ("[bindings]\nN = 1.5", "bindings: expected a table of whole numbers"),
        ("batch_size = 1\nbatch-size = 2", "batch-size is there twice, with - and with _"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(text, said, config):
    path = config(text)
    with pytest.raises(WxbError) as error:
        read_config(path)
    assert error.value.what == f"{path}: {said}"


def in_python(setting, value):
    """Call the function of wxb that takes the setting; the setting itself where no function does."""
    if setting.name in inspect.signature(wxb.train).parameters:
        wxb.train(wxb.load_data("ring", examples=20), "SOFTMAX", **{setting.name: value})
    elif setting.name in inspect.signature(wxb.load_data).parameters:
        wxb.load_data("ring", **{setting.name: value})
    else:
        setting.validate(value)


NUMERIC = [setting for setting in SETTINGS.values() if setting.bounds or setting.name == "time"]


def outside(setting) -> list[float]:
    """Numbers that a setting does not take: just beyond its bounds, and far beyond those of any number."""
    if setting.bounds is None:
        return [0, -1, 10**99, math.inf]
    least, most = setting.bounds.least, setting.bounds.most
    ends = [one for one in (least, most) if one not in setting.bounds]
    return [least - 1, most + 1, *ends, 10**30, -(10**30), math.nan, math.inf]


@pytest.mark.parametrize("setting", NUMERIC, ids=lambda setting: setting.name)
def test_a_number_out_of_bounds_is_refused_alike_on_the_command_line_in_a_file_and_in_python(setting, config):
    flag = f"--{setting.name.replace('_', '-')}"
    for value in outside(setting):
        messages = []
        if setting.option:
            with pytest.raises(WxbError) as error:
                command.make_context("train", ["ring", flag, str(value)])
            messages.append(error.value.what)
        with pytest.raises(WxbError) as error:
            read_config(config(f"{setting.name} = {value}"))
        messages.append(error.value.what)
        with pytest.raises(WxbError) as error:
            in_python(setting, value)
        messages.append(error.value.what)
        assert all(message.endswith(f"expected {setting.expected}") for message in messages), messages


def test_numbers_and_brackets_that_no_reader_takes_are_no_toml(config):
    for text in (f"epochs = {'9' * 5_000}", f"epochs = {'[' * 5_000}"):
        with pytest.raises(WxbError, match="is no TOML"):
            read_config(config(text))


def test_a_file_that_is_not_there_or_no_toml_is_said(config, tmp_path):
    with pytest.raises(WxbError, match="there is no file"):
        read_config(tmp_path / "none.toml")
    with pytest.raises(WxbError, match="is no TOML"):
        read_config(config("learning rate = 1"))
    with pytest.raises(WxbError, match="cannot be read"):
        read_config(tmp_path)


def test_a_file_in_another_encoding_is_said_to_be_that(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('name = "Größe"'.encode("latin-1"))
    with pytest.raises(WxbError) as error:
        read_config(path)
    assert (
        str(error.value) == f"{path} is no text in UTF-8, as TOML is\n  byte 11 of it is not\n  fix: save it as UTF-8"
    )
    path.write_text("epochs = 3", encoding="utf-8-sig")
    assert read_config(path) == {"epochs": 3}


def test_an_option_about_the_length_replaces_that_of_the_file(config):
    path = str(config("steps = 100"))
    assert merged(("ring",), path, {"epochs": 3}) == {"data": "ring", "epochs": 3}
    assert merged(("ring",), path, {"epochs": None}) == {"data": "ring", "steps": 100}
    for given in ({"epochs": 3, "steps": 5}, {"time": 3.0, "steps": 5}):
        with pytest.raises(WxbError, match="both say when training ends"):
            merged(("ring",), path, given)
    with pytest.raises(WxbError, match="`epochs` and `steps` both say when training ends"):
        check({"data": "ring", "epochs": 3, "steps": 10})


def test_the_command_line_is_over_the_file(config):
    path = config('data = "ring"\nnetwork = "SOFTMAX"\nepochs = 3\nseed = 4\n[bindings]\nN = 2\n')
    given = {"epochs": 5, "seed": None, "l2": None}
    assert merged((), str(path), given) == {
        "data": "ring",
        "network": "SOFTMAX",
        "epochs": 5,
        "seed": 4,
        "bindings": {"N": 2},
    }
    assert merged(("N=3",), str(path), given)["bindings"] == {"N": 3}
    other = merged(("digits", "FC, SOFTMAX"), str(path), given)
    assert (other["data"], other["network"]) == ("digits", "FC, SOFTMAX")
    assert "bindings" not in other  # they were the other network's


def test_a_split_is_read_from_a_file_as_a_list_a_text_or_one_share(config):
    for written in ("[0.5, 0.25, 0.25]", '"0.5,0.25,0.25"', "0.5"):
        assert read_config(config(f"split = {written}")) == {"split": (0.5, 0.25, 0.25)}


def test_a_dry_run_refuses_what_training_refuses(call):
    for words, said in (
        (("ring", "--cutout", "3"), "error: --cutout is for pictures; these examples are rows of numbers"),
        (("ring", "--augment", "flip"), "error: --augment is for pictures; these examples are rows of numbers"),
        (("digits", "--cutout", "100"), "error: --cutout 100 is no smaller than the pictures, 1x8x8"),
        (("sine", "--class-weight", "balanced"), "error: --class-weight balanced needs classes"),
    ):
        ended = call("train", *words, "--dry-run")
        assert (ended.code, ended.err.splitlines()[0]) == (2, said)
