"""What scenes of the tour ask of the server: some handwritten digits, and the named networks with their counts."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wxb.page.answer import answer

DIGITS = 1000  # enough for a small network to learn from, few enough to be sent at once
BLANK = ord("a")  # the letter of the value 0; 16, the most, is "q"
NETWORKS = ("lenet5", "alexnet", "zfnet", "vgg16", "allcnn-c", "googlenet", "resnet18", "resnet56", "resnet152")


def routes() -> list[Route]:
    """The addresses."""
    return [Route("/api/tour/digits", _digits), Route("/api/tour/networks", _networks)]


async def _digits(request: Request) -> Response:
    return answer(await run_in_threadpool(digits))


async def _networks(request: Request) -> Response:
    return answer(await run_in_threadpool(networks))


@cache
def digits() -> dict[str, Any]:
    """The first digits that come with scikit-learn: 64 letters for each picture of 8x8, "a" (0) to "q" (16).

    Raises WxbError if they are not there.
    """
    from wxb.data.load import load_data

    data = load_data("digits")
    pictures, labels = np.asarray(data.examples[:DIGITS]), np.asarray(data.targets[:DIGITS])
    letters = (pictures.reshape(len(pictures), -1).astype(np.uint8) + BLANK).tobytes().decode("ascii")
    return {"side": int(pictures.shape[-1]), "pictures": letters, "labels": [int(label) for label in labels]}


@cache
def networks() -> list[dict[str, Any]]:
    """Named networks as planned: text, input, parameters, multiply-adds, layers with weights, and what is published."""
    from wxb.notation import plan, read
    from wxb.notation.named import NAMED

    found = []
    for name in NETWORKS:
        known = NAMED[name]
        planned = plan(read(known.text), known.input, known.outputs)
        found.append(
            {
                "name": name,
                "text": known.text,
                "input": known.input,
                "outputs": known.outputs,
                "parameters": planned.parameters,
                "multiply_adds": planned.multiply_adds,
                "published": known.parameters,
            }
        )
    return found
