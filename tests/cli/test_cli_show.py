"""`wxb show`, `wxb networks`, `wxb data`: what they print and what their JSON holds."""

from __future__ import annotations

import jsonschema
import pytest

from tests.cli.conftest import SCHEMAS, valid
from wxb.cli.main import COMMANDS
from wxb.notation.named import NAMED


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_command_has_a_schema():
    # resume prints what train prints; page serves until it is told to end
    assert set(COMMANDS) - {"resume", "schema", "page"} <= set(SCHEMAS)


def test_a_schema_is_printed_and_a_wrong_name_has_a_way_out(call):
    assert call("schema").out.split() == list(SCHEMAS)
    assert call("schema", "runs-table").json == SCHEMAS["runs-table"]
    wrong = call("schema", "trian")
    assert (wrong.code, wrong.out) == (2, "")
    assert "trian is no answer of a command; train is one\n  fix: wxb schema lists them" in wrong.err


# the keys that are promised; a schema that forgets to require one is no promise
PROMISED = {
    "train": "run network parameters epochs steps seconds test baselines warnings",
    "show": "network input outputs parameters multiply_adds layers",
    "evaluate": "test confusion",
    "predict": "predictions",
    "runs": "runs",
    "data": "kind examples classes counts shape splits",
    "verify": "ok differences",
    "runs-table": "columns runs",
    "runs-deleted": "deleted",
    "cache": "folder removed packs",
    "networks": "networks",
    "compare": "data task examples runs pairs settings",
    "lesson": "lessons result",
    "anomalies": "run data examples alarms threshold rate area oddest notes files",
    "cluster": "data examples how silhouette agreement clusters none files",
    "play": "run game network parameters settings games moves seconds results",
    "play-seeds": "folder curve runs results",
    "neuron": "inputs fire not_fire table answers",
}


@pytest.mark.parametrize("name", PROMISED)
def test_schemas_require_what_is_promised(name):
    assert {"schema", *PROMISED[name].split()} <= set(SCHEMAS[name]["required"])


def test_schemas_require_what_is_promised_within():
    def within(*path):
        whole = found = SCHEMAS[path[0]]
        for key in path[1:]:
            found = found["items"] if key == "*" else found["properties"][key]
            if "$ref" in found:
                found = whole["$defs"][found["$ref"].rsplit("/", 1)[1]]
        return set(found["required"])

    assert {"start", "data", "checks", "train", "test", "baselines", "report", "total"} <= within("train", "seconds")
    assert {"layer", "output", "parameters", "multiply_adds", "receptive_field"} <= within("show", "layers", "*")
    assert {"run", "data", "network", "test", "finished"} <= within("runs", "runs", "*")
    test, untested = SCHEMAS["train"]["properties"]["test"]["anyOf"]
    assert untested == {"type": "null"}
    assert {"examples", "loss"} <= set(test["required"])
    assert {"accuracy", "interval"} <= set(test["oneOf"][0]["required"])
    assert {"exact_match", "interval", "label_accuracy"} <= set(test["oneOf"][1]["required"])
    assert {"r2", "rmse"} <= set(test["oneOf"][2]["required"])
    kinds = SCHEMAS["predict"]["properties"]["predictions"]["items"]["oneOf"]
    assert kinds[0]["required"] == ["file", "class", "probability", "probabilities"]
    assert kinds[1]["required"] == ["file", "labels", "probabilities"]
    assert kinds[2]["required"] == ["file", "value"]


LENET = """\
lenet5   CONV5-6-TANH-AVGPOOL-CONV5-16p0-TANH-AVGPOOL-FC-120-TANH-FC-84-TANH, SOFTMAX
layer             output     parameters   multiply-adds   receptive field
input             1x28x28
CONV5-6-TANH      6x28x28           156         117,600   5
AVGPOOL           6x14x14                                 6, every 2
CONV5-16p0-TANH   16x10x10        2,416         240,000   14, every 2
AVGPOOL           16x5x5                                  16, every 4
FC-120-TANH       120            48,120          48,000   all
FC-84-TANH        84             10,164          10,080   all
FC-10             10                850             840   all
total                            61,706         416,520
"""


def test_show_prints_layers_and_totals(call):
    ended = call("show", "lenet5")
    assert (ended.code, ended.out, ended.err) == (0, LENET, "")


def test_a_name_is_known_in_any_case(call):
    assert call("show", "LeNet5").out == LENET


@pytest.mark.parametrize("name", NAMED)
def test_show_counts_every_named_network_as_published(name, call):
    found = valid(call("show", name, "--json").json)
    assert found["parameters"] == NAMED[name].parameters
    assert sum(layer["parameters"] for layer in found["layers"]) == found["parameters"]
    assert sum(layer["multiply_adds"] for layer in found["layers"]) == found["multiply_adds"]
    assert found["input"] == list(NAMED[name].input)
    assert found["outputs"] == NAMED[name].outputs


def test_a_plain_text_says_what_input_it_is_shown_for(call):
    ended = call("show", "CONV-RELU-POOL, SOFTMAX")
    assert ended.err == "for input 3x32x32 and 10 outputs; --input and --outputs say others\n"
    assert "\ninput           3x32x32\n" in ended.out
    given = call("show", "FC-RELU, SOFTMAX", "--input", "64", "--outputs", "7")
    assert given.err == ""
    assert "FC-7" in given.out
    assert call("show", "CONV-RELU-POOL, SOFTMAX", "--json").err == ""


def test_a_run_is_shown_with_the_shapes_that_it_was_trained_with(call):
    assert call("train", "ring", "FC-8-RELU, SOFTMAX", "--epochs", 1, "--out", "runs/small", "--quiet").code == 0
    ended = call("show", "runs/small")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("runs/small   FC-8-RELU, SOFTMAX\n")
    found = valid(call("show", "runs/small", "--json").json)
    assert (found["input"], found["outputs"]) == ([2], 2)
    assert valid(call("show", "runs/small", "--outputs", 5, "--json").json)["outputs"] == 5
    missing = call("show", "runs/smal")
    assert missing.code == 2
    assert "there is no run runs/smal; runs/small is one\n  fix: wxb show runs/small" in missing.err


def test_a_run_that_plays_is_shown_with_what_it_sees_and_can_do(call):
    assert call("play", "tictactoe", "--steps", 1, "--out", "runs/game").code == 0
    found = valid(call("show", "runs/game", "--json").json)
    assert (found["input"], found["outputs"]) == ([2, 3, 3], 9)


def test_the_folder_of_a_run_does_not_hide_the_network_of_its_name(call, tmp_path):
    assert call("train", "ring", "SOFTMAX", "--epochs", 1, "--out", "lenet5", "--quiet").code == 0
    assert call("show", "lenet5").out == LENET


def test_an_input_overrides_that_of_a_named_network(call):
    assert call("show", "resnet20", "--input", "3x64x64", "--json").json["input"] == [3, 64, 64]


def test_a_family_says_what_was_chosen(call):
    ended = call("show", "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K, SOFTMAX", "N=1")
    assert "chosen    N=1 POOL=1 M=3 K=1\n" in ended.out


def test_flat_opens_groups_and_blocks(call):
    folded = valid(call("show", "resnet20", "--json").json)
    flat = valid(call("show", "resnet20", "--flat", "--json").json)
    assert len(flat["layers"]) > 2 * len(folded["layers"])
    assert flat["parameters"] == folded["parameters"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show"], "error: NETWORK is missing\n"),
        (["show", "lenet"], "error: "),
        (["show", "lenet5", "--input", "3x"], "error: --input 3x: the shape of one example is expected\n"),
        (["show", "lenet5", "--input", "0x4x4"], "error: --input 0x4x4: the shape of one example is expected\n"),
        (
            ["show", "lenet5", "--outputs", "0"],
            "error: --outputs 0: expected a whole number of at least 1\n  fix: --outputs 1\n",
        ),
        (["show", "lenet5", "vgg16"], "error: 'vgg16' is a word too many\n"),
        (["show", "FC-W-RELU, SOFTMAX", "W=1..3"], "error: W=1..3: a range makes a sweep"),
        (["show", "(FC-64-RELU)*999999999, SOFTMAX"], "error: "),
        (["show", "CONV-" * 20_000 + "RELU, SOFTMAX"], "error: "),
        (["show", "CONV3-32-POOL-CONV7-64p0, SOFTMAX", "--input", "3x8x8"], "error: CONV7-64p0 does not fit"),
        (["networks", "vgg61"], "error: no network is called vgg61; vgg19 is one\n"),
        (["data", "rings"], "error: rings is neither a data set nor a folder; ring is a data set\n"),
        (["data", "digits", "--grid", "1797"], "error: digits has no example 1797\n"),
        (
            ["data", "digits", "--grid", "-1"],
            "error: --grid -1: expected a whole number of at least 0\n  fix: --grid 0\n",
        ),
        (["data"], "error: DATA is missing\n"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_mistake_is_said_without_a_traceback(words, said, call):
    ended = call(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(said)
    assert "Traceback" not in ended.err


def test_networks_lists_all_names_with_their_counts(call):
    ended = call("networks")
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == list(NAMED)
    assert "11,689,512" in ended.out
    assert valid(call("networks", "--json").json)["networks"] == {name: one.text for name, one in NAMED.items()}


def test_networks_says_where_a_count_was_published(call):
    ended = call("networks", "LeNet5")
    assert ended.out.startswith(f"lenet5   {NAMED['lenet5'].text}\ninput     1x28x28, 10 outputs\n")
    assert NAMED["lenet5"].source in ended.out
    assert valid(call("networks", "nin", "--json").json)["networks"] == {"nin": NAMED["nin"].text}


def test_data_says_what_is_in_a_set(call):
    ended = call("data", "digits")
    assert ended.code == 0
    assert ended.out.startswith("digits: 1,797 pictures 1x8x8 in 10 classes; train 1,150, validation 198, test 449 ")
    assert "@" in ended.out


def test_data_shows_an_example_as_its_numbers(call):
    ended = call("data", "digits", "--grid", "3")
    assert len(ended.out.splitlines()) == 9
    assert " 0  0  7 15 13  1  0  0\n" in ended.out


@pytest.mark.parametrize("words", [["digits"], ["ring", "--examples", "100"], ["digits", "--split", "0.5,0.2,0.3"]])
def test_data_as_json(words, call):
    found = valid(call("data", *words, "--json").json)
    assert sum(found["counts"].values()) == found["examples"] == sum(found["splits"].values())


def test_options_of_a_toy_are_heeded(call):
    one, other = (call("data", "ring", "--examples", 50, "--seed", seed, "--json").json for seed in (1, 2))
    assert one["examples"] == 50
    assert one["fingerprint"] != other["fingerprint"]
