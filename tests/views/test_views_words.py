"""The view of words: what each does to the answer, and which tag it has."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb import views
from wxb.data.tables.window import parted
from wxb.errors import WxbError
from wxb.tasks.tags import BETWEEN
from wxb.views.gallery.words import MOST


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A run that tells good days from bad ones, and its data."""
    folder = tmp_path_factory.mktemp("letters")
    lines = [f"a {'good' if n % 2 else 'bad'} day {n % 7} <b>,{n % 3},{'yes' if n % 2 else 'no'}" for n in range(240)]
    (folder / "letters.csv").write_text("\n".join(["text,number,kind", *lines]) + "\n")
    data = wxb.load_data(folder / "letters.csv", target="kind", types="text=text")
    return wxb.train(data, epochs=5, out=folder / "run", seed=0), data, folder


def test_the_effect_of_a_word_is_what_the_score_loses_without_it(letters, tmp_path):
    run, data, _ = letters
    shown = views.words(run, data, example=4)
    some, effects = shown["words"][0].tolist(), shown["effects"][0]
    row, place = int(shown["rows"][0]), data.preparation.names.index("text")
    text = data.columns.texts["text"][int(data.examples[row, place])]
    number = int(data.examples[row, 1 - place])
    assert some == ["a", text.split()[1], "day", text.split()[3], "<", "b", ">"]
    (tmp_path / "new.csv").write_text(
        f"text,number\n{text},{number}\n{text.replace('good ', '').replace('bad ', '')},{number}\n"
    )
    scores = run.predict(tmp_path / "new.csv").scores.astype(np.float64)
    scores -= scores.mean(axis=1, keepdims=True)
    output = data.classes.index(shown["outputs"][0])
    assert effects[1] == pytest.approx((scores[0] - scores[1])[output], abs=1e-4)
    assert np.abs(effects).argmax() == 1


def test_an_output_is_chosen_by_its_name(letters):
    run, data, _ = letters
    yes, no = (views.words(run, data, example=0, output=name) for name in ("yes", "no"))
    assert yes["outputs"].tolist() == ["yes"]
    assert yes["effects"] == pytest.approx(-no["effects"], abs=1e-5)
    with pytest.raises(WxbError, match=r"^ye is not an output of this network; yes is"):
        views.words(run, data, output="ye")


def test_each_class_is_among_the_examples(letters):
    run, data, _ = letters
    assert set(data.targets[views.words(run, data)["rows"]]) == {0, 1}


def test_a_table_of_others_is_read_as_the_run_reads_it(letters):
    run, data, folder = letters
    lines = (folder / "letters.csv").read_text().splitlines()
    swapped = [",".join(reversed(line.split(","))) for line in lines]
    (folder / "swapped.csv").write_text("\n".join(swapped) + "\n")
    other = wxb.load_data(folder / "swapped.csv", target="kind", types="text=text")
    one, two = views.words(run, data, example=0), views.words(run, other, example=0)
    assert one["words"].tolist() == two["words"].tolist()
    assert one["effects"] == pytest.approx(two["effects"], abs=1e-5)


def test_a_text_of_many_words_is_cut_and_says_so(tmp_path):
    lines = [f"{'good' if n % 2 else 'bad'} {' '.join(str(n * k) for k in range(200))},{n % 2}" for n in range(40)]
    (tmp_path / "long.csv").write_text("\n".join(["text,kind", *lines]) + "\n")
    data = wxb.load_data(tmp_path / "long.csv", target="kind", types="text=text", task="classification")
    shown = views.words(wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run"), data)
    assert shown["words"].shape[1] == MOST
    assert f"The first {MOST} words of a text are shown." in shown.notes
    assert "<svg" in shown.svg()


def test_words_of_a_sentence_stand_with_their_given_and_predicted_tags(trained, tmp_path):
    run, data = trained["tags"]
    shown = views.words(run, data)
    for place, row in enumerate(shown["rows"].tolist()):
        words = [word for word in shown["words"][place].tolist() if word]
        given = [data.classes[tag] for tag in data.targets[row] if tag >= 0]
        assert [tag for tag in shown["given"][place].tolist() if tag] == given
        assert len(words) == len(given)
        assert not any("\x1e" in word or "\x1f" in word for word in words)
        (column,) = data.columns.texts.values()
        tokens = [parted(token) for token in column[int(data.examples[row, 0])].split(BETWEEN)]
        (tmp_path / "one.conll").write_text("".join(f"{word} {pos} O\n" for word, pos in tokens))
        said = run.predict(tmp_path / "one.conll").tags[0]
        assert [tag for tag in shown["predicted"][place].tolist() if tag] == list(said)


def test_markup_in_a_text_is_shown_as_it_is(letters):
    run, data, folder = letters
    page = views.words(run, data).save(folder / "words.html").read_text()
    assert "<b>" not in page
    assert "&lt;" in page


def test_a_network_without_texts_is_refused(trained):
    with pytest.raises(WxbError, match=r"^words is for texts and sentences"):
        views.words(*trained["conv"])


def test_several_texts_of_a_row_are_told_apart_and_a_missing_one_is_said(tmp_path):
    lines = [f"{'good' if n % 2 else 'bad'} day {n},{'fine title' if n % 3 else ''},{n % 2},{n % 4}" for n in range(80)]
    (tmp_path / "two.csv").write_text("\n".join(["text,title,kind,size", *lines]) + "\n")
    types = "text=text,title=text,size=number"
    data = wxb.load_data(tmp_path / "two.csv", target="kind", types=types, task="classification")
    shown = views.words(wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run"), data)
    assert set(shown["columns"].ravel().tolist()) - {""} == {"text", "title"}
    assert "title:" in shown.svg()
    assert any(note == "Columns that are no texts are read too, and not shown: size." for note in shown.notes)


def test_a_row_without_a_text_says_so(tmp_path):
    lines = [f"{('good' if n % 2 else 'bad') if n % 4 > 1 else ''},{n % 5},{n % 2}" for n in range(120)]
    (tmp_path / "some.csv").write_text("\n".join(["text,size,kind", *lines]) + "\n")
    data = wxb.load_data(tmp_path / "some.csv", target="kind", types="text=text", task="classification")
    run = wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run")
    codes = data.examples[data.split.test, data.preparation.names.index("text")]
    shown = views.words(run, data, example=int(np.flatnonzero(np.isnan(codes))[0]))
    assert "(no text)" in shown.svg()


def test_an_output_of_tags_is_refused(trained):
    with pytest.raises(WxbError, match=r"is for texts, and a sentence has a tag for each word"):
        views.words(*trained["tags"], output="PER")


def test_characters_without_a_glyph_are_counted_in_a_note(letters):
    run, data, _ = letters
    shown = views.words(run, data)
    shown["words"][0, 0] = "\u597d"
    assert "lacks 1 character" in shown.svg()


def test_every_class_is_among_the_examples_where_there_are_fewer_classes_than_examples(tmp_path):
    lines = [f"word {n % 4} of {n},{'abcd'[n % 4]}" for n in range(160)]
    (tmp_path / "four.csv").write_text("\n".join(["text,kind", *lines]) + "\n")
    data = wxb.load_data(tmp_path / "four.csv", target="kind", types="text=text")
    shown = views.words(wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run"), data)
    assert len(shown["rows"]) == 6
    assert set(data.targets[shown["rows"]]) == {0, 1, 2, 3}


def test_a_tag_with_a_blank_in_its_name_is_drawn(tmp_path):
    lines = [f"{n // 2},{('the', 'city')[n % 2]}{n % 6 // 2},{('other', 'proper noun')[n % 2]}" for n in range(160)]
    (tmp_path / "tokens.csv").write_text("\n".join(["sentence,word,tag", *lines]) + "\n")
    data = wxb.load_data(tmp_path / "tokens.csv", task="tags", target="tag", group="sentence")
    shown = views.words(wxb.train(data, "EMBED-4-RNN-4, TAGS", epochs=1, out=tmp_path / "run"), data)
    assert set(shown["given"].ravel().tolist()) == {"other", "proper noun"}
    assert "<svg" in shown.svg()
