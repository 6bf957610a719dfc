"""Any module of torch on a page: what is shown of it, and that no fault of the page reaches the loop that trains it."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import wxb
from tests.page.test_page_browser import opened, pytestmark  # noqa: F401
from wxb.errors import WxbError
from wxb.page.watched import Shown, first_batch


def convnet() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3)
    )


def loader() -> DataLoader[Any]:
    x = torch.arange(20 * 64).reshape(20, 1, 8, 8) / 1280
    return DataLoader(TensorDataset(x, torch.arange(20) % 3), batch_size=5, shuffle=True)


@pytest.fixture
def shown() -> Iterator[Shown]:
    page = wxb.show_page(convnet(), loader(), browser=False)
    yield page
    page.close()


def at(page: Shown, path: str) -> Any:
    assert page.address is not None
    return httpx2.get(page.address.partition("/model")[0] + path, timeout=60)


def test_the_layers_of_a_module_and_their_maps_are_shown(shown):
    told = at(shown, "/api/model/network").json()
    assert [node["layer"] for node in told["nodes"]] == ["input", "0", "1", "2", "3", "4", "5"]
    assert told["nodes"][1]["output"] == [4, 8, 8]
    maps = at(shown, "/api/model/views/maps?layer=2&example=1").json()
    assert maps["arrays"]["2"]["shape"] == [4, 8, 8]
    filters = at(shown, "/api/model/views/filters?layer=0").json()
    assert filters["arrays"]["weights"]["shape"] == [4, 1, 3, 3]
    assert at(shown, "/api/model/views/confusion").status_code == 404


def test_an_update_shows_the_module_as_it_is(shown):
    def weights() -> Any:
        return np.array(at(shown, "/api/model/views/filters?layer=0").json()["arrays"]["weights"]["values"])

    before = weights()
    with torch.no_grad():
        shown._model[0].weight.mul_(2)
    assert np.array_equal(weights(), before)
    shown.update(loss=0.25, accuracy=torch.tensor(0.5))
    assert np.allclose(weights(), 2 * before, atol=1e-3)
    assert at(shown, "/api/model").json()["curves"] == {"loss": [[1, 0.25]], "accuracy": [[1, 0.5]]}


def trained(page: bool) -> tuple[list[torch.Tensor], float]:
    """A training as people write it, with draws of its own: its weights, and a number drawn at its end."""
    random.seed(0)
    np.random.seed(0)
    model, batches = convnet(), loader()
    model.insert(1, nn.Dropout(0.2))
    calls: list[int] = []
    model[0].register_forward_hook(lambda *_: calls.append(1))
    torch.manual_seed(1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    shown = wxb.show_page(model, batches, browser=False) if page else None
    steps = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        steps += 1
        if shown is not None:
            assert at(shown, "/api/model/views/maps?layer=0").status_code == 200
            shown.update(loss=loss)
    assert model.training
    assert len(calls) == steps
    if shown is not None:
        shown.close()
    return [tensor.clone() for tensor in model.state_dict().values()], random.random() + float(np.random.rand())


def test_a_page_changes_no_bit_of_the_training_beside_it():
    alone, watched = trained(False), trained(True)
    assert alone[1] == watched[1]
    for one, other in zip(alone[0], watched[0], strict=True):
        assert torch.equal(one, other)


class Stubborn(nn.Module):
    """A module that cannot be copied, and breaks down when it computes in evaluation mode."""

    copyable = True

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            raise RuntimeError("only training is possible")
        return self.layer(x)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.copyable:
            raise RuntimeError("no copies")
        taken = Stubborn.__new__(Stubborn)
        taken.__dict__.update(self.__dict__)
        return taken


@pytest.mark.parametrize(
    ("model", "examples", "said"),
    [
        ("no module", torch.zeros(2, 3), "str is no module of torch"),
        (nn.Linear(3, 2), 7, "int is no batch of examples"),
        (nn.Linear(3, 2), iter([torch.zeros(2, 3)]), "an iterator would lose its first batch"),
        (nn.Linear(3, 2), torch.zeros(3), "no batch of examples"),
        (nn.Linear(3, 2), [], "no batch of examples"),
    ],
)
def test_what_cannot_be_shown_is_logged_and_not_raised(caplog, model, examples, said):
    with caplog.at_level(logging.WARNING, "wxb.page"):
        page = wxb.show_page(model, examples, browser=False)
        page.update(loss=1.0)
        page.close()
    assert page.address is None
    assert said in caplog.text
    assert said in str(page.problem) or page.problem is not None


def test_a_fault_while_it_trains_is_logged_and_not_raised(caplog):
    model = Stubborn()
    page = wxb.show_page(model, torch.zeros(2, 3), browser=False)
    assert page.address is not None
    answered = at(page, "/api/model/network")
    assert answered.status_code == 500
    assert "only training" not in answered.text
    model.copyable = False
    page._looked.seen = True
    with caplog.at_level(logging.WARNING, "wxb.page"):
        page.update(loss="not a number")
        page.update(loss=0.1)
    assert "could not convert" in caplog.text
    assert "no copies" in caplog.text
    page.close()


def test_a_taken_port_is_logged_and_not_raised(shown):
    assert shown.address is not None
    port = int(shown.address.split(":")[2].split("/")[0])
    second = wxb.show_page(nn.Linear(3, 2), torch.zeros(2, 3), port=port, browser=False)
    assert second.address is None
    assert f"port {port} cannot be used" in str(second.problem)


def test_the_first_batch_of_what_people_have():
    x, y = torch.zeros(100, 1, 4, 4), torch.zeros(100)
    for examples in (x, (x, y), [(x, y), (x, y)], DataLoader(TensorDataset(x, y), batch_size=80), x.numpy()):
        assert first_batch(examples).shape == (64, 1, 4, 4)
    assert set(first_batch({"ids": torch.zeros(70, 5), "mask": None})) == {"ids", "mask"}
    with pytest.raises(WxbError):
        first_batch(["a", "b"])


def test_the_room_of_the_page_is_still_a_module():
    import wxb.page

    assert wxb.page.__name__ == "wxb.page"


def test_a_module_is_seen_in_the_browser_and_follows_its_loop(shown):
    from playwright.sync_api import expect

    for window in opened(shown.address):
        expect(window.get_by_role("heading", level=1)).to_have_text("Sequential")
        window.get_by_role("button", name="0", exact=False).first.click()
        expect(window.get_by_role("img", name="0, 4x8x8")).to_be_visible(timeout=60_000)
        shown.update(loss=0.5)
        expect(window.get_by_text("as it was after 1 update")).to_be_visible(timeout=30_000)
        expect(window.get_by_role("img", name="loss by update")).to_be_visible()
