"""The figures of speed, memory and time: what their tables say of made-up rows, and a small measurement of each."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import first_step, gpu, memory, photos, prediction, rates, reading, timekeeping, timing
from benchmarks.bounds import at_least, at_most
from benchmarks.figure import Scope
from benchmarks.owed import FIGURES
from wxb.data.pictures import folder as pictures


def lines(figure: str, rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The table of a figure without its head."""
    return FIGURES[figure].table(rows)[1:]


def test_a_rate_is_a_share_of_the_faster_product():
    one = FIGURES["rates"].rows[0]
    row = {"what": one.what, "steps": [60.0, 50.0, 70.0], "matrix_product": [90.0], "convolution": [120.0]}
    (line,) = lines("rates", [row])
    assert line[1:] == (
        "60 (50, 70)", "90", "120", "50 %", "≥ 60 %: **missed** (50 %)",
    )  # fmt: skip


def test_steps_and_products_take_turns_in_every_precision_that_the_processor_multiplies(monkeypatch):
    monkeypatch.setattr(rates, "matrix_rate", lambda dtype, threads, repetitions: 100.0)
    monkeypatch.setattr(rates, "convolution_rate", lambda machine: 50.0)
    monkeypatch.setattr(rates, "multiplies_bfloat16", lambda: False)
    network = "CONV3-32-RELU-GAP, SOFTMAX"  # so much work that its rate is no rounded 0 on a busy machine
    figure = rates.Rates(
        tuple(rates.Share(name, network, name, at_least(0.1, "%"), (1, 16, 16)) for name in ("float32", "bfloat16")),
        repetitions=2,
    )
    (row,) = figure.measure(Scope())
    assert (row["what"], row["matrix_product"], row["convolution"]) == ("float32", [100.0] * 2, [50.0] * 2)
    assert len(row["steps"]) == 2
    assert all(rate > 0 for rate in row["steps"])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_convolution_has_a_rate(precision, monkeypatch):
    monkeypatch.setattr(rates, "CHANNELS", 4)
    machine = rates.replace(rates.choose("cpu", "float32"), precision=precision)
    assert rates.convolution_rate(machine) > 0


def test_what_predict_adds_to_one_picture_is_held_against_its_bound():
    row = {
        "what": "LeNet-5", "precision": "float32", "one_picture_us": {"folded": 100.0, "predict": 160.0, "added": 60.0},
        "pictures_a_second": {"module": 2000.0, "predict": 5000.0},
    }  # fmt: skip
    (line,) = lines("prediction", [row])
    assert line[2:] == ("100", "160", "60", "2,000", "5,000", "2.50×", "≤ 50 µs: **missed** (60 µs)")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_one_picture_and_many_are_answered_by_a_run(precision, monkeypatch):
    monkeypatch.setattr(prediction, "PICTURES", 200)
    case = prediction.Case("digits", (1, 8, 8), "CONV3-2-BN-RELU-GAP, SOFTMAX", precision, at_most(50, "µs"))
    row = prediction.measure(case, repetitions=1)
    assert (row["pictures"], row["threads"], row["precision"]) == (200, 1, precision)
    assert row["one_picture_us"].keys() == {"folded", "predict", "added"}
    measured = {**row["one_picture_us"], **row["pictures_a_second"]}
    del measured["added"]  # a difference, which noise can turn negative
    assert all(value > 0 for value in measured.values())


def test_the_first_step_is_shown_as_a_multiple_of_the_least():
    (line,) = lines("first-step", [{"what": "wxb train mnist", "seconds": [2.0, 3.0], "least_seconds": [2.0]}])
    assert line[1:] == ("2.50 (2.00, 3.00)", "2.00", "1.25×", "≤ 1.3×")


def test_the_process_ends_at_its_first_step_and_leaves_no_finished_run(tmp_path):
    timing.python("-c", first_step.COMMAND, "train", "ring", "SOFTMAX", "--out", "run", folder=tmp_path)
    assert not (tmp_path / "run" / "weights.safetensors").exists()
    assert json.loads((tmp_path / "run" / "run.json").read_text())["steps"]["done"] == 0


def test_the_least_reads_files_whether_they_are_packed_or_not(tmp_path):
    (tmp_path / "pictures").write_bytes(bytes(20))
    with gzip.open(tmp_path / "labels.gz", "wb") as file:
        file.write(bytes(10))
    assert timing.python("-c", first_step.LEAST, "pictures", "labels.gz", folder=tmp_path)[1] > 0


def test_a_process_that_fails_ends_the_measurement_with_its_words(tmp_path):
    with pytest.raises(SystemExit, match=r"(?s)train nowhere ended with 2.*nowhere"):
        timing.python("-c", first_step.COMMAND, "train", "nowhere", folder=tmp_path)


def test_the_figure_reads_the_files_that_the_command_reads(real_data, monkeypatch):
    monkeypatch.setenv("WXB_DATA", str(real_data))
    assert [Path(file).name.removesuffix(".gz") for file in first_step.mnist_files()] == list(first_step.MNIST_FILES)


def test_reading_is_shown_as_multiples_of_what_a_dataloader_reads():
    rates = {"Pillow": [200.0], "first": [280.0], "later": [2500.0]}
    (line,) = lines("photos", [{"side": 224, "photos_a_second": rates, "pixels_differ": 0.5}])
    assert line[4:] == ("1.40×", "12.50×", "0.50 of 255", "≥ 1.5×: **missed** (1.4×); ≥ 10×")
    (other,) = lines("photos", [{"side": 64, "photos_a_second": rates, "pixels_differ": 0.5}])
    assert other[-1] == ""


def test_photos_are_read_by_all_ways_in_turn_and_the_cache_is_put_back(monkeypatch):
    monkeypatch.setattr(pictures, "PACKED_FROM", 1)
    monkeypatch.setenv("WXB_CACHE", "elsewhere")
    figure = reading.Reading((reading.Side(64),), photos=8, repetitions=1)
    (row,) = figure.measure(Scope())
    assert os.environ["WXB_CACHE"] == "elsewhere"
    assert {name: len(rates) for name, rates in row["photos_a_second"].items()} == {"Pillow": 1, "first": 1, "later": 1}
    assert 0 < row["pixels_differ"] < 10


def test_a_dataloader_gives_the_middle_of_each_photo_and_its_class(tmp_path):
    files = photos.make(tmp_path, 2, height=60, width=80)
    found = reading.Photos(files, 30)
    assert [(tuple(photo.shape), number) for photo, number in (found[0], found[1])] == [
        ((3, 30, 30), 0),
        ((3, 30, 30), 1),
    ]


def stages(total: float, train: float, aside: float) -> dict[str, float]:
    rest = {"start": 1.0, "data": 0.5, "test": 0.1, "baselines": aside / 2, "report": aside / 2}
    return {"checks": 0.0, "train": train, "total": total, **rest}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (stages(20.5, 16.0, 1.9), "≤ 5 %; aside ≤ 10 % or ≤ 2 s"),
        (stages(18.0, 30.0, 2.5), "≤ 5 %: **missed** (10 %); aside ≤ 10 % or ≤ 2 s"),
        (stages(20.0, 16.0, 2.4), "≤ 5 %; aside ≤ 10 % or ≤ 2 s: **missed** (15 %)"),
    ],
)
def test_time_is_kept_by_the_worst_seed(told, said):
    one = FIGURES["time"].rows[0]
    row = {"what": one.what, "stages": [stages(20.0, 16.0, 1.0), told], "seconds": [20.1, 21.0]}
    (line,) = lines("time", [row])
    assert (line[0], line[-1]) == ("`wxb train cifar10 --time 20s`", said)


def test_a_command_with_a_time_is_asked_once_a_seed(monkeypatch):
    asked = []

    def train(arguments, seed):
        asked.append((arguments, seed))
        return {"seconds": stages(20.0, 16.0, 1.0), "network": "SOFTMAX"}, 20.5

    monkeypatch.setattr(timekeeping, "train", train)
    row = FIGURES["time"].measure(Scope(seeds=2))[0]
    assert asked[:2] == [(("cifar10", "--time", "20s"), 0), (("cifar10", "--time", "20s"), 1)]
    assert (row["seconds"], row["networks"]) == ([20.5, 20.5], ["SOFTMAX", "SOFTMAX"])


def test_memory_is_compared_between_a_folder_and_one_ten_times_as_large():
    row = {"what": memory.PACKING, "photos": [500, 5000], "peaks_mib": [[400.0, 410.0], [460.0, 450.0]]}
    (line,) = lines("memory", [row])
    assert line[1:] == ("405 (400, 410)", "455 (450, 460)", "1.12×", "≤ 1.1×: **missed** (1.123×)")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell it")
def test_the_peak_of_a_process_is_seen_though_its_memory_is_freed(tmp_path):
    code = "import time; x = b'1' * 80_000_000; time.sleep(0.3); del x; time.sleep(0.1)"
    assert 76 < memory.peak(("-c", code), dict(os.environ), tmp_path) < 110


def test_both_commands_share_a_cache_that_is_new_at_each_repetition(monkeypatch):
    asked = []

    def peak(arguments, environment, folder):
        asked.append((Path(arguments[3]).name, Path(environment["WXB_CACHE"]).name))
        return 100.0 + len(asked)

    monkeypatch.setattr(memory, "peak", peak)
    figure = memory.Memory(1, 8, "SOFTMAX", at_most(1.1, "x"), repetitions=2)
    first, second = figure.measure(Scope())
    assert asked == [(count, f"cache-{count}-{i}") for count in ("1", "10") for i in (0, 1) for _ in range(2)]
    assert (first["peaks_mib"], second["peaks_mib"]) == (
        [[101.0, 103.0], [105.0, 107.0]], [[102.0, 104.0], [106.0, 108.0]],
    )  # fmt: skip


METHOD = FIGURES["gpu"]


def gpu_row(what, accuracy, seconds, training, **more):
    return {"what": what, "accuracy": [accuracy], "seconds": [seconds], "training": [training], **more}


def gpu_rows(ours_training):
    told = {"multiply_adds": 10**8, "steps": 100, "batch_size": 1000, "seconds": {"train": ours_training}}
    return [
        gpu_row("wxb train " + " ".join(METHOD.arguments), 0.92, 9.0, ours_training, rate=120_000.0, told=[told]),
        gpu_row(METHOD.method, 0.91, 10.0, 2.0),
    ]


def test_a_gpu_s_figure_sets_both_times_beside_those_of_the_method():
    (_, ours, theirs) = METHOD.table(gpu_rows(ours_training=1.0))
    assert ours[1:4] == ("92.00 % (1 seed)", "9.0", "1.00")
    assert ours[4] == (
        "the method's accuracy: reached; of its time from the start 0.90×, ≤ 1×; of its training 0.50×, ≤ 1×; "
        "50 % of the rate of a product in bfloat16"
    )
    assert theirs == (METHOD.method, "91.00 % (1 seed)", "10.0", "2.00", "")
    (_, slow, _) = METHOD.table(gpu_rows(ours_training=3.0))
    assert "of its training 1.50×, ≤ 1×: **missed** (1.5×)" in slow[4]


def test_a_gpu_s_figure_says_which_row_was_not_taken():
    _, theirs = gpu_rows(ours_training=1.0)
    (_, ours, shown) = METHOD.table([theirs])
    assert ours[1:4] == ("", "", "")
    assert ours[4].startswith("not taken: the accuracy of the method in ≤ 1× of its time")
    assert shown[1] == "91.00 % (1 seed)"


def test_the_published_method_learns_and_says_what_the_figure_reads(tmp_path):
    chance = np.random.default_rng(0)
    classes = np.arange(12) % 2
    pictures = chance.integers(0, 128, (12, 32, 32, 3), dtype=np.uint8) + (127 * classes[:, None, None, None]).astype(
        "u1"
    )
    path = tmp_path / "two.npz"
    np.savez(path, train_x=pictures, train_y=classes, test_x=pictures, test_y=classes)
    accuracy, seconds, training = gpu.published(path, seed=0)
    assert accuracy > 0.9
    assert 0 < training < seconds
