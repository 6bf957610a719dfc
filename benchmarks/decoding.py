"""What reading photos costs: decoders side by side, a folder's first load and its next, an epoch in memory and mapped.

`python -m benchmarks.decoding` makes photos of its own (500x375 JPEG, noise whose spectrum falls as that of photos) and
prints JSON. All ways are timed in turn in one process, and the best round counts. On a busy machine the CPU's times are
what to compare. simplejpeg is measured where it is installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import wxb
from benchmarks.machine import describe
from wxb.data import packs, pictures
from wxb.data.dataset import Dataset
from wxb.data.decoding import decode, quiet_decoders
from wxb.data.threads import cores, in_order
from wxb.learning.machine import choose
from wxb.learning.recipe import Recipe

HEIGHT, WIDTH = 375, 500
SIDES = (64, 128, 224)
FALL = 1.1  # amplitude of a frequency f is 1 / f^FALL
NETWORK = "AVGPOOL4-CONV3-16-BN-RELU-POOL-CONV3-32-BN-RELU-GAP, SOFTMAX"
RECIPE = Recipe(epochs=1, batch_size=64, optimizer="momentum", learning_rate=0.01)

Pixels = NDArray[np.uint8]
Decoder = Callable[[Path], Pixels]
Found = TypeVar("Found")


def photo(random: np.random.Generator) -> Image.Image:
    """Noise in three channels that have much in common, strongest in low frequencies."""
    frequency = np.hypot(np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH)[None])
    frequency[0, 0] = np.inf
    fields = []
    for _ in range(4):
        spectrum = random.normal(size=(*frequency.shape, 2)) @ (1, 1j) / frequency**FALL
        fields.append(np.fft.irfft2(spectrum, s=(HEIGHT, WIDTH)))
    mixed = np.stack([fields[3] + 0.5 * field for field in fields[:3]], axis=-1)
    return Image.fromarray((128 + 50 * mixed / mixed.std()).clip(0, 255).astype(np.uint8))


def make(folder: Path, count: int) -> list[Path]:
    """`count` photos in two class folders."""
    random, files = np.random.default_rng(0), []
    for number in range(count):
        file = folder / "ab"[number % 2] / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        photo(random).save(file, quality=90)
        files.append(file)
    return files


def squared(picture: Image.Image, side: int) -> Pixels:
    """The middle square at this side, as `decode` makes it."""
    shorter = min(picture.size)
    left, top = ((length - shorter) / 2 for length in picture.size)
    small = picture.resize((side, side), Image.Resampling.BILINEAR, box=(left, top, left + shorter, top + shorter))
    return np.asarray(small).transpose(2, 0, 1)


def full(path: Path, side: int) -> Pixels:
    """Pillow, every pixel decoded."""
    with Image.open(path) as picture:
        return squared(picture.convert("RGB"), side)


def simplejpeg(library: Any, path: Path, side: int) -> Pixels:
    """simplejpeg, scaled as far as `decode` lets Pillow scale."""
    data = path.read_bytes()
    height, width, *_ = library.decode_jpeg_header(data)
    least = [2 * side * length // min(height, width) for length in (height, width)]
    return squared(Image.fromarray(library.decode_jpeg(data, "RGB", min_height=least[0], min_width=least[1])), side)


def decoders(side: int) -> dict[str, Decoder]:
    """Those that are installed, by name."""
    found: dict[str, Decoder] = {
        "Pillow, in full": partial(full, side=side),
        "Pillow, scaled (wxb)": partial(decode, grey=False, side=side, max_pixels=HEIGHT * WIDTH),
    }
    try:
        found["simplejpeg, scaled"] = partial(simplejpeg, import_module("simplejpeg"), side=side)
    except ImportError:
        print("simplejpeg is not installed", file=sys.stderr)
    return found


@dataclass
class Best:
    """The least of several measurements of one thing, in seconds."""

    wall: float = math.inf
    cpu: float = math.inf  # of all threads together: other programs on the machine hardly change it

    def measure(self, work: Callable[[], Found]) -> Found:
        """Does the work once more, and gives what comes of it."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        self.wall = min(self.wall, time.perf_counter() - wall)
        self.cpu = min(self.cpu, time.process_time() - cpu)
        return found


def through(files: list[Path], decoder: Decoder, threads: int) -> None:
    """Every photo decoded, by some threads."""
    with ThreadPoolExecutor(threads) as pool:
        for _ in in_order(pool, decoder, files):
            pass


def rates(files: list[Path], side: int, rounds: int) -> dict[str, Any]:
    """Photos a second and CPU milliseconds a photo of each decoder, with one thread and with one a core; how far wxb's
    pixels are from full ones.
    """
    ways = decoders(side)
    best = {(name, threads): Best() for name in ways for threads in sorted({1, cores()})}
    for _ in range(rounds):
        for (name, threads), measured in best.items():
            measured.measure(partial(through, files, ways[name], threads))
    pairs = [(ways["Pillow, scaled (wxb)"](file), ways["Pillow, in full"](file)) for file in files]
    off = np.abs(np.array([np.subtract(one, other, dtype=np.int16) for one, other in pairs]))
    return {
        "side": side,
        "decoders": [
            {
                "decoder": name,
                "threads": threads,
                "photos_a_second": round(len(files) / found.wall, 1),
                "cpu_milliseconds": round(1000 * found.cpu / len(files), 3),
            }
            for (name, threads), found in best.items()
        ],
        "off": {"mean": round(float(off.mean()), 2), "most": int(off.max())},
    }


def epoch(data: Dataset) -> list[float]:
    """The losses of an epoch of a small network, which leaves much of the time to the pictures; in one thread."""
    return [record.loss for record in wxb.learn(wxb.build(NETWORK, data), data, RECIPE, choose("cpu", "float32", 1))]


def loads(folder: Path, side: int, rounds: int) -> dict[str, Any]:
    """Seconds, of the clock and of the CPU, of a load that packs, of others that do not, and of epochs."""
    load = partial(wxb.load_data, folder, size=side)
    ways = {"load, packing": load, "load, from the pack": load, "load, into memory": partial(load, cache=False)}
    best = {name: Best() for name in (*ways, "epoch, from the pack", "epoch, in memory")}
    for _ in range(rounds):
        packs.clean()
        _, mapped, held = (best[name].measure(way) for name, way in ways.items())
        best["epoch, from the pack"].measure(partial(epoch, mapped))
        best["epoch, in memory"].measure(partial(epoch, held))
    seconds = {name: {"seconds": round(one.wall, 3), "cpu_seconds": round(one.cpu, 3)} for name, one in best.items()}
    return {"side": side, **seconds}


def options() -> argparse.ArgumentParser:
    """What the command takes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decoding", description=__doc__)
    parser.add_argument("--photos", type=int, default=400, help="how many are made")
    parser.add_argument("--rounds", type=int, default=3)
    return parser


def measure(photos: int, rounds: int) -> dict[str, Any]:
    """All of it; every folder counts as large."""
    with tempfile.TemporaryDirectory() as place, quiet_decoders():
        os.environ["WXB_CACHE"] = str(Path(place) / "cache")
        pictures.PACKED_FROM = 1
        files = make(Path(place) / "photos", photos)
        size = round(sum(file.stat().st_size for file in files) / photos)
        decoding = [rates(files, side, rounds) for side in SIDES]
        folder = [loads(Path(place) / "photos", side, rounds) for side in SIDES]
    return {"machine": describe(), "photos": photos, "bytes": size, "decoding": decoding, "folder": folder}


if __name__ == "__main__":
    asked = options().parse_args()
    print(json.dumps(measure(asked.photos, asked.rounds), indent=2))
