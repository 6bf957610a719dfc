"""Words that a network learns itself: texts and tagged sentences through the real command."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import wxb


def run(*words, cwd, given=""):
    done = subprocess.run(
        [sys.executable, "-m", "wxb", *map(str, words)], cwd=cwd, capture_output=True, text=True, input=given
    )
    return done.returncode, done.stdout, done.stderr


def texts(number=240):
    """Short messages: those with "prize" and "call" beside each other are spam, each word alone stands in both."""
    draw = np.random.default_rng(0)
    rows = []
    for place in range(number):
        filler = draw.choice(
            ["see", "you", "at", "home", "tonight", "ok", "work", "naïve", "приве́т", "今天"], 6
        ).tolist()
        spam = place % 3 == 0
        words = ["call", "prize"] if spam else [["prize"], ["call"], []][draw.integers(3)]
        at = int(draw.integers(0, 6))
        rows.append(("spam" if spam else "ham", " ".join([*filler[:at], *words, *filler[at:]])))
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    lines = [
        f'{label},"{text}",{place % 5},{"red" if place % 2 else "blue"}' for place, (label, text) in enumerate(texts())
    ]
    (folder / "sms.csv").write_text("\n".join(["label,text,number,colour", *lines]), encoding="utf-8")
    return folder


NETWORK = "EMBED-16-CONV3x1-16-RELU-GMP, SOFTMAX"


def test_a_text_column_is_learned_word_by_word(folder):
    code, out, err = run(
        "train",
        "sms.csv",
        NETWORK,
        "--target",
        "label",
        "--types",
        "text=text",
        "--epochs",
        15,
        "--learning-rate",
        "0.01",
        "--out",
        "run",
        "--json",
        cwd=folder,
    )
    assert code == 0, err
    found = json.loads(out)
    assert found["test"]["accuracy"] > 0.9
    report = (folder / "run" / "report.md").read_text(encoding="utf-8")
    assert "| spam | " in report.split("words that count")[1]

    code, out, err = run(
        "predict", "run", "-", "--json", cwd=folder, given="text,number,colour\nyou call prize tonight,1,red\n"
    )
    assert code == 0, err
    assert '"class": "spam"' in out.replace('":"', '": "')

    code, out, err = run("evaluate", "run", cwd=folder)
    assert code == 0, err

    code, out, err = run("train", "sms.csv", "CONV-GAP, SOFTMAX", "--target", "label", cwd=folder)
    assert code == 2
    assert "CONV needs maps" in err


def test_a_run_stores_its_vocabulary_in_plain_json(folder):
    table = json.loads((folder / "run" / "data.json").read_text(encoding="utf-8"))["table"]
    words = table["vocabulary"]["words"]
    assert "call" in words
    assert "今" in words
    assert "colour=red" in words


def test_a_network_of_words_is_resumed_to_the_bit(tmp_path):
    whole, first = (tmp_path / name for name in ("whole.csv", "part.csv"))
    for path in (whole, first):
        rows = [f'{label},"{text}"' for label, text in texts(80)]
        path.write_text("\n".join(["label,text", *rows]), encoding="utf-8")
    data = wxb.load_data(whole, target="label", types={"text": "text"})
    network = "CAT(WINDOW-64, EMBED-8-RNN-8)-BN-RELU-GMP-DROP, SOFTMAX"
    unbroken = wxb.Trial(data, network, epochs=3)
    states = [record.state() for record in unbroken]
    resumed = wxb.Trial(data, network, epochs=3, state=states[len(states) // 2]).train()
    for name, tensor in unbroken.model.state_dict().items():
        assert tensor.equal(resumed.model.state_dict()[name]), name


def test_data_without_words_are_refused(tmp_path):
    code, _, err = run("train", "ring", NETWORK, cwd=tmp_path)
    assert code == 2
    assert "ring has no words: EMBED and WINDOW read texts" in err


def test_names_are_tagged(tmp_path):
    code, out, err = run(
        "train",
        "names",
        "CAT(WINDOW-512, EMBED-16-RNN-16), TAGS",
        "--examples",
        400,
        "--epochs",
        5,
        "--learning-rate",
        "0.01",
        "--out",
        "run",
        "--json",
        cwd=tmp_path,
    )
    assert code == 0, err
    found = json.loads(out)
    assert found["test"]["f1"] > 0.5
    code, out, err = run("report", "run", cwd=tmp_path)
    assert code == 0, err
    code, out, err = run("evaluate", "run", cwd=tmp_path)
    assert code == 0, err


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    """A run on a CoNLL file of short sentences."""
    folder = tmp_path_factory.mktemp("tagger")
    sentences = [f"{name} B-PER\nsees O\n{place} B-LOC\n" for name in ("Ann", "Bob") for place in ("Oslo", "Rome")]
    (folder / "t.conll").write_text("\n".join(sentences * 8), encoding="utf-8")
    wxb.train(wxb.load_data(folder / "t.conll", split="0.6,0.2,0.2"), "EMBED-8-RNN-8, TAGS", epochs=1, out=folder / "r")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "lengths"),
    [
        ("p.conll", "Ann\nsees\nRome\n\nBob\nsees\n", [3, 2]),
        ("p.txt", "Ann sees Rome.\nBob ran\n", [4, 2]),
        ("p.csv", "text\nAnn sees Rome.\nBob ran\n", [4, 2]),
        ("q.csv", "word\nAnn sees Rome\nBob ran\n", [3, 2]),
        ("s.csv", "sentence,word\n1,Ann\n1,sees\n1,Rome\n2,Bob\n2,ran\n", [3, 2]),
    ],
)
def test_sentences_in_any_form_are_tagged(tagger, name, text, lengths):
    (tagger / name).write_text(text, encoding="utf-8")
    found = wxb.Run.open(str(tagger / "r")).predict(tagger / name)
    assert [len(tags) for tags in found.tags] == lengths


def test_a_table_of_words_without_sentences_is_not_guessed_at(tagger):
    (tagger / "w.csv").write_text("word\nAnn\nsees\nRome\n", encoding="utf-8")
    code, _, err = run("predict", "r", "w.csv", cwd=tagger)
    assert code == 2
    assert "no column says where a sentence ends" in err
    assert "fix: a column sentence" in err


def test_anomalies_of_words_are_refused_in_a_sentence(tagger):
    code, _, err = run("anomalies", "r", cwd=tagger)
    assert code == 2
    assert "this network reads words" in err


def test_another_head_on_tags_is_refused_by_its_head(tagger):
    code, _, err = run("train", "t.conll", "SOFTMAX", cwd=tagger)
    assert code == 2
    assert "SOFTMAX does not fit the data: its targets are tags of words" in err


@pytest.mark.parametrize(
    ("of", "said"), [("r", "clusters compare whole examples"), ("t.conll", "holds words, which are no numbers")]
)
def test_clusters_of_tagged_sentences_are_refused_in_a_sentence(tagger, of, said):
    code, _, err = run("cluster", of, cwd=tagger)
    assert code == 2
    assert said in err


@pytest.mark.parametrize("beside", ["number", "day"])
def test_words_beside_other_columns_predict_a_number_from_training_to_doctor(folder, beside):
    days = [f"2024-{1 + place % 12:02}-{1 + place % 28:02}" for place in range(240)]
    rows = [
        f'"{text}",{place % 7},{"red" if place % 2 else "blue"},{days[place]},{place / 100 + 3 * (label == "spam"):.2f}'
        for place, (label, text) in enumerate(texts())
    ]
    (folder / "amount.csv").write_text("\n".join(["text,number,colour,day,amount", *rows]), encoding="utf-8")
    others = ",".join(one for one in ("number", "colour", "day") if one != beside)
    made = f"amount-{beside}"
    training = ("EMBED-8-GAP, EUCLID", "--target", "amount", "--types", "text=text", "--drop", others)
    code, out, err = run("train", "amount.csv", *training, "--epochs", 2, "--out", made, "--json", "-q", cwd=folder)
    assert code == 0, err
    assert set(json.loads(out)["baselines"]) == {"mean", "nearest neighbour", "linear"}
    for words in (("doctor", made, "-q"), ("report", made)):
        code, out, err = run(*words, cwd=folder)
        assert code in (0, 3), err
        assert "Traceback" not in err
