"""Picture folders: layouts, what is left out and why, sizes, colours, orientation, copies."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wxb.data import load_data
from wxb.data.pictures import folder as pictures
from wxb.data.pictures.decoding import LeftOut, decode, quiet_decoders, read_header
from wxb.data.pictures.scaling import middle_square
from wxb.errors import WxbError
from wxb.text import natural


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> Image.Image:
    shape = (height, width, channels)[: 2 + (channels > 1)]
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def decoded(path: Path, grey: bool, side: int | None, max_pixels: int) -> np.ndarray:
    return decode(path, read_header(path, max_pixels), grey, side, max_pixels)[0]


def save(picture: Image.Image, path: Path, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three classes of twelve pictures 3x8x8."""
    home = tmp_path / "photos"
    for number, name in enumerate(("cats", "dogs", "birds")):
        for i in range(12):
            save(noise(100 * number + i), home / name / f"{i}.png")
    return home


def message(*arguments, **options) -> str:
    with pytest.raises(WxbError) as caught:
        load_data(*arguments, **options)
    return str(caught.value)


def test_class_folders_become_classes_and_pictures_keep_their_pixels(folder):
    data = load_data(folder)
    assert (data.name, data.kind, data.classes, data.notes) == ("photos", "pictures", ("birds", "cats", "dogs"), ())
    assert data.examples.shape == (36, 3, 8, 8)
    assert data.files[11:14] == ("birds/11.png", "cats/0.png", "cats/1.png")
    for row in (0, 12, 30):
        stored = np.asarray(Image.open(folder / data.files[row]))
        assert np.array_equal(data.examples[row], stored.transpose(2, 0, 1))
        assert data.classes[data.targets[row]] == data.files[row].split("/")[0]


def test_reading_is_the_same_every_time(folder):
    first, again = load_data(folder), load_data(folder)
    assert (first.fingerprint, first.files) == (again.fingerprint, again.files)
    assert np.array_equal(first.split.test, again.split.test)
    assert load_data(**first.source).fingerprint == first.fingerprint


def test_a_relative_path_is_found_again_from_elsewhere(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    data = load_data("photos")
    monkeypatch.chdir("/")
    assert load_data(**data.source).fingerprint == data.fingerprint


def test_what_is_no_picture_is_left_out_and_listed(folder):
    whole = (folder / "cats" / "1.png").read_bytes()
    (folder / "cats" / "cut1.png").write_bytes(whole[:150])
    (folder / "cats" / "cut2.png").write_bytes(whole[:-60])
    (folder / "cats" / "cut3.png").write_bytes(whole[:100])
    (folder / "dogs" / "notes.txt").write_text("Rex is the brown one")
    (folder / "dogs" / "empty.jpg").write_bytes(b"")
    save(Image.new("L", (300, 200)), folder / "birds" / "map.tif")
    (folder / "readme.md").write_text("my pictures")
    data = load_data(folder, max_pixels=10_000)
    assert len(data.examples) == 36
    assert data.notes == (
        "photos/: 36 pictures in 3 classes; 7 files left out\n"
        "  3 cut short           cats/cut1.png cats/cut2.png and 1 more\n"
        "  1 in no class folder  readme.md\n"
        "  1 too large to open   birds/map.tif (300x200; `max_pixels`)\n"
        "  1 empty               dogs/empty.jpg\n"
        "  1 not a picture       dogs/notes.txt",
    )


def test_hidden_and_system_files_are_passed_over_at_any_depth(folder):
    for name in (".DS_Store", "cats/.DS_Store", "cats/Thumbs.db", "dogs/old/.nomedia", "dogs/old/._notes"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"?")
    save(noise(999), folder / "dogs" / "old" / "deep" / "a.png")
    data = load_data(folder)
    assert data.notes == ()
    assert "dogs/old/deep/a.png" in data.files


@pytest.mark.parametrize("kind", ["fifo", "broken link"])
def test_what_is_no_file_is_left_out_and_not_waited_for(folder, kind):
    if kind == "fifo":
        os.mkfifo(folder / "cats" / "x.png")
    else:
        (folder / "cats" / "x.png").symlink_to(folder / "nowhere.png")
    assert load_data(folder).notes[0].endswith("1 not a file that can be opened  cats/x.png")


def test_all_grey_pictures_are_grey(tmp_path):
    for i, name in enumerate("aabb"):
        save(noise(i, channels=1), tmp_path / "x" / name / f"{i}.png")
    assert load_data(tmp_path / "x").shape == (1, 8, 8)
    save(noise(9), tmp_path / "x" / "a" / "colour.png")
    data = load_data(tmp_path / "x")
    assert data.shape == (3, 8, 8)
    grey = data.examples[data.files.index("a/0.png")]
    assert (grey == grey[0]).all()


def test_a_broken_colour_picture_makes_no_grey_data_coloured(tmp_path):
    for i, name in enumerate("aabb"):
        save(noise(i, channels=1), tmp_path / "x" / name / f"{i}.png")
    cut = save(noise(9, 40, 40), tmp_path / "x" / "a" / "colour.png")
    cut.write_bytes(cut.read_bytes()[:-100])
    data = load_data(tmp_path / "x")
    assert data.shape == (1, 8, 8)
    assert np.array_equal(data.examples[0, 0], np.asarray(Image.open(tmp_path / "x" / "a" / "0.png")))


@pytest.mark.parametrize(
    ("sides", "size"), [((30, 41, 52), 40), ((200, 300, 400), 64), ((3, 4, 5), 8), ((15, 16, 17), 16)]
)
def test_pictures_of_several_sizes_become_squares_of_the_documented_side(tmp_path, sides, size):
    for i, side in enumerate(sides * 2):
        save(noise(i, side, side + 7), tmp_path / "x" / "ab"[i % 2] / f"{i}.png")
    assert load_data(tmp_path / "x").shape == (3, size, size)


def test_a_size_that_is_given_is_used(folder):
    assert load_data(folder, size=5).shape == (3, 5, 5)
    assert load_data(folder, size=5).source["size"] == 5


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("form", ["png", "jpg"])
def test_the_middle_is_kept(tmp_path, wide, form):
    bands = np.zeros((40, 120), np.uint8)
    bands[:, 40:80] = 255
    path = save(Image.fromarray(bands if wide else bands.T), tmp_path / f"x.{form}")
    found = decoded(path, True, 10, 10**6)[0]
    assert found.shape == (10, 10)
    assert (found[1:-1, 1:-1] == 255).all()
    assert found.min() > 200  # the border has a share of the pixels beyond it


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40), st.sampled_from([1, 3]))
def test_the_middle_square_is_what_pillow_makes_of_it(height, width, side, channels):
    pixels = np.asarray(noise(5, height, width, channels)).reshape(height, width, channels)
    found = middle_square(pixels.copy(), side)
    shorter = min(height, width)
    left, top = (width - shorter) // 2, (height - shorter) // 2
    box = (left, top, left + shorter, top + shorter)
    expected = noise(5, height, width, channels).crop(box).resize((side, side), Image.Resampling.BILINEAR)
    off = np.abs(found.astype(int) - np.asarray(expected).reshape(side, side, channels))
    # both round after each of their two passes, with weights in fixed point: now and then one pixel is 2 levels apart
    assert off.max() <= 2
    assert (off > 1).sum() <= max(1, off.size // 200)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_has_the_pixels_that_pillow_reads(tmp_path, options, channels):
    path = save(noise(6, 41, 30, channels), tmp_path / "x.jpg", **options)
    with Image.open(path) as stored:
        expected = np.asarray(stored).reshape(41, 30, channels).transpose(2, 0, 1)
    assert np.array_equal(decoded(path, channels == 1, None, 10**6), expected)


def test_a_large_jpeg_that_is_decoded_at_less_than_its_size_shows_the_same(tmp_path):
    fine = noise(7, 5, 5).resize((200, 200), Image.Resampling.BICUBIC)
    path = save(fine, tmp_path / "x.jpg", quality=95)
    found, expected = (decoded(one, False, 16, 10**6) for one in (path, save(fine, tmp_path / "x.png")))
    assert not np.array_equal(found, expected)
    assert np.abs(found.astype(int) - expected).mean() < 3


def test_a_jpeg_with_stray_bytes_is_read(tmp_path):
    whole = save(noise(8, 16, 16), tmp_path / "x.jpg").read_bytes()
    expected = decoded(tmp_path / "x.jpg", False, None, 10**6)
    quantization = whole.index(b"\xff\xdb")
    stray = whole[:quantization] + bytes(5) + whole[quantization:]
    with pytest.raises(ValueError, match="extraneous bytes"):
        simplejpeg.decode_jpeg(stray)
    (tmp_path / "x.jpg").write_bytes(stray)
    assert np.array_equal(decoded(tmp_path / "x.jpg", False, None, 10**6), expected)


def test_a_jpeg_is_not_decoded_at_another_size_than_the_one_that_was_bounded(tmp_path, monkeypatch):
    path = save(noise(8, 16, 16), tmp_path / "x.jpg")
    expected = decoded(path, False, None, 10**6)
    monkeypatch.setattr(simplejpeg, "decode_jpeg_header", lambda data: (60_000, 60_000, "YCbCr", "420"))
    monkeypatch.setattr(simplejpeg, "decode_jpeg", None)
    assert np.array_equal(decoded(path, False, None, 10**6), expected)


def test_a_jpeg_that_has_become_another_one_since_its_header_was_read_is_bounded_all_the_same(tmp_path):
    path = save(noise(8, 16, 16), tmp_path / "x.jpg")
    header = read_header(path, 300)
    save(noise(8, 16, 18), path)
    assert decode(path, header, False, None, 300)[0].shape == (3, 16, 18)
    save(noise(8, 40, 40), path)
    with pytest.raises(LeftOut, match="too large to open"):
        decode(path, header, False, None, 300)
    path.unlink()
    with pytest.raises(LeftOut, match="not a file that can be opened"):
        decode(path, header, False, None, 300)


def test_a_jpeg_that_is_cut_short_is_left_out(tmp_path):
    path = save(noise(9, 40, 40), tmp_path / "x.jpg")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(LeftOut) as caught:
        decoded(path, False, None, 10**6)
    assert caught.value.reason == "cut short"


def test_scaling_averages(tmp_path):
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    found = decoded(save(Image.fromarray(board), tmp_path / "x.png"), True, 8, 10**6)
    assert np.abs(found.astype(int) - 127).max() < 12


STORED = {  # how an upright picture is stored with each orientation
    1: None, 2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90",
    7: "TRANSVERSE", 8: "ROTATE_270",
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("side", [None, 6])
@pytest.mark.parametrize("form", ["png", "tif", "webp"])
def test_exif_orientation_is_respected(tmp_path, orientation, side, form):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = STORED[orientation]
    stored = noise(3, 6, 9) if turn is None else noise(3, 6, 9).transpose(Image.Transpose[turn])
    path = save(stored, tmp_path / f"x.{form}", exif=exif, **({"lossless": True} if form == "webp" else {}))
    upright = np.asarray(noise(3, 6, 9)).transpose(2, 0, 1)
    header = read_header(path, 1000)
    assert (header.height, header.width) == upright.shape[1:]
    found = decoded(path, False, side, 1000)
    if side is None:
        assert np.array_equal(found, upright)
    else:
        assert found.shape == (3, 6, 6)
        start = (upright.shape[1] - 6) // 2, (upright.shape[2] - 6) // 2
        middle = upright[:, start[0] : start[0] + 6, start[1] : start[1] + 6].astype(int)
        assert np.corrcoef(found.ravel(), middle.ravel())[0, 1] > 0.6


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_stand_on_white(tmp_path, mode):
    picture = Image.new("RGBA", (4, 4), (10, 10, 10, 255))
    picture.putpixel((1, 2), (0, 0, 0, 0))
    picture.putpixel((3, 3), (0, 0, 0, 0 if mode == "P" else 128))
    found = decoded(save(picture.convert(mode), tmp_path / "x.png"), False, None, 100)
    assert found[:, 2, 1].tolist() == [255] * 3
    assert found[:, 0, 0].tolist() == [10] * 3
    if mode != "P":
        assert np.abs(found[:, 3, 3].astype(int) - 127).max() <= 1


@pytest.mark.parametrize(
    ("mode", "form", "grey"),
    [
        ("1", "png", True),
        ("L", "jpg", True),
        ("L", "gif", True),
        ("P", "gif", False),
        ("P", "png", False),
        ("CMYK", "jpg", False),
        ("RGB", "bmp", False),
        ("RGB", "webp", False),
        ("RGB", "avif", False),
        ("L", "pgm", True),
        ("RGB", "tif", False),
        ("CMYK", "tif", False),
    ],
)
def test_formats_and_modes_that_are_read(tmp_path, mode, form, grey):
    light = 255 if mode == "1" else 200
    picture = Image.new("RGB", (8, 8), (light, light, light)).convert(mode)
    path = save(picture, tmp_path / f"x.{form}")
    with quiet_decoders():
        assert read_header(path, 100).grey == grey
        found = decoded(path, grey, None, 100)
    assert found.shape == (1 if grey else 3, 8, 8)
    assert np.abs(found.astype(int) - light).max() < 60


def bytes_of(form: str) -> bytes:
    file = io.BytesIO()
    noise(1, 12, 10).save(file, form)
    return file.getvalue()


WHOLE = {form: bytes_of(form) for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")}


@settings(max_examples=200)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damaged_files_are_left_out_or_read_and_never_crash(tmp_path_factory, form, data):
    raw = bytearray(WHOLE[form])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        with quiet_decoders():
            header = read_header(path, 5_000)
            outcome = str(decoded(path, header.grey, None, 5_000).dtype)
    except LeftOut as left_out:
        outcome = left_out.reason
    assert outcome in {"uint8", "not a picture", "empty", "cut short", "broken", "too large to open"}


def test_a_bomb_is_refused_by_its_header(tmp_path):
    header = struct.pack(">II5B", 30_000, 30_000, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b""))
    path = tmp_path / "x.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in chunks)
    )
    with quiet_decoders(), pytest.raises(LeftOut) as caught:
        read_header(path, 50_000_000)
    assert (caught.value.reason, caught.value.more) == ("too large to open", "30000x30000; `max_pixels`")


def test_pillows_own_bound_is_as_before(folder):
    before = Image.MAX_IMAGE_PIXELS
    load_data(folder)
    assert before == Image.MAX_IMAGE_PIXELS is not None


def test_pillows_own_bound_is_back_when_the_last_of_several_users_has_left():
    before = Image.MAX_IMAGE_PIXELS
    first, second = quiet_decoders(), quiet_decoders()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert Image.MAX_IMAGE_PIXELS is None
    second.__exit__(None, None, None)
    assert before == Image.MAX_IMAGE_PIXELS is not None


def test_copies_stand_on_one_side_and_are_noted(folder):
    for i in range(12):
        with Image.open(folder / "cats" / f"{i}.png") as picture:
            picture.save(folder / "cats" / f"copy{i}.bmp")
    data = load_data(folder)
    train, test = (set(map(bytes, data.part(part)[0])) for part in ("train", "test"))
    assert not train & test
    assert data.notes[0].startswith("12 pictures are copies of another; ")


def test_a_class_of_copies_of_one_picture_is_not_tested_and_a_note_says_so(folder):
    for file in (folder / "dogs").iterdir():
        file.write_bytes(WHOLE["PNG"])
    data = load_data(folder)
    assert set(data.targets[data.split.test]) == {0, 1}
    assert data.notes[-1] == "all pictures of class dogs are the same picture, so that none is in test"


def test_one_picture_of_a_class_cannot_be_split(folder):
    for file in list((folder / "dogs").iterdir())[1:]:
        file.unlink()
    assert message(folder) == (
        "class dogs cannot be split: 1 picture\n"
        "  expected at least 2 different ones, one in train and one in test\n"
        "  fix: add pictures, or remove those of the class"
    )


def test_an_empty_class_is_named(folder):
    (folder / "cows").mkdir()
    assert message(folder) == (
        "class folder photos/cows/ has no picture in it\n  it is empty\n  fix: put pictures into it, or remove it"
    )


def test_a_class_of_broken_files_says_what_they_are(folder):
    (folder / "cows").mkdir()
    (folder / "cows" / "a.txt").write_text("moo")
    assert (
        "class folder photos/cows/ has no picture in it\n  1 file left out\n    1 not a picture  cows/a.txt"
        in message(folder)
    )


@pytest.mark.parametrize("inside", [[], ["a.png"], ["only/a.png"]])
def test_a_folder_without_class_folders_is_none(tmp_path, inside):
    (tmp_path / "x").mkdir()
    for name in inside:
        save(noise(1), tmp_path / "x" / name)
    text = message(tmp_path / "x")
    assert text.startswith(
        "x/ is not a folder of class folders\n  expected a folder for each class, at least two, or train/"
    )
    assert ("only only/ is there" if "only/a.png" in inside else "there are no folders in it") in text


def parted(home: Path, parts: dict[str, int], classes: str = "ab") -> Path:
    for number, (part, count) in enumerate(parts.items()):
        for i in range(count):
            for k, name in enumerate(classes):
                save(noise(10_000 * number + 100 * i + k), home / part / name / f"{i}.png")
    return home


@pytest.mark.parametrize("validation", ["val", "valid", "validation", "VAL"])
def test_parts_stay_as_the_folders_have_them(tmp_path, validation):
    data = load_data(parted(tmp_path / "x", {"train": 6, validation: 2, "test": 3}))
    assert [len(data.split.train), len(data.split.validation), len(data.split.test)] == [12, 4, 6]
    for part, name in (("train", "train"), ("validation", validation), ("test", "test")):
        assert all(data.files[row].startswith(f"{name}/") for row in getattr(data.split, part))
    assert data.split.how == f"train/ {validation}/ test/ as they are"


@pytest.mark.parametrize("held", ["test", "val"])
def test_what_is_held_back_is_the_test_and_validation_comes_from_training(tmp_path, held):
    data = load_data(parted(tmp_path / "x", {"train": 40, held: 3}))
    assert [len(data.split.train), len(data.split.validation), len(data.split.test)] == [76, 4, 6]
    assert all(data.files[row].startswith(f"{held}/") for row in data.split.test)
    assert data.split.how == f"{held}/ as test, validation 4, seed 0"


def test_few_pictures_for_validation_are_noted(tmp_path):
    home = parted(tmp_path / "x", {"train": 40, "test": 3})
    assert load_data(home).notes == (
        "validation has only 4 pictures, a twentieth of train/: the split 0.8,0.2,0 takes a fifth",
    )
    more = load_data(home, split=(0.8, 0.2, 0))
    assert (len(more.split.validation), len(more.split.test), more.notes) == (16, 6, ())


def test_a_lone_train_folder_is_split(tmp_path):
    data = load_data(parted(tmp_path / "x", {"train": 20}))
    assert data.split.how == "stratified 0.64/0.11/0.25, seed 0"
    assert data.classes == ("a", "b")


def test_train_may_be_a_class(tmp_path):
    for i in range(6):
        save(noise(i), tmp_path / "x" / "train" / f"{i}.png")
        save(noise(50 + i), tmp_path / "x" / "plane" / f"{i}.png")
        save(noise(90 + i), tmp_path / "x" / "train" / "old" / f"{i}.png")
    assert load_data(tmp_path / "x").classes == ("plane", "train")


@pytest.mark.parametrize("others", [["test"], ["test", "extra"]])
def test_a_stray_file_beside_the_classes_of_a_part_is_left_out(tmp_path, others):
    home = parted(tmp_path / "x", {"train": 5, **dict.fromkeys(others, 2)})
    (home / "train" / "labels.csv").write_text("0.png,a")
    data = load_data(home)
    assert data.classes == ("a", "b")
    assert "1 in no class folder" in data.notes[0]
    assert "train/labels.csv" in data.notes[0]


def test_parts_without_class_folders_are_no_classes(tmp_path):
    for part in ("train", "test"):
        for i in range(5):
            save(noise(i), tmp_path / "x" / part / f"{i}.png")
    assert message(tmp_path / "x").startswith(
        "x/train/ is not a folder of class folders\n  expected a folder for each class"
    )


def test_parts_with_other_classes_are_refused(tmp_path):
    home = parted(tmp_path / "x", {"train": 3, "test": 2})
    (home / "test" / "a").rename(home / "test" / "c")
    assert message(home) == (
        "x/test/ does not have the class folders of train/\n"
        "  only in train/: a\n"
        "  only in test/: c\n"
        "  fix: the same class folders in every part"
    )


def test_two_folders_for_one_part_are_refused(tmp_path):
    assert "x/ has val/ and validation/, both for validation" in message(
        parted(tmp_path / "x", {"train": 3, "val": 2, "validation": 2})
    )


def test_a_folder_that_is_no_part_is_left_out(tmp_path):
    data = load_data(parted(tmp_path / "x", {"train": 5, "test": 2, "extra": 1}))
    assert len(data.examples) == 14
    assert "2 in no part (train, val, test)  extra/a/0.png extra/b/0.png" in data.notes[0]


def test_an_empty_class_in_one_part_is_named(tmp_path):
    home = parted(tmp_path / "x", {"train": 3, "test": 1})
    (home / "test" / "b" / "0.png").unlink()
    assert message(home).startswith("class folder x/test/b/ has no picture in it\n  it is empty")


def test_training_pictures_that_stand_in_test_are_not_used(tmp_path):
    home = parted(tmp_path / "x", {"train": 20, "test": 3})
    for name in "ab":
        (home / "train" / name / "copy.png").write_bytes((home / "test" / name / "0.png").read_bytes())
    data = load_data(home)
    used = {data.files[row] for rows in (data.split.train, data.split.validation) for row in rows}
    assert len(used) == 40
    assert not used & {"train/a/copy.png", "train/b/copy.png"}
    assert len(data.split.test) == 6
    assert data.notes[0] == "2 pictures of train/ are copies of one in test/: not used"


def test_pictures_that_would_not_fit_into_memory_are_refused_before_they_are_decoded(folder, monkeypatch):
    monkeypatch.setattr(pictures, "memory", lambda: 10_000)
    monkeypatch.setattr(pictures, "decode", None)
    assert message(folder) == (
        "the pictures of photos/ do not fit into memory\n"
        "  36 pictures of 3x8x8 are 0.0 GiB; at most 0.0 GiB are for them\n"
        "  fix: `size=64` makes them smaller"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": 0}, "`size=0`: expected a whole number from 1 to 1,024"),
        ({"size": 2000}, "`size=2000`: expected a whole number from 1 to 1,024"),
        ({"max_pixels": 0}, "`max_pixels=0`: expected a whole number from 1 to 10,000,000,000"),
        ({"noise": 0.1}, "`noise` is for toys, not for "),
    ],
)
def test_settings_without_sense_are_refused(folder, options, expected):
    assert expected in message(folder, **options)


@given(st.lists(st.integers(0, 10**20), min_size=1))
def test_numbers_in_names_are_sorted_as_numbers(numbers):
    names = [f"img{number}" for number in numbers]
    assert sorted(names, key=natural) == [f"img{number}" for number in sorted(numbers)]


def test_case_matters_only_where_nothing_else_does():
    assert sorted(["b", "B", "a10", "A9", "a9"], key=natural) == ["A9", "a9", "a10", "B", "b"]


def test_class_folders_are_in_natural_order(tmp_path):
    for i, name in enumerate(["10", "9", "1"] * 3):
        save(noise(i), tmp_path / "x" / name / f"{i}.png")
    assert load_data(tmp_path / "x").classes == ("1", "9", "10")
