"""Sentences of tokens: CoNLL files, tables of tokens, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb.data import describe
from wxb.data.tables.tokens import sentences_in
from wxb.data.tables.vocabulary import fit_vocabulary
from wxb.data.tables.window import features_of, shape_of
from wxb.errors import WxbError

CONLL = """-DOCSTART- -X- O

Anna NNP B-PER
lives VBZ O
in IN O
Zürich NNP B-LOC

東京 NNP B-LOC
"""


def written(tmp_path, text, name="t.conll"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_fields_are_word_part_of_speech_and_tag():
    first, second = sentences_in(CONLL, "t.conll")
    assert first.words == ["Anna", "lives", "in", "Zürich"]
    assert first.parts == ["NNP", "VBZ", "IN", "NNP"]
    assert first.tags == ["B-PER", "O", "O", "B-LOC"]
    assert second.words == ["東京"]


def test_of_conllu_the_word_and_its_part_of_speech_are_taken():
    text = (
        "# text = Hi there\n1-2\tHithere"
        + "\t_" * 8
        + "\n1\tHi\thi\tINTJ"
        + "\t_" * 6
        + "\n2\tthere\tt\tADV"
        + "\t_" * 6
    )
    (one,) = sentences_in(text, "t.conllu")
    assert (one.words, one.tags) == (["Hi", "there"], ["INTJ", "ADV"])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Anna B-PER\nlives\n", "line 2 of t.conll has 1 field, line 1 has 2"),
        ("Anna\nlives\n", "line 1 of t.conll holds a word and no tag"),
        ("\n\n", "t.conll has no sentences"),
        ("", "t.conll has no sentences"),
        ("a O\n" * 100_000, "the sentence at line 1 of t.conll has 100,000 words"),
        ("Ann\xe9 B-PER\n".encode("latin-1"), "t.conll is not in UTF-8"),
        ("a O\nb O\n\nc O\n", "all rows of t.conll have one tag, O"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, what):
    with pytest.raises(WxbError) as error:
        wxb.load_data(written(tmp_path, text))
    assert what in str(error.value)


TABLE = "sentence,word,pos,tag\n" + "\n".join(
    f"{place},{name},NNP,B-PER\n,ran,VBD,O" for place, name in enumerate(["Anna", "Bo", "NA", "Eve", "true", "12"] * 5)
)


def test_a_table_of_tokens_has_a_column_of_sentences(tmp_path):
    data = wxb.load_data(written(tmp_path, TABLE, "t.csv"), target="tag", group="sentence", task="tags")
    assert data.classes == ("O", "B-PER")
    assert len(data.examples) == 30
    assert data.columns.words(data.examples[2]) == {"word": "NA ran"}
    assert (data.targets == [1, 0]).all()
    same = wxb.load_data(written(tmp_path, TABLE, "t.csv"), like=data.table)
    assert (same.targets == data.targets).all()


@pytest.mark.parametrize(
    ("table", "settings", "what"),
    [
        (TABLE, {}, "which of its columns says where a sentence ends"),
        (TABLE.replace("Eve,NNP,B-PER", "Eve,NNP,"), {"group": "sentence"}, "has no tag"),
        (TABLE.replace("Eve,NNP", ",NNP"), {"group": "sentence"}, "has no word"),
        (TABLE, {"group": "sentences"}, "sentences"),
    ],
)
def test_a_table_with_holes_is_refused(tmp_path, table, settings, what):
    with pytest.raises(WxbError) as error:
        wxb.load_data(written(tmp_path, table, "t.csv"), target="tag", task="tags", **settings)
    assert what in str(error.value)


def test_the_eight_kinds_of_designed_features():
    sentence = [f"{word}\x1e{part}" for word, part in (("In", "IN"), ("Oslo-2", "NNP"), ("rains", "VBZ"))]
    first, second, _ = features_of(sentence)
    assert {"word Oslo-2", "before In", "after rains", "tag NNP", "tags IN NNP VBZ"} <= set(second)
    assert {"shape Xx-d", "shapes Xx Xx-d x", "left In", "right rains"} <= set(second)
    runs = {one.removeprefix("run ") for one in second if one.startswith("run ")}
    assert len(runs) == sum(len("<Oslo-2>") - size + 1 for size in range(2, 9))
    assert {"<O", "slo", "<Oslo-2>"} <= runs
    assert {"right Oslo-2", "right rains", "before <"} <= set(first)
    assert not any(one.startswith("left") for one in first)


def test_the_window_reaches_four_words_to_each_side():
    found = features_of(list("abcdefghij"))[5]
    assert {one for one in found if one.startswith("left")} == {"left b", "left c", "left d", "left e"}
    assert {one for one in found if one.startswith("right")} == {"right g", "right h", "right i", "right j"}


@pytest.mark.parametrize(
    ("word", "shape"), [("USA", "X"), ("McDonald", "XxXx"), ("1984", "d"), ("naïve", "x"), ("-", "-")]
)
def test_shapes(word, shape):
    assert shape_of(word) == shape


def test_names_of_the_toy_stand_in_one_part():
    data = wxb.load_data("names", examples=400)
    (texts,) = data.columns.texts.values()
    of_part = {}
    for part in ("train", "test"):
        rows = data.split.part(part)
        of_part[part] = {
            token.partition("\x1e")[0]
            for row in rows
            for token, tag in zip(texts[int(data.examples[row, 0])].split("\x1f"), data.targets[row], strict=False)
            if data.classes[tag].startswith("B-") and token.partition("\x1e")[0] != "New"
        }
    assert of_part["train"]
    assert not of_part["train"] & of_part["test"]


def test_rare_and_unseen_words_share_a_number():
    data = wxb.load_data("names", examples=400)
    words = set(data.preparation.vocabulary.words)
    assert "on" in words
    numbers = data.inputs[data.split.test][:, 0]
    assert (numbers == 1).any()
    assert numbers.max() <= len(words) + 1


TOKENS = [("Anna", "B-PER"), ("sees", "O"), ("Rome", "B-LOC")]


def table_of(tmp_path, head, lines, name="t.csv"):
    return written(tmp_path, "\n".join([head, *lines]) + "\n", name)


def test_a_sentence_with_its_tags_in_each_row(tmp_path):
    lines = ["Anna sees Rome,B-PER O B-LOC", "Anna ran,B-PER O", "he ran,O O", "it rained,O O"]
    data = wxb.load_data(table_of(tmp_path, "text,tags", lines), target="tags", task="tags")
    assert data.task == "tags"
    assert data.inputs.lengths.tolist() == [3, 2, 2, 2]
    with pytest.raises(WxbError) as error:
        wxb.load_data(table_of(tmp_path, "text,tags", [*lines, "so it goes,O O"]), target="tags", task="tags")
    assert error.value.what == "row 4 of t.csv has 3 words and 2 tags"


@pytest.mark.parametrize(
    ("head", "fix"), [("word,tag", "a column sentence with"), ("word,tag,number", '`group="number"`')]
)
def test_the_way_out_of_a_table_without_sentences_names_its_own_columns(tmp_path, head, fix):
    lines = [f"{word},{tag}" + ",1" * (head.count(",") - 1) for word, tag in TOKENS]
    with pytest.raises(WxbError) as error:
        wxb.load_data(table_of(tmp_path, head, lines), target="tag", task="tags")
    assert "which of its columns says where a sentence ends?" in error.value.what
    assert error.value.fix.startswith(fix)


def test_a_table_of_tokens_read_as_single_rows_is_noted(tmp_path):
    lines = [f"{number},{word},{tag}" for number in range(20) for word, tag in TOKENS]
    data = wxb.load_data(table_of(tmp_path, "sentence,word,tag", lines), target="tag")
    assert '`task="tags"` with `group="sentence"`' in data.notes[0]
    lines = [f"{number},{word},{tag[-1]}" for number in range(20) for word, tag in TOKENS]
    data = wxb.load_data(table_of(tmp_path, "sentence,word,kind", lines), target="kind")
    assert not any("task=" in note for note in data.notes)


def test_equal_sentences_of_the_toy_are_no_copies():
    data = wxb.load_data("names", examples=400)
    assert len(np.unique(data.copies)) == len(data.examples)


def test_counts_of_tags_are_of_words():
    said = "\n".join(describe.lines(wxb.load_data("names", examples=200)))
    head, *rows = said.split("\n\n")[1].splitlines()
    assert head.split()[0] == "tag"
    assert sum(float(row.split()[-2]) for row in rows) == pytest.approx(100, abs=1)


def vocabulary(sentences):
    """The words with numbers of their own, of sentences that are all for training."""
    return set(fit_vocabulary(sentences, np.arange(len(sentences)), whole=True, window=False).words)


def test_the_rarest_words_stand_for_unseen_ones_where_all_are_frequent():
    sentences = [["in", "the", "city", "of", f"place {n % 60}"] for n in range(300)]  # each place in five
    sentences += [["in", f"town {n % 10}"] for n in range(30)]  # each town in three
    known = vocabulary(sentences)
    assert {"in", "the", "city", "of", "place 7"} < known
    assert not any(word.startswith("town") for word in known)


def test_a_word_of_one_sentence_is_enough_to_learn_the_number_of_unseen_ones():
    sentences = [["in", "the", f"place {n // 2}"] for n in range(100)] + [["in", f"town {n}"] for n in range(20)]
    known = vocabulary(sentences)
    assert "place 7" in known
    assert "town 3" not in known


def test_frequent_words_are_known_even_if_there_are_no_others():
    assert vocabulary([["good", "day"], ["bad", "day"]] * 40) == {"good", "bad", "day"}
    assert vocabulary([["good", "day"], ["bad", "day"]] * 3) == {"good", "bad", "day"}
