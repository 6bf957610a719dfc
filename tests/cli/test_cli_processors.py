"""Training on a processor that has fewer instructions than this one: oneDNN and torch are told not to use them."""

from __future__ import annotations

import math

import pytest

NETWORK = "(CONV3-128-BN-RELU)*2-GAP, SOFTMAX"  # large enough for bfloat16 where the processor multiplies it


@pytest.mark.parametrize(("onednn", "torch"), [("AVX2", "avx2"), ("SSE41", "default")])
def test_a_processor_without_avx512_trains_and_evaluates_in_float32(process, onednn, torch):
    less = {"ONEDNN_MAX_CPU_ISA": onednn, "ATEN_CPU_CAPABILITY": torch}
    words = ("train", "digits", NETWORK, "--steps", 4, "--threads", 1, "--out", "run", "--json")
    ended = process(*words, more=less)
    assert ended.code == 0, ended.err
    assert "machine   1 thread, float32, channels-last" in ended.err
    assert math.isfinite(ended.json["test"]["loss"])
    assert ended.json["test"]["examples"] == 449
    found = process("evaluate", "run", more=less)
    assert found.code == 0, found.err


def test_bfloat16_can_be_asked_of_a_processor_that_does_not_multiply_it(process):
    less = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    ended = process("train", "digits", "CONV3-8-RELU-GAP, SOFTMAX", "--steps", 2, "--precision", "bfloat16", more=less)
    assert ended.code == 0, ended.err
    assert "bfloat16" in ended.err
