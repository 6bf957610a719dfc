"""Artificial photos: noise with the spectrum of photos, as JPEG files in two class folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 375, 500
FALL = 1.1  # amplitude of a frequency f is 1 / f^FALL
QUALITY = 90


def photo(random: np.random.Generator, height: int = HEIGHT, width: int = WIDTH) -> Image.Image:
    """Noise in three correlated channels, strongest in low frequencies."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    fields = []
    for _ in range(4):
        spectrum = random.normal(size=(*frequency.shape, 2)) @ (1, 1j) / frequency**FALL
        fields.append(np.fft.irfft2(spectrum, s=(height, width)))
    mixed = np.stack([fields[3] + 0.5 * field for field in fields[:3]], axis=-1)
    return Image.fromarray((128 + 50 * mixed / mixed.std()).clip(0, 255).astype(np.uint8))


def make(folder: Path, count: int, height: int = HEIGHT, width: int = WIDTH) -> list[Path]:
    """`count` photos in two class folders, in turn; the first of them are the same for any count."""
    random, files = np.random.default_rng(0), []
    for number in range(count):
        file = folder / "ab"[number % 2] / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        photo(random, height, width).save(file, quality=QUALITY)
        files.append(file)
    return files
