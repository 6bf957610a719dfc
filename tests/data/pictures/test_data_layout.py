"""How a picture folder is read: names of parts, links, runs, hidden names, names that are no UTF-8, bounds."""

import os
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wxb.data import load_data
from wxb.data.load import loading
from wxb.data.pictures import folder as pictures
from wxb.data.pictures import layout, readable, tree
from wxb.data.pictures.layout import Searched
from wxb.data.pictures.parts import part_of, parts_of
from wxb.errors import WxbError


def save(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)).save(path)
    return path


def fill(home: Path, *folders: str, each: int = 6) -> Path:
    """So many pictures in each of these folders below `home`, no two alike."""
    for name in folders:
        for i in range(each):
            save(home / name / f"{i}.png", crc32(f"{name}/{i}".encode()))
    return home


def counts(data) -> dict[str, int]:
    return {name: int((data.targets == number).sum()) for number, name in enumerate(data.classes)}


def sizes(data) -> list[int]:
    return [len(part) for part in (data.split.train, data.split.validation, data.split.test)]


# --- parts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Training", "Testing"),
        ("training_set", "test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("Train Data", "Testing Data"),
        ("TrainSet", "TestSet"),
        ("train_images/images", "test_images/images"),
        ("trainset", "test1"),
        ("train2017", "val2017"),
        ("asl_alphabet_train/asl_alphabet_train", "asl_alphabet_test/asl_alphabet_test"),
    ],
)
def test_folders_named_after_parts_are_parts_and_a_note_says_so(tmp_path, train, test):
    home = fill(tmp_path / "x", *(f"{part}/{name}" for part in (train, test) for name in ("cat", "dog")), each=10)
    data = load_data(home)
    assert data.classes == ("cat", "dog")
    assert len(data.split.test) == 20
    assert all(data.files[row].startswith(f"{test}/") for row in data.split.test)
    kind = "validation" if "val" in test else "test"
    note = f"x/ is divided into parts by the names of its folders: {train}/ is train, {test}/ is {kind}"
    assert data.notes[0] == note


def test_plain_names_need_no_note(tmp_path):
    home = fill(tmp_path / "x", *(f"{part}/{name}" for part in ("train", "val", "test") for name in "ab"))
    assert load_data(home).notes == ()


def test_parts_in_a_folder_of_their_own_are_found(tmp_path):
    home = fill(tmp_path / "archive", *(f"dataset/{part}/{name}" for part in ("train", "test") for name in "ab"))
    data = load_data(home)
    assert data.classes == ("a", "b")
    assert len(data.split.test) == 12
    assert "dataset/train/ is train, dataset/test/ is test" in data.notes[0]


def test_the_rows_are_those_of_the_plain_names(tmp_path):
    plain = fill(tmp_path / "plain", *(f"{part}/{name}" for part in ("train", "test") for name in "ab"))
    one = load_data(plain)
    for part in ("train", "test"):
        (plain / part).rename(plain / f"{part.capitalize()} Data")
    two = load_data(plain)
    assert one.fingerprint == two.fingerprint
    assert np.array_equal(one.split.validation, two.split.validation)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train", ("train", ())),
        ("TRAINING", ("train", ())),
        ("trainval", ("train", ())),
        ("Train-Data_2", ("train", ())),
        ("images.dev", ("validation", ())),
        ("ValidationImages", ("validation", ())),
        ("evaluation", ("test", ())),
        ("chest xray test", ("test", ("chest", "xray"))),
        ("train_test", None),
        ("trains", None),
        ("contest", None),
        ("data", None),
        ("élève", None),
        ("", None),
    ],
)
def test_the_part_of_a_name(name, expected):
    assert part_of(name) == expected


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_names_have_parts_or_none(names):
    parts = parts_of(names)
    assert set(parts) <= set(names)
    assert not parts or "train" in parts.values()


@pytest.mark.parametrize("names", [("training", "running"), ("train_cats", "train_dogs"), ("model train", "car")])
def test_classes_with_such_words_in_their_names_stay_classes(tmp_path, names):
    assert load_data(fill(tmp_path / "x", *names)).classes == tuple(sorted(names))


def test_a_class_for_training_beside_classes_with_the_same_folders_is_a_class(tmp_path):
    home = fill(tmp_path / "x", *(f"{name}/{person}" for name in ("running", "training", "walking") for person in "12"))
    data = load_data(home)
    assert data.classes == ("running", "training", "walking")
    assert data.notes == ("each class folder holds the same folders (1, 2); the classes are the outer ones",)


def test_names_of_several_groups_of_parts_are_classes_and_a_note_says_so(tmp_path):
    home = fill(tmp_path / "x", "cat_test", "cat_train", "dog_test", "dog_train")
    data = load_data(home)
    assert data.classes == ("cat_test", "cat_train", "dog_test", "dog_train")
    assert data.notes == ("cat_test/, cat_train/, dog_test/, dog_train/ are read as classes, not as parts of the data",)


def test_parts_without_one_for_training_are_refused(tmp_path):
    home = fill(tmp_path / "x", "val/a", "val/b", "test/a", "test/b")
    with pytest.raises(WxbError) as caught:
        load_data(home)
    assert str(caught.value) == (
        "x/ has no folder for training\n"
        "  it has test/, val/, which are named after other parts\n"
        "  fix: x/train/CLASS/picture.jpg"
    )


def test_a_part_with_files_instead_of_class_folders_is_refused(tmp_path):
    home = fill(tmp_path / "x", "train", "test1")
    with pytest.raises(WxbError, match="x/train/ is not a folder of class folders"):
        load_data(home)


# --- links ------------------------------------------------------------------------------------------------------------


def test_links_to_folders_are_followed(tmp_path):
    home = fill(tmp_path / "x", "a", "b")
    fill(tmp_path, "more/deep")
    (home / "a" / "more").symlink_to("../../more")
    data = load_data(home)
    assert counts(data) == {"a": 12, "b": 6}
    assert "a/more/deep/0.png" in data.files
    assert data.notes == ()


def test_a_class_may_be_a_link_or_hold_links_alone(tmp_path):
    home = fill(tmp_path / "x", "b")
    fill(tmp_path, "c", "d")
    (home / "c").symlink_to(tmp_path / "c")
    (home / "a").mkdir()
    (home / "a" / "all").symlink_to(tmp_path / "d")
    assert counts(load_data(home)) == {"a": 6, "b": 6, "c": 6}


def test_circles_of_links_end_and_are_noted(tmp_path):
    home = fill(tmp_path / "x", "a", "b")
    outside = fill(tmp_path, "outside/in")
    (home / "a" / "again").symlink_to(home)
    (home / "a" / "self").symlink_to(".")
    (home / "all").symlink_to(".")
    (home / "b" / "out").symlink_to(outside / "outside")
    (outside / "outside" / "back").symlink_to(home / "b" / "out")
    (outside / "outside" / "in" / "up").symlink_to(outside)
    data = load_data(home)
    assert counts(data) == {"a": 6, "b": 12}
    assert "5 a link to a folder around it  all/ a/again/ and 3 more" in data.notes[0]


def test_a_link_to_a_folder_that_is_read_anyway_changes_nothing(tmp_path):
    home = fill(tmp_path / "x", "a/z", "b")
    before = load_data(home)
    (home / "a" / "c").symlink_to("z")
    after = load_data(home)
    assert (after.files, after.fingerprint, after.notes) == (before.files, before.fingerprint, ())


def test_a_link_to_another_class_is_not_followed(tmp_path):
    home = fill(tmp_path / "x", "train/a", "train/b", "test/a", "test/b")
    before = load_data(home)
    (home / "train" / "b" / "link").symlink_to("../a")
    (home / "test" / "a" / "link").symlink_to("../../train/b")
    after = load_data(home)
    assert (after.files, after.fingerprint) == (before.files, before.fingerprint)


def test_a_link_to_a_hidden_folder_is_followed(tmp_path):
    home = fill(tmp_path / "x", "a/.store", "b")
    (home / "a" / "pictures").symlink_to(".store")
    assert counts(load_data(home)) == {"a": 6, "b": 6}


# --- what is passed over ----------------------------------------------------------------------------------------------


def test_thumbnails_of_a_network_drive_and_hidden_pictures_are_passed_over_and_noted(tmp_path):
    home = fill(tmp_path / "x", "a", "b")
    expected = load_data(home)
    for name in (
        "@eaDir/a/0.png",
        "a/@eaDir/0.png/thumb.png",
        "a/.thumbnails/0.png",
        "__MACOSX/a/._0.png",
        "b/._1.png",
    ):
        save(home / name, 7)
    for name in (".DS_Store", "a/Thumbs.db", "b/desktop.ini"):
        (home / name).write_bytes(b"?")
    data = load_data(home)
    assert data.fingerprint == expected.fingerprint
    assert data.notes == (
        "x/: 12 pictures in 2 classes; 1 file and 4 folders left out\n  5 hidden, "
        "or the system's  @eaDir/ __MACOSX/ and 3 more",
    )


@pytest.mark.parametrize("place", ["runs", "results/old", "a", "."])
@pytest.mark.parametrize("state", ["run.json", "environment.json"])
def test_runs_are_passed_over_wherever_they_are(tmp_path, place, state):
    home = fill(tmp_path / "x", "a", "b")
    expected = load_data(home)
    for name in ("settings.toml", state, "report.html"):
        path = home / place / "x-1234" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (home / place / "x-5678").mkdir()  # begun and killed
    if place == ".":
        (home / "x-5678").rmdir()
    data = load_data(home)
    assert (data.fingerprint, data.files) == (expected.fingerprint, expected.files)
    assert len(data.notes) == 1
    assert "of wxb" in data.notes[0]


def test_an_empty_folder_of_runs_is_no_class_but_a_class_may_be_called_runs(tmp_path):
    home = fill(tmp_path / "x", "a", "b")
    (home / "runs" / "gone").mkdir(parents=True)
    assert load_data(home).classes == ("a", "b")
    fill(home, "runs")
    assert load_data(home).classes == ("a", "b", "runs")


def test_a_class_with_a_run_in_it_keeps_pictures_without_endings(tmp_path):
    home = fill(tmp_path / "x", "a", "b")
    for file in (home / "a").iterdir():
        file.rename(file.with_suffix(""))
    (home / "a" / "run").mkdir()
    for name in ("settings.toml", "run.json"):
        (home / "a" / "run" / name).write_text("")
    assert counts(load_data(home)) == {"a": 6, "b": 6}


def test_a_folder_that_cannot_be_read_is_noted(tmp_path, monkeypatch):
    home = fill(tmp_path / "x", "a", "a/private", "b")
    scandir = os.scandir

    def refusing(path):
        if Path(path).name == "private":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(tree.os, "scandir", refusing)
    data = load_data(home)
    assert counts(data) == {"a": 6, "b": 6}
    assert data.notes == ("x/: 12 pictures in 2 classes; 1 folder left out\n  1 not readable  a/private/",)
    (home / "a").rename(home / "private")
    with pytest.raises(WxbError) as caught:
        load_data(home)
    assert "1 folder left out\n    1 not readable  private/" in str(caught.value)


# --- names ------------------------------------------------------------------------------------------------------------


def test_class_names_that_are_no_utf8_stay_apart_and_are_shown_escaped(tmp_path):
    for number, name in enumerate((b"caf\xe9", b"caf\xe8", "café".encode())):
        folder = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path / "x"), name)))
        for i in range(6):
            save(folder / f"{i}.png", 100 * number + i)
    data = load_data(tmp_path / "x")
    assert counts(data) == {r"caf\xe8": 6, r"caf\xe9": 6, "café": 6}
    assert r"caf\xe8/0.png" in data.files


def test_two_class_folders_that_are_shown_alike_are_refused(tmp_path):
    home = fill(tmp_path / "home", "bar", r"caf\xe9", each=2)
    save(home / os.fsdecode(b"caf\xe9") / "0.png", 1)
    with pytest.raises(WxbError, match=r"two class folders of home/ are called caf\\xe9\n.*not UTF-8"):
        load_data(home)


def test_class_folders_that_differ_in_what_shows_nothing_are_noted(tmp_path):
    data = load_data(fill(tmp_path / "home", "bar", "foo", "foo\u200b"))
    assert "two class folders are called foo: their names differ only in characters that show nothing" in data.notes
    assert len(data.classes) == 3


def test_pictures_of_several_classes_are_noted_with_their_paths(tmp_path):
    home = fill(tmp_path / "x", "a", "b")
    (home / "b" / "9.png").write_bytes((home / "a" / "3.png").read_bytes())
    assert load_data(home).notes[0] == ("1 picture is also in another class, with the same pixels: a/3.png and b/9.png")
    (home / "b" / "10.png").write_bytes((home / "a" / "4.png").read_bytes())
    assert load_data(home).notes[0] == (
        "2 pictures are also in another class, with the same pixels: a/3.png and b/9.png …"
    )


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_the_search_says_how_far_it_has_come(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "SEARCHED_EACH", 5)
    monkeypatch.setattr(pictures, "SEARCHED_EACH", 5)
    steps = [step for step in loading(fill(tmp_path / "x", "a", "b")) if isinstance(step, Searched)]
    assert [step.files for step in steps] == [5, 10, 5, 10]  # found, then opened


def test_the_number_of_files_is_bounded(tmp_path, monkeypatch):
    home = fill(tmp_path / "x", "a", "b")
    monkeypatch.setattr(layout, "MOST_FILES", 10)
    monkeypatch.setattr(tree, "MOST_FILES", 10)
    with pytest.raises(WxbError, match="holds more than 10 files"):
        load_data(home)


def test_a_folder_of_other_files_is_refused_before_all_are_opened(tmp_path, monkeypatch):
    home = fill(tmp_path / "x", "a", "b", each=2)
    for i in range(200):
        (home / "a" / f"program{i}").write_text("no picture")
    monkeypatch.setattr(readable, "DOUBTED_FROM", 50)
    monkeypatch.setattr(pictures, "SEARCHED_EACH", 25)
    with pytest.raises(WxbError) as caught:
        load_data(home)
    assert "does not look like a folder of pictures\n  of the first 50 files 2 are pictures" in str(caught.value)
