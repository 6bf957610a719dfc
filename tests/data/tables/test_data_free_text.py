"""Columns of free text: their words, their terms, and the rows of a run."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

import wxb
from wxb.data import load_data
from wxb.data.kinds import counted
from wxb.data.learned_words import as_words
from wxb.data.tables.columns import LeftOut
from wxb.data.tables.free_text import FreeText, bags, fit_text
from wxb.data.tables.words import LONG_WORD, pieces, words
from wxb.errors import WxbError

WARM = ("the sun is warm and bright today", "a bright warm morning with much sun", "sun and light all over the hills")
COLD = ("the snow is cold and deep tonight", "a cold dark evening with much ice", "ice and frost all over the fields")


def weather(rows: int = 120) -> pl.DataFrame:
    """Sentences that tell the weather, each another by its number, some of them missing."""
    some = [f"{(WARM, COLD)[i % 2][i // 2 % 3]} ({i})" for i in range(rows)]
    return pl.DataFrame(
        {
            "said": [None if i % 20 == 7 else text for i, text in enumerate(some)],
            "hour": [i % 24 for i in range(rows)],
            "kind": [("warm", "cold")[i % 2] for i in range(rows)],
        }
    )


@pytest.fixture
def table(tmp_path) -> Path:
    """`weather.csv`."""
    path = tmp_path / "weather.csv"
    weather().write_csv(path)
    return path


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Free entry, call 08001!", ["free", "entry", ",", "call", "08001", "!"]),
        ("WIN £1000 😀", ["win", "£", "1000", "😀"]),
        ("don't_stop", ["don", "'", "t", "_", "stop"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("日本語です", ["日", "本", "語", "で", "す"]),
        ("", []),
        (" \t\n", []),
    ],
)
def test_words_are_runs_of_letters_and_every_other_sign_by_itself(text, expected):
    assert words(text) == expected


@given(st.text(max_size=40))
def test_words_do_not_depend_on_how_letters_are_composed(text):
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


@given(st.text(max_size=60))
def test_every_character_that_is_no_blank_stands_in_a_word(text):
    found = "".join(words(text))
    assert not any(character.isspace() for character in found)
    if text.isascii():
        assert found == "".join(text.casefold().split()).translate(dict.fromkeys(range(28, 32)))


def test_a_word_without_end_is_cut_and_a_text_of_a_megabyte_is_read():
    assert words("x" * 1_000_000) == ["x" * LONG_WORD]
    assert words("sun " * 250_000)[:2] == ["sun", "sun"]


def test_pieces_of_a_word_are_those_of_scikit_learn():
    analyze = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    for word in ("a", "ab", "frost", "überall"):
        assert sorted(pieces(word)) == sorted(analyze(word))


# --- terms ------------------------------------------------------------------------------------------------------------


def test_terms_are_weighed_as_scikit_learn_weighs_them():
    texts = (*WARM, *COLD)
    codes = np.arange(len(texts))
    column = fit_text("said", texts, codes, codes)
    found = bags(column, texts)
    dense = np.zeros((len(texts), found.width), np.float32)
    found.fill(dense, codes.astype(np.float64))
    ours, runs = dense[:, : len(column.words)], dense[:, len(column.words) :]
    for part, terms, how in (
        (ours, column.words, {"analyzer": words}),
        (runs, column.runs, {"analyzer": lambda text: [run for word in words(text) for run in pieces(word)]}),
    ):
        theirs = TfidfVectorizer(min_df=2, sublinear_tf=True, **how)
        expected = theirs.fit_transform(texts).toarray()
        assert {*terms} == {*theirs.vocabulary_}
        np.testing.assert_allclose(part, expected[:, [theirs.vocabulary_[term] for term in terms]], rtol=1e-5)


def test_terms_come_from_training_rows_alone():
    texts = ("alpha alpha beta", "alpha beta", "gamma gamma delta", "gamma delta")
    codes = np.arange(4)
    column = fit_text("x", texts, codes, np.array([0, 1]))
    assert column.words == ("alpha", "beta")
    assert column.missing == 0


def test_a_text_without_a_known_term_is_all_zeros_and_so_is_a_missing_one():
    texts = ("alpha beta", "alpha beta gamma", "日本")
    column = fit_text("x", texts, np.arange(3), np.array([0, 1]))
    dense = np.zeros((2, bags(column, texts).width), np.float32)
    bags(column, texts).fill(dense, np.array([2.0, np.nan]))
    assert not dense.any()


# --- a table ----------------------------------------------------------------------------------------------------------


def test_sentences_become_terms_beside_numbers(table):
    data = load_data(table, target="kind")
    (text,) = data.preparation.texts
    assert isinstance(text, FreeText)
    assert {"sun", "cold"} <= {*text.words}
    assert "said: sun" in data.features
    assert "said (missing)" in data.features
    assert "hour" in data.features
    assert data.shape == (len(data.features),)
    row = data.inputs[:1][0]
    assert row[data.features.index("said: sun")] > 0
    assert row[data.features.index("said: cold")] == 0


@pytest.mark.parametrize("text", ["Braund, Mr. Owen", "flat number 3", "7590-VHVEG"])
def test_names_and_numbers_of_things_are_no_texts(tmp_path, text):
    path = tmp_path / "t.csv"
    pl.DataFrame(
        {"name": [f"{text}{i}" for i in range(60)], "x": range(60), "y": [i % 2 for i in range(60)]}
    ).write_csv(path)
    data = load_data(path, target="y")
    assert isinstance(data.preparation.columns[0], LeftOut)
    data = load_data(path, target="y", types="name=text")
    assert isinstance(data.preparation.columns[0], FreeText)


def test_a_table_of_names_alone_says_how_they_are_read(tmp_path):
    path = tmp_path / "t.csv"
    pl.DataFrame({"name": [f"flat {i}" for i in range(60)], "y": ["a", "b"] * 30}).write_csv(path)
    with pytest.raises(WxbError, match="has no column to learn y") as error:
        load_data(path, target="y")
    assert 'types="name=text"' in error.value.fix


def test_rows_of_another_file_get_the_same_features(table, tmp_path):
    data = load_data(table, target="kind")
    other = tmp_path / "later.csv"
    weather().reverse().write_csv(other)
    later = load_data(other, like=data.table)
    np.testing.assert_array_equal(later.inputs[:], data.inputs[:][::-1])


def test_a_test_file_brings_its_own_texts(table, tmp_path):
    other = tmp_path / "test.csv"
    weather(60).with_columns(said=pl.lit("only here: ") + pl.col("said")).write_csv(other)
    data = load_data(table, target="kind", test=other)
    alone = load_data(other, like=data.table)
    np.testing.assert_array_equal(data.inputs[data.split.test], alone.inputs[:])


def test_a_run_on_texts_predicts_files_frames_and_inputs_alike(table, tmp_path):
    data = load_data(table, target="kind")
    run = wxb.train(data, epochs=3, out=tmp_path / "run", progress=False)
    assert run.evaluate().accuracy > 0.9
    of_file, of_frame = run.predict(table), run.predict(weather())
    np.testing.assert_array_equal(of_file.scores, of_frame.scores)
    np.testing.assert_array_equal(of_file.scores, run.predict(data.inputs[:]).scores)
    with pytest.raises(WxbError):
        run.predict(data.examples[:3])


def test_new_texts_without_a_known_word_are_told(table, tmp_path):
    run = wxb.train(load_data(table, target="kind"), epochs=1, out=tmp_path / "run", progress=False)
    found = run.predict(pl.DataFrame({"said": ["日本語", "the sun"], "hour": [1, 2]}))
    assert any("1 text without a word that training had" in note for note in found.notes)


def test_texts_that_training_had_are_found_in_other_data(table, tmp_path):
    from wxb.runs.seen import trained_on

    data = load_data(table, target="kind")
    run = wxb.train(data, epochs=1, out=tmp_path / "run", progress=False)
    other = tmp_path / "other.csv"
    pl.concat([weather(), weather(40).with_columns(said=pl.col("said") + " and more of warm and cold")]).write_csv(
        other
    )
    (said,) = trained_on(run, load_data(other, like=run.data.table))
    assert f"{len(data.split.train)} of 160 rows are in the training part" in said


# --- words that count, and the linear baseline ------------------------------------------------------------------------


def test_the_words_that_count_are_those_that_tell_the_classes(table, tmp_path):
    run = wxb.train(load_data(table, target="kind"), epochs=5, out=tmp_path / "run", progress=False)
    told = run.report.words
    assert {one.word for one in told["warm"]} & {"sun", "warm", "bright"}
    assert {one.word for one in told["cold"]} & {"ice", "cold", "snow"}
    assert not {one.word for one in told["warm"]} & {"ice", "cold"}
    assert "What it goes by" in (tmp_path / "run/report.md").read_text()
    assert "What it goes by" in (tmp_path / "run/report.html").read_text()


def test_the_effect_of_a_word_is_what_the_score_loses_without_it(table):
    from wxb.trials import Trial
    from wxb.trials.telling import telling

    data = load_data(weather(60).drop("hour"), target="kind")
    trial = Trial(data, "SOFTMAX", epochs=2).train()
    told = telling(trial.model, data, trial.machine)["warm"]
    best = told[0]
    texts = data.columns.texts["said"]
    lost = []
    for row in data.split.test:
        code = data.examples[row, 0]
        some = words(texts[int(code)]) if code == code else []
        if best.word not in some:
            continue
        said = [" ".join(some), " ".join(one for one in some if one != best.word)]
        both = load_data(pl.DataFrame({"said": said, "kind": ["warm"] * 2}), like=data.table)
        with torch.no_grad():
            scores = trial.model.eval().after_preparation(torch.from_numpy(both.inputs[:])).numpy()
        warm = (scores - scores.mean(1, keepdims=True))[:, data.classes.index("warm")]
        lost.append(warm[0] - warm[1])
    assert best.effect == pytest.approx(np.mean(lost), abs=1e-3)
    assert best.texts == len(lost)


def test_the_linear_baseline_of_texts_is_that_of_dense_features(table):
    from wxb.trials.baselines import _Terms
    from wxb.trials.linear import logistic, softmax_loss

    data = load_data(table, target="kind")
    sparse = _Terms(data, data.split.train)(data.split.train)
    (one,) = logistic(sparse, data.targets[data.split.train], 2, softmax_loss, [1.0], 200)
    (two,) = logistic(sparse.toarray(), data.targets[data.split.train], 2, softmax_loss, [1.0], 200)
    np.testing.assert_allclose(one.weights, two.weights, atol=1e-4)


@pytest.mark.parametrize("kind", ["text", "words"])
def test_texts_that_are_cut_or_empty_are_counted(tmp_path, kind):
    lines = [f"good day number {place} to all of you,{place % 2}" for place in range(60)]
    lines += [f"{'a ' * 60_000},1", ",0", "  ,1"]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["text,kind", *lines]) + "\n", encoding="utf-8")
    notes = "\n".join(wxb.load_data(path, target="kind", task="classification", types=f"text={kind}").notes)
    assert "text: 1 text has more than 100,000 characters; the rest is not read" in notes
    assert "text: 2 texts are empty or missing" in notes


def test_texts_of_more_words_than_a_network_reads_are_counted(tmp_path):
    lines = [f"good day number {place} to all of you,{place % 2}" for place in range(60)] + [f"{'a ' * 300},1"]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["text,kind", *lines]) + "\n", encoding="utf-8")
    data = wxb.load_data(path, target="kind", task="classification", types="text=text")
    assert as_words(data, "words").notes[-1] == "1 text has more than 256 words; the rest is not read"


def test_sentences_are_counted_as_sentences_also_where_a_table_holds_them():
    assert counted(5, (20, 13), 1) == "5 sentences of 20 different words"


def test_a_column_that_is_said_to_be_text_is_text_though_its_values_repeat(tmp_path):
    lines = [f"{'good' if n % 2 else 'bad'} day {n % 3},{n % 2}" for n in range(90)]
    (tmp_path / "days.csv").write_text("\n".join(["note,kind", *lines]) + "\n")
    assert not wxb.load_data(tmp_path / "days.csv", target="kind").preparation.texts
    (column,) = wxb.load_data(tmp_path / "days.csv", target="kind", types="note=text").preparation.texts
    assert column.name == "note"
