"""What all data sets share: names, sources, fingerprints and the order of classes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.data import load_data, match_classes
from wxb.data.known.sets import KNOWN
from wxb.data.tables.grammar import GRAMMARS
from wxb.data.toys import TOYS
from wxb.errors import WxbError


def test_an_unknown_name_has_the_nearest_known_one():
    with pytest.raises(WxbError) as caught:
        load_data("minst")
    assert str(caught.value) == (
        "minst is neither a data set nor a folder; mnist is a data set\n"
        f"  known: {', '.join([*KNOWN, *TOYS, *GRAMMARS])}, a folder of pictures, or a table (.csv, .tsv, .parquet, "
        ".data, .txt; also .gz)\n"
        "  fix: mnist"
    )


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WxbError, match="nowhere is neither a data set nor a folder\n  known: digits"):
        load_data(tmp_path / "nowhere")


def test_a_file_is_no_data_set(tmp_path):
    (tmp_path / "notes.doc").write_text("a,b\n1,2\n")
    with pytest.raises(WxbError, match=r"notes\.doc is a file, not a data set"):
        load_data(tmp_path / "notes.doc")


def test_a_name_goes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(load_data("digits").examples) == 1797
    with pytest.raises(WxbError, match="digits/ is not a folder of class folders"):
        load_data("./digits")


def test_targets_without_an_array_are_refused():
    with pytest.raises(WxbError, match="targets belong to an array of examples\n  the examples given are 'digits'"):
        load_data("digits", [1, 2, 3])


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(WxbError) as caught:
        load_data("digits", seed=seed)
    assert caught.value.what == f"`seed={seed}`: expected a whole number from 0 to 9,223,372,036,854,775,807"
    assert caught.value.fix == "`seed=0`"


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("digits", {}),
        ("digits", {"seed": 3, "split": "0.5,0.25,0.25", "name": "mine"}),
        ("ring", {"examples": 100, "noise": 0.25, "seed": 9}),
        ("digits", {"classes": tuple("9876543210")}),
    ],
)
def test_the_source_reads_the_same_data_again(source, options):
    first = load_data(source, **options)
    again = load_data(**first.source)
    assert again.fingerprint == first.fingerprint
    assert np.array_equal(again.split.test, first.split.test)
    assert (again.name, again.source, again.split.how) == (first.name, first.source, first.split.how)


def test_the_fingerprint_is_of_examples_targets_and_names_and_not_of_the_split():
    data = load_data("digits")
    same = load_data("digits", seed=1, name="other")
    assert data.fingerprint == same.fingerprint
    assert len(data.fingerprint) == 64
    examples, targets = data.examples.copy(), data.targets.copy()
    examples[100, 0, 3, 3] ^= 1
    targets[100] = (targets[100] + 1) % 10
    changed = [
        replace(data, examples=examples),
        replace(data, targets=targets),
        replace(data, classes=(*"012345678", "nine")),
        replace(data, examples=data.examples.astype(np.float32)),
        replace(data, examples=data.examples.reshape(-1, 1, 4, 16)),
        replace(data, task="multilabel"),
    ]
    assert len({data.fingerprint, *(other.fingerprint for other in changed)}) == 7


def test_the_fingerprint_of_the_digits_stays_what_it_is():
    # runs on disk hold it: another one here would make all of them strangers to their data
    assert load_data("digits").fingerprint == PINNED


@given(st.permutations(range(10)))
def test_classes_are_matched_by_name(order):
    data = load_data(np.arange(60)[:, None], np.arange(60) % 10)
    wanted = tuple(str(number) for number in order)
    matched = match_classes(data, wanted)
    assert matched.classes == wanted
    assert [wanted[number] for number in matched.targets[:50]] == [data.classes[number] for number in data.targets[:50]]
    assert match_classes(matched, data.classes).fingerprint == data.fingerprint


@pytest.mark.parametrize("kind", ["multilabel", "regression"])
def test_columns_are_matched_by_name(kind):
    random = np.random.default_rng(1)
    columns = random.normal(size=(30, 3)) if kind == "regression" else random.integers(0, 2, (30, 3))
    data = load_data(random.normal(size=(30, 2)), columns, classes=("a", "b", "c"))
    matched = match_classes(data, ("c", "a", "b"))
    assert matched.task == kind
    assert np.array_equal(matched.targets, data.targets[:, [2, 0, 1]])


def test_other_classes_are_refused_with_what_differs():
    data = load_data(np.arange(30)[:, None], ["cat", "dog", "cow"] * 10, name="farm")
    with pytest.raises(WxbError) as caught:
        match_classes(data, ("cat", "dog", "horse"))
    assert str(caught.value) == (
        "the classes of farm are not the expected ones\n"
        "  expected 3: cat, dog, horse\n"
        "  not in farm: horse\n"
        "  only in farm: cow\n"
        "  fix: data with the same class names; their order does not matter"
    )


PINNED = "d58d08b42852ec868d7442b1f0a74ad32691779d5fa44081fff39649d5183c48"
