"""`wxb.doctor.watch` around anybody's loop: what it finds, and that the loop neither changes nor ends."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import wxb.doctor
from tests.doctor.test_doctor_examine import ENTROPY, X, Y, batches, net


def loop(model, optimizer, watched=True, steps=60, loss_fn=ENTROPY, given=None):
    """Train for some steps; what was found."""
    watching = wxb.doctor.watch(model, optimizer, loss_fn)
    given = batches() if given is None else given
    if watched:
        watching.__enter__()
    for step in range(steps):
        x, y = given[step % len(given)]
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    watching.__exit__(None, None, None)
    return watching


def test_a_watched_loop_computes_the_same_bits():
    states = []
    for watched in (True, False):
        model = net(nn.Dropout(0.2))
        torch.manual_seed(1)
        loop(model, torch.optim.Adam(model.parameters(), 1e-3), watched)
        states.append([*model.state_dict().values(), torch.get_rng_state()])
    assert all(torch.equal(*pair) for pair in zip(*states, strict=True))


def test_a_healthy_loop_has_no_finding_and_no_hook_stays():
    model = net()
    watching = loop(model, torch.optim.Adam(model.parameters(), 1e-3))
    assert watching.broken is None
    assert watching.findings == ()
    assert not any(one._forward_hooks for one in model.modules())


def alike():
    model = net()
    for one in model.parameters():
        nn.init.constant_(one, 0.1)
    return model, torch.optim.Adam(model.parameters(), 1e-3)


def evaluating():
    model = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10)).eval()
    return model, torch.optim.Adam(model.parameters(), 1e-3)


def partly():
    model = net()
    model[0].requires_grad_(False)
    return model, torch.optim.Adam(model[2].parameters(), 1e-3)


def dead():
    model = net()
    nn.init.constant_(model[0].bias, -100.0)
    return model, torch.optim.SGD(model.parameters(), 1e-2)


def with_rate(rate):
    model = net()
    return model, torch.optim.SGD(model.parameters(), rate)


def decaying(**more):
    model = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))
    return model, torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=0.3)


def in_order():
    model = net()
    order = Y.argsort()
    return model, torch.optim.Adam(model.parameters(), 1e-3), batches(X[order], Y[order])


def test_batches_in_the_order_of_the_classes_are_suspected():
    assert "T4" in [one.code for one in loop(*in_order()[:2], given=in_order()[2]).findings]


def test_gradients_that_are_not_cleared_are_suspected_and_accumulated_ones_are_not():
    for accumulate, cleared, found in ((1, False, ["P5"]), (3, True, []), (1, True, [])):
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), 1e-2)
        with wxb.doctor.watch(model, optimizer, ENTROPY) as watching:
            for step in range(60 * accumulate):
                x, y = batches()[step % 15]
                ENTROPY(model(x), y).backward()
                if step % accumulate == accumulate - 1:
                    optimizer.step()
                    if cleared:
                        optimizer.zero_grad(set_to_none=bool(step % 2))
        assert watching.broken is None
        assert [one.code for one in watching.findings if one.code == "P5"] == found


def test_a_loop_that_ends_at_once_is_suspected_of_too_few_steps():
    model = net()
    assert [one.code for one in loop(model, torch.optim.Adam(model.parameters(), 1e-3), steps=10).findings] == ["T14"]


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("T1", lambda: with_rate(1e5)),
        ("T2", lambda: with_rate(1e-12)),
        ("T2", lambda: with_rate(1e-5)),
        ("T9", alike),
        ("T16", partly),
        ("T17", evaluating),
        ("T5", decaying),
        ("T18", decaying),
        ("N4", dead),
    ],
)
def test_a_fault_is_suspected(code, made):
    assert code in [one.code for one in loop(*made()).findings]


def test_inputs_that_are_no_finite_numbers_are_not_taken_for_a_high_rate():
    x = X.clone()
    x[:3, 5] = float("nan")
    model = net()
    found = loop(model, torch.optim.Adam(model.parameters(), 1e-3), given=batches(x, Y)).findings
    assert [one.code for one in found][:1] == ["D9"]
    assert "T1" not in [one.code for one in found]


def test_an_optimizer_of_another_model_is_told():
    model, other = net(), net()
    (finding,) = loop(model, torch.optim.Adam(other.parameters(), 1e-3)).findings
    assert finding.code == "T16"


def test_what_is_no_optimizer_is_told():
    with wxb.doctor.watch(net(), nn.CrossEntropyLoss()) as watching:
        pass
    (finding,) = watching.findings
    assert finding.code == "P1"
    assert finding.cause == "the optimizer is of type CrossEntropyLoss: a torch.optim.Optimizer is needed"
    assert watching.broken is None


def test_a_fault_of_the_doctor_does_not_reach_the_loop(monkeypatch):
    def broken(*rest):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("wxb.learning.layerwise.Layerwise.before_update", broken)
    model = net()
    watching = loop(model, torch.optim.Adam(model.parameters(), 1e-3))
    assert watching.broken == "ZeroDivisionError: ours"
    assert watching.findings == ()


def test_an_error_of_the_loop_is_the_loop_s_own():
    model = net()
    with pytest.raises(ValueError, match="theirs"), wxb.doctor.watch(model) as watching:
        raise ValueError("theirs")
    assert watching.findings == ()


def test_without_an_optimizer_any_that_moves_the_model_counts():
    model, other = net(), nn.Linear(2, 2)
    with wxb.doctor.watch(model) as watching:
        for one in (model, other):
            optimizer = torch.optim.SGD(one.parameters(), 1e6)
            optimizer.zero_grad()
            given = batches()[0][0] if one is model else torch.ones(1, 2)
            one(given).square().sum().backward()
            optimizer.step()
    assert watching._step == 1


@pytest.mark.parametrize("model", [nn.ReLU(), nn.Sequential(), nn.Linear(64, 10).half()])
def test_odd_models_are_watched_without_an_error(model):
    with wxb.doctor.watch(model) as watching:
        pass
    assert watching.findings == ()
