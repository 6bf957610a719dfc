"""Packs: what comes from one is what decoding gives, and one that is not of the folder as it is now is never read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wxb.data import describe, load_data
from wxb.data.load import loading
from wxb.data.pictures import cache as packs
from wxb.data.pictures import folder as pictures
from wxb.data.pictures import pack as packed
from wxb.data.pictures.decoding import LeftOut
from wxb.data.pictures.pack import is_mapped, read_ahead
from wxb.data.pictures.threads import in_order
from wxb.errors import WxbError
from wxb.hardware import cores

Disk = namedtuple("Disk", "total used free")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, in which every picture folder is packed; where packs lie."""
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "PACKED_FROM", 1)
    monkeypatch.setattr(packs, "_used_here", set())
    return tmp_path / "cache" / "pictures"


def picture(seed: int, height: int = 12, width: int = 10) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def make(home: Path, classes: str = "ab", each: int = 10, **sizes: int) -> Path:
    """A folder of class folders of pictures, two copies and a file that is none among them."""
    for number, name in enumerate(classes):
        (home / name).mkdir(parents=True)
        for i in range(each):
            picture(100 * number + i, **sizes).save(home / name / f"{i}.png")
        picture(100 * number, **sizes).save(home / name / "copy.png")
    (home / "a" / "cut.png").write_bytes((home / "a" / "1.png").read_bytes()[:200])
    (home / "a" / "notes.txt").write_text("no picture")
    return home


@pytest.fixture
def folder(tmp_path) -> Path:
    return make(tmp_path / "photos")


@pytest.fixture
def decoded(monkeypatch) -> list[Path]:
    """The files that are decoded, as they are."""
    seen: list[Path] = []
    decode = pictures.decode
    monkeypatch.setattr(pictures, "decode", lambda path, *rest: seen.append(path) or decode(path, *rest))
    return seen


def pack_of(cache: Path) -> Path:
    (path,) = cache.glob("*.pixels")
    return path


def assert_same(one, other):
    assert np.array_equal(one.examples, other.examples)
    assert np.array_equal(one.targets, other.targets)
    assert (one.classes, one.files, one.notes, one.fingerprint) == (
        other.classes, other.files, other.notes, other.fingerprint,
    )  # fmt: skip
    assert one.split.how == other.split.how
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(one.split, part), getattr(other.split, part))
    assert describe.describe(one) == describe.describe(other)


# --- the same ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"size": 7}, {"split": "0.5,0.2,0.3", "seed": 3}])
def test_data_from_a_pack_are_those_that_decoding_gives(folder, decoded, cache, options):
    held = load_data(folder, cache=False, **options)
    assert not cache.exists()
    made = load_data(folder, **options)
    decoded.clear()
    opened = load_data(folder, **options)
    assert decoded == []
    assert (is_mapped(held.examples), is_mapped(made.examples), is_mapped(opened.examples)) == (False, True, True)
    assert_same(made, held)
    assert_same(opened, held)
    assert "2 files left out" in opened.notes[0]
    assert "2 pictures are copies of another" in opened.notes[1]


def test_parts_of_a_divided_folder_are_the_same(tmp_path, cache):
    home = tmp_path / "divided"
    make(home / "train")
    make(home / "test", each=4)
    held, made, opened = load_data(home, cache=False), load_data(home), load_data(home)
    assert_same(made, held)
    assert_same(opened, held)
    assert is_mapped(opened.examples)


def test_classes_in_another_order_have_their_own_fingerprint(folder):
    held = load_data(folder, cache=False, classes=["b", "a"])
    load_data(folder)
    assert load_data(folder, classes=["b", "a"]).fingerprint == held.fingerprint != load_data(folder).fingerprint


def test_a_split_of_another_seed_needs_no_other_pack(folder, decoded):
    load_data(folder)
    decoded.clear()
    assert_same(load_data(folder, seed=9), load_data(folder, seed=9, cache=False))
    assert len(decoded) == 23  # those without the cache


def test_pixels_of_a_pack_cannot_be_written(folder):
    with pytest.raises(ValueError, match="read-only"):
        load_data(folder).examples[0] = 0


def test_small_folders_are_held_in_memory(folder, cache, monkeypatch):
    monkeypatch.setattr(pictures, "PACKED_FROM", 23 * 360 + 1)
    assert not is_mapped(load_data(folder).examples)
    assert not cache.exists()


def test_the_source_says_that_no_cache_was_wanted(folder, cache):
    data = load_data(folder, cache=False)
    assert load_data(**data.source).fingerprint == data.fingerprint
    assert not cache.exists()
    with pytest.raises(WxbError, match="`cache=False` is for folders of pictures, not for digits"):
        load_data("digits", cache=False)


def test_what_is_broken_and_had_the_only_other_size_changes_no_form(tmp_path, decoded):
    home = make(tmp_path / "photos")
    tall = home / "b" / "tall.png"
    picture(7, 40, 40).save(tall)
    tall.write_bytes(tall.read_bytes()[:2000])
    held = load_data(home, cache=False)
    assert held.shape == (3, 12, 10)
    assert_same(load_data(home), held)
    assert_same(load_data(home), held)


# --- never stale ------------------------------------------------------------------------------------------------------


def change(folder: Path) -> None:
    picture(999).save(folder / "a" / "3.png")


def add(folder: Path) -> None:
    picture(999).save(folder / "b" / "more.png")


def remove(folder: Path) -> None:
    (folder / "b" / "4.png").unlink()


def touch(folder: Path) -> None:
    os.utime(folder / "a" / "2.png", ns=(1, 1))


def rename(folder: Path) -> None:
    (folder / "a" / "2.png").rename(folder / "a" / "zz.png")


def swap(folder: Path) -> None:
    (folder / "a" / "2.png").rename(folder / "b" / "moved.png")


def exchange(folder: Path) -> None:
    """Two files take each other's names, under one size and time."""
    one, other = folder / "a" / "2.png", folder / "a" / "3.png"
    one.rename(folder / "a" / "t")
    other.rename(one)
    (folder / "a" / "t").rename(other)


def write_over(folder: Path) -> None:
    """A file gets the content of another, and its old time."""
    one, other = folder / "b" / "4.png", folder / "b" / "5.png"
    when = one.stat().st_mtime_ns
    one.write_bytes(other.read_bytes())
    os.utime(one, ns=(when, when))


@pytest.mark.parametrize("happen", [change, add, remove, touch, rename, swap, exchange, write_over])
def test_a_folder_that_has_changed_is_packed_again(folder, cache, decoded, happen):
    for file in folder.rglob("*.png"):  # one size and one time
        file.write_bytes(file.read_bytes().ljust(1000, b"\0"))
        os.utime(file, ns=(10**18, 10**18))
    load_data(folder)
    happen(folder)
    decoded.clear()
    made = load_data(folder)
    assert decoded
    assert_same(made, load_data(folder, cache=False))
    assert len(list(cache.glob("*.pixels"))) == 1


@pytest.mark.parametrize("options", [{"size": 6}, {"max_pixels": 10_000}])
def test_other_settings_have_a_pack_of_their_own(folder, cache, decoded, options):
    load_data(folder)
    load_data(folder, **options)
    decoded.clear()
    load_data(folder)
    load_data(folder, **options)
    assert decoded == []
    assert len(list(cache.glob("*.pixels"))) == 2


def test_another_version_of_the_decoders_packs_again(folder, decoded, monkeypatch):
    load_data(folder)
    decoded.clear()
    monkeypatch.setattr(pictures, "DECODERS", "Pillow 99")
    load_data(folder)
    assert decoded


def flip(path: Path, place: int, bit: int = 1) -> None:
    """Changes a byte, and no more than that of what a system tells of a file."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(place, os.SEEK_SET if place >= 0 else os.SEEK_END)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ bit]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


DAMAGES = {
    "a pixel": lambda path: flip(path, 100),
    "what it says": lambda path: flip(path, -80),
    "its mark": lambda path: flip(path, -1),
    "its length": lambda path: flip(path, -48),
    "a sign in its description that is no UTF-8": lambda path: flip(path, -60, 128),
    "a missing end": lambda path: cut(path, path.stat().st_size - 1),
    "a missing half": lambda path: cut(path, path.stat().st_size // 2),
    "nothing there": lambda path: cut(path, 0),
    "one more byte": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "a missing beginning": lambda path: path.write_bytes(path.read_bytes()[7:]),
    "other things": lambda path: path.write_bytes(b"something else" * 1000),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_pack_is_not_read(folder, cache, decoded, damage):
    held = load_data(folder, cache=False)
    load_data(folder)
    DAMAGES[damage](pack_of(cache))
    decoded.clear()
    again = load_data(folder)
    note = "the decoded pictures that the cache kept were damaged; they have been decoded again"
    assert (note in again.notes) is (damage != "a folder")
    assert_same(replace(again, notes=tuple(text for text in again.notes if text != note)), held)
    assert decoded
    decoded.clear()
    assert note not in load_data(folder).notes
    assert bool(decoded) is (damage == "a folder")  # what stands in its place is left alone


def test_a_large_pack_is_checked_where_its_time_has_changed(folder, cache, decoded, monkeypatch):
    monkeypatch.setattr(packed, "CHECKED", 0)
    load_data(folder)
    decoded.clear()
    checks = []
    digest = packed.digest
    monkeypatch.setattr(packed, "digest", lambda *given: checks.append(1) or digest(*given))
    load_data(folder)
    assert (checks, decoded) == ([], [])
    os.utime(pack_of(cache))
    load_data(folder)
    assert (checks, decoded) == ([1], [])
    flip(pack_of(cache), 5)
    load_data(folder)
    assert len(checks) > 1
    assert decoded


# --- written whole ----------------------------------------------------------------------------------------------------


def test_an_interrupted_packing_leaves_what_was_there_and_nothing_else(folder, cache, monkeypatch):
    load_data(folder)
    before = pack_of(cache).read_bytes()
    change(folder)
    steps = loading(folder)
    next(steps)
    steps.close()
    assert pack_of(cache).read_bytes() == before

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pictures, "decode", stop)
        with pytest.raises(KeyboardInterrupt):
            load_data(folder)
    assert pack_of(cache).read_bytes() == before
    assert not list(cache.glob(".*.part"))
    assert_same(load_data(folder), load_data(folder, cache=False))


def test_records_say_how_far_decoding_has_come(folder):
    steps = list(loading(folder))
    assert [step.done for step in steps] == list(range(2, 25))
    assert {step.files for step in steps} == {24}
    assert list(loading(folder)) == []


def test_the_rest_of_a_packing_that_was_killed_is_written_over(folder, cache):
    path = packed.Wanted(folder, (), None, 50_000_000, "").path
    cache.mkdir(parents=True)
    packs.part(path).write_bytes(b"half" * 1000)
    load_data(folder)
    assert pack_of(cache) == path
    assert not packs.part(path).exists()


def test_of_two_that_pack_the_same_folder_one_does_and_both_have_it(folder, decoded):
    found = []
    workers = [threading.Thread(target=lambda: found.append(load_data(folder))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(decoded) == 23
    held = load_data(folder, cache=False)
    for data in found:
        assert_same(data, held)


def test_a_process_waits_for_another_that_packs_the_same_folder(folder):
    code = (
        "import sys; from wxb.data import load_data; from wxb.data.pictures import folder; folder.PACKED_FROM = 1\n"
        "data = load_data(sys.argv[1]); print(data.fingerprint, type(data.examples).__name__)"
    )
    steps = loading(folder)
    next(steps)
    with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True) as other:
        time.sleep(0.8)
        held = load_data(folder, cache=False)
        assert other.poll() is None
        assert list(steps)
        assert other.communicate()[0].strip() == f"{held.fingerprint} memmap"
    assert len(list(packs.folder().glob("*.pixels"))) == 1


# --- no place ---------------------------------------------------------------------------------------------------------


def test_without_a_place_for_a_pack_pictures_are_held_in_memory(folder, monkeypatch):
    held = load_data(folder, cache=False)
    with monkeypatch.context() as patch:
        patch.setenv("WXB_CACHE", os.path.join(os.devnull, "no cache"))
        assert_same(load_data(folder), held)
    with monkeypatch.context() as patch:
        patch.setattr(packs.shutil, "disk_usage", lambda _: Disk(0, 0, 100))
        assert not is_mapped(load_data(folder).examples)

    add = packed.Writing.add

    def full(pack: packed.Writing, pixels: np.ndarray) -> None:
        if pack.count == 20:
            raise OSError(28, "No space left on device")
        add(pack, pixels)

    with monkeypatch.context() as patch:
        patch.setattr(packed.Writing, "add", full)
        assert_same(load_data(folder), held)
    assert not packs.packs()


def test_what_fits_neither_into_memory_nor_into_the_cache_is_refused(folder, monkeypatch):
    monkeypatch.setattr(pictures, "memory", lambda: 2**10)
    assert is_mapped(load_data(folder).examples)
    packs.clean()
    monkeypatch.setattr(packs.shutil, "disk_usage", lambda _: Disk(0, 0, 100))
    with pytest.raises(WxbError) as caught:
        load_data(folder)
    assert "the pictures of photos/ do not fit into memory, nor into the cache" in str(caught.value)
    assert "WXB_CACHE names a folder on another disk" in str(caught.value)
    with pytest.raises(WxbError, match="do not fit into memory\n"):
        load_data(folder, cache=False)


# --- all packs --------------------------------------------------------------------------------------------------------


def age(path: Path, days: float) -> None:
    """As if a pack was last used so many days ago."""
    when = time.time() - days * 86400
    os.utime(packs.used(path), (when, when))


@pytest.fixture
def three(tmp_path) -> list[Path]:
    """Three picture folders of the same size, packed; the first was used longest ago."""
    folders = [make(tmp_path / name) for name in ("one", "two", "three")]
    for days, home in zip((3, 2, 1), folders, strict=True):
        load_data(home)
        age(packs.packs()[0].path, days)
    packs._used_here.clear()
    return folders


def names() -> list[str]:
    return [Path(pack.about.folder).name for pack in packs.packs() if pack.about]


def test_packs_take_a_bounded_share_of_the_disk_and_the_oldest_goes_first(three, tmp_path, monkeypatch):
    size = packs.packs()[0].bytes
    monkeypatch.setattr(
        packs.shutil, "disk_usage", lambda _: Disk(0, 0, 14 * size - sum(p.bytes for p in packs.packs()))
    )
    assert names() == ["three", "two", "one"]
    load_data(make(tmp_path / "four"))
    assert sorted(names()) == ["four", "three", "two"]


def test_using_a_pack_keeps_it_and_what_this_process_has_mapped_stays(three, tmp_path, monkeypatch):
    size = packs.packs()[0].bytes
    monkeypatch.setattr(
        packs.shutil, "disk_usage", lambda _: Disk(0, 0, 14 * size - sum(p.bytes for p in packs.packs()))
    )
    data = load_data(three[0])
    assert names() == ["one", "three", "two"]
    age(packs.packs()[0].path, 9)
    load_data(make(tmp_path / "four"))
    assert sorted(names()) == ["four", "one", "three"]
    assert is_mapped(data.examples)


def test_packs_are_cleaned_by_age_and_by_folder(three):
    assert [pack.about.folder for pack in packs.clean(older_than=2.5 * 86400)] == [str(three[0])]
    assert packs.clean([three[0]]) == []
    packs.part(packs.packs()[0].path).write_bytes(b"killed")
    assert [pack.about.folder for pack in packs.clean([three[2]])] == [str(three[2])]
    assert names() == ["two"]
    cut(packs.packs()[0].path, 5)
    assert len(packs.clean()) == 1
    assert not list(packs.folder().glob("*.pixels")) + list(packs.folder().glob(".*.part"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_packs_are_listed_and_cleaned(folder, cache, damage):
    load_data(folder)
    DAMAGES[damage](pack_of(cache))
    assert len(packs.packs()) == 1
    assert len(packs.clean()) == (damage != "a folder")


def test_a_cache_that_is_not_there_has_no_packs():
    assert (packs.packs(), packs.clean()) == ([], [])


# --- memory -----------------------------------------------------------------------------------------------------------


def test_no_pass_over_mapped_pictures_copies_them(tmp_path, monkeypatch):
    from wxb.data import dataset
    from wxb.data.copies import copies

    monkeypatch.setattr("wxb.data.copies.BYTES_AT_ONCE", 2**14)
    data = load_data(make(tmp_path / "large", each=50, height=64, width=64))
    assert data.examples.nbytes > 2**20
    tracemalloc.start()
    try:
        copies(data.examples)
        assert dataset.fingerprint(data.task, data.classes, data.examples, data.targets) == data.fingerprint
        describe.describe(data)
        assert tracemalloc.get_traced_memory()[1] < data.examples.nbytes / 3
    finally:
        tracemalloc.stop()


def test_reading_ahead_changes_nothing(folder):
    data = load_data(folder)
    before = data.examples.copy()
    read_ahead(data.examples, np.arange(len(data.examples)))
    read_ahead(before, np.arange(3))
    assert np.array_equal(data.examples, before)


# --- threads ----------------------------------------------------------------------------------------------------------


def test_results_come_in_order_and_only_so_many_wait():
    from concurrent.futures import ThreadPoolExecutor

    begun = []

    def double(number: int) -> int:
        begun.append(number)
        time.sleep(0.001 * (number % 3))
        return 2 * number

    with ThreadPoolExecutor(3) as pool:
        results = in_order(pool, double, range(10_000))
        assert [next(results) for _ in range(20)] == [2 * i for i in range(20)]
        results.close()
    assert len(begun) < 20 + 17 * cores()


def test_what_a_thread_raises_is_raised():
    from concurrent.futures import ThreadPoolExecutor

    def fail(number: int) -> int:
        raise LeftOut("broken")

    with ThreadPoolExecutor(2) as pool, pytest.raises(LeftOut):
        list(in_order(pool, fail, range(5)))
