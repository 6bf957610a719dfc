"""The benchmark of decoding says what it promises."""

from __future__ import annotations

from benchmarks import decoding
from wxb.data import pictures


def test_every_way_of_reading_photos_is_timed(monkeypatch):
    monkeypatch.setattr(decoding, "SIDES", (16,))
    monkeypatch.setattr(pictures, "PACKED_FROM", pictures.PACKED_FROM)
    monkeypatch.setenv("WXB_CACHE", "")
    told = decoding.measure(photos=8, rounds=1)
    (rates,), (loads,) = told["decoding"], told["folder"]
    assert {"Pillow, in full", "Pillow, scaled (wxb)"} <= {one["decoder"] for one in rates["decoders"]}
    assert all(one["photos_a_second"] > 0 and one["cpu_milliseconds"] > 0 for one in rates["decoders"])
    assert 0 < rates["off"]["mean"] < 10
    assert list(loads) == [
        "side", "load, packing", "load, from the pack", "load, into memory", "epoch, from the pack", "epoch, in memory",
    ]  # fmt: skip
