"""`wxb.doctor.examine` on plain PyTorch: faults are found, healthy trainings left alone, none is changed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import wxb.doctor
from tests.doctor.test_doctor_checks import outcome
from wxb.doctor.checks.plain import FAULTS

DIGITS = load_digits()
X, Y = torch.tensor(DIGITS.data / 16, dtype=torch.float32)[:900], torch.tensor(DIGITS.target)[:900]
ENTROPY = nn.CrossEntropyLoss()


def batches(x=X, y=Y):
    return list(zip(x.split(64), y.split(64), strict=True))


def net(*more: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), *more)


def examined(model, loss_fn=ENTROPY, loader=None, optimizer=None, **options):
    """The diagnosis; the model, its optimizer and torch's generator are as before."""
    if optimizer is None:
        optimizer = torch.optim.Adam(list(model.parameters()) or [torch.zeros(1)], 3e-3)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    random = torch.get_rng_state()
    mode = model.training
    found = wxb.doctor.examine(model, loss_fn, batches() if loader is None else loader, optimizer, **options)
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())
    assert all(one.grad is None for one in model.parameters())
    assert torch.equal(random, torch.get_rng_state())
    assert model.training == mode
    assert not optimizer.state
    return found


def test_a_healthy_training_has_no_finding():
    found = examined(net())
    assert found.healthy
    assert found.findings == ()


def zeros():
    model = net()
    for one in model.parameters():
        nn.init.zeros_(one)
    return model


def with_rate(rate):
    model = net()
    return {"model": model, "optimizer": torch.optim.SGD(model.parameters(), rate)}


FAULTY = {
    "T1": lambda: with_rate(300.0),
    "T2": lambda: with_rate(1e-7),
    "D4": lambda: {**with_rate(0.05), "loader": batches(X * 10_000 + 5_000)},
    "T9": lambda: {"model": zeros()},
    "D13": lambda: {
        "model": nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)),
        "loss_fn": nn.MSELoss(),
        "loader": batches(y=Y[:, None] * 1e4),
    },
}


def sequence(*layers, rate=0.1):
    torch.manual_seed(0)
    model = nn.Sequential(*layers)
    return {"model": model, "optimizer": torch.optim.SGD(model.parameters(), rate)}


def rings():
    x = torch.rand(1600, 2, generator=torch.Generator().manual_seed(0)) * 4 - 2
    return batches(x, ((x.norm(dim=1) > 0.8) & (x.norm(dim=1) < 1.6)).long())


def with_adam(*layers, rate=1e-2):
    return {**sequence(*layers), "optimizer": None, "loader": rings()} | _adam(layers, rate)


def _adam(layers, rate):
    model = nn.Sequential(*layers)
    return {"model": model, "optimizer": torch.optim.Adam(model.parameters(), rate)}


def frozen():
    made = with_adam(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))
    made["model"][0].requires_grad_(False)
    made["model"][2].requires_grad_(False)
    nn.init.normal_(made["model"][0].weight, std=1e-3)
    return made


def asleep():
    made = sequence(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    nn.init.constant_(made["model"][0].bias, -60.0)
    return made


def wrong(share):
    """Labels a share of which are another class."""
    draw = torch.Generator().manual_seed(0)
    other = (Y + torch.randint(1, 10, (len(Y),), generator=draw)) % 10
    return torch.where(torch.rand(len(Y), generator=draw) < share, other, Y)


def table(share):
    """The classes of wine, a share of which are another one."""
    from sklearn.datasets import load_wine

    x, y = (torch.tensor(one) for one in load_wine(return_X_y=True))
    draw = torch.Generator().manual_seed(1)
    rows = torch.randperm(len(y), generator=draw)
    x = ((x - x.mean(0)) / x.std(0)).float()[rows]
    other = (y[rows] + torch.randint(1, 3, (len(y),), generator=draw)) % 3
    y = torch.where(torch.rand(len(y), generator=draw) < share, other, y[rows])
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(13, 24), nn.ReLU(), nn.Linear(24, 3))
    loader = list(zip(x.split(16), y.split(16), strict=True))
    return {"model": model, "loader": loader, "optimizer": torch.optim.Adam(model.parameters(), 5e-3)}


def spirals():
    """Two spirals, and a network too narrow for them."""
    draw = torch.Generator().manual_seed(0)
    turn = torch.rand(768, generator=draw) * 9
    y = torch.arange(768) % 2
    x = torch.stack([turn.cos(), turn.sin()], 1) * (turn * (1 - 2 * y))[:, None] / 9
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    return {"model": model, "loader": batches(x, y), "optimizer": torch.optim.Adam(model.parameters(), 1e-2)}


def test_wrong_labels_of_three_classes_are_counted_and_few_of_them_are_not():
    (finding,) = examined(**table(0.38)).findings
    assert (finding.code, finding.proof) == ("D2", None)
    assert 0.3 < finding.evidence["share_of_wrong_labels"] < 0.45
    assert examined(**table(0.1)).healthy


@pytest.mark.parametrize("count", [33, 65, 66])
def test_a_last_batch_of_one_or_two_examples_is_no_fault(count):
    loader = list(zip(X[:count].split(32), Y[:count].split(32), strict=True))
    found = examined(net(), loader=loader)
    assert not [one for one in found.findings if one.code.startswith("P")]


def test_labels_of_few_examples_that_nothing_predicts_are_counted():
    made = table(0.0)
    x, y = (torch.cat(one) for one in zip(*made["loader"], strict=True))
    dealt = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
    (finding,) = examined(**{**made, "loader": list(zip(x.split(16), dealt.split(16), strict=True))}).findings
    assert (finding.code, finding.proof) == ("D1", None)


@pytest.mark.parametrize(("baseline", "few"), [(0.97, False), (0.8, True), (None, True)])
def test_examples_that_are_enough_for_a_baseline_are_not_too_few(baseline, few):
    left = iter([outcome(0.7), outcome(0.5)])  # with half of them, and with a quarter
    runs = SimpleNamespace(mixed=1.0, run=lambda remedy: next(left))
    base = outcome(0.84, train=1.0)
    found = SimpleNamespace(
        targets=np.repeat(np.arange(10), 40), whole=True, noise=None, base=base, best_reference=baseline, runs=runs
    )
    (fault,) = (one for one in FAULTS if one.code == "D12")
    assert (fault.symptom(found) is not None) is few


def test_a_network_far_too_narrow_is_proved_by_a_far_wider_one():
    (finding,) = examined(**spirals()).findings
    assert (finding.code, finding.severity) == ("N9", "sick")
    assert "sixteen times" in finding.remedy["network"]


def test_targets_that_outputs_cannot_come_near_to_are_counted():
    x = torch.arange(-100, 100, 0.5)[torch.randperm(400, generator=torch.Generator().manual_seed(0))][:, None]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 50), nn.ReLU(), nn.Linear(50, 1))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    (finding,) = examined(model, nn.MSELoss(), batches(x, x**4), optimizer).findings
    assert (finding.code, finding.severity, finding.proof) == ("D13", "sick", None)
    assert finding.evidence["largest_output_over_targets"] < 1e-4
    scaled = x**4 / (x**4).std()
    assert "D13" not in [one.code for one in examined(model, nn.MSELoss(), batches(x, scaled), optimizer).findings]


def test_units_that_rest_for_half_of_a_single_input_are_no_fault():
    draw = torch.Generator().manual_seed(0)
    x = torch.rand((640, 1), generator=draw) * 4 - 2
    y = (3 * x).sin()
    for seed in range(3):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        assert examined(model, nn.MSELoss(), batches(x, y), optimizer).healthy


SEQUENCES = {
    "N1": lambda: {
        **sequence(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid()),
        "loss_fn": nn.MSELoss(),
        "loader": batches(y=Y[:, None].float() / 3),
    },
    "N2": lambda: with_adam(nn.Linear(2, 64), nn.Linear(64, 64), nn.Linear(64, 2)),
    "N3": lambda: {
        **_adam([*(part for _ in range(5) for part in (nn.Linear(64, 64), nn.Sigmoid())), nn.Linear(64, 10)], 1e-3),
    },
    "N4": asleep,
    "N8": lambda: with_adam(
        nn.Linear(2, 64), nn.ReLU(), nn.Dropout(0.95), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
    ),
    "N9": lambda: with_adam(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), rate=0.02),
    "D1": lambda: {
        **with_rate(0.1),
        "loader": batches(y=Y[torch.randperm(len(Y), generator=torch.Generator().manual_seed(1))]),
    },
    "T4": lambda: {**with_rate(0.5), "loader": batches(X[Y.argsort()], Y.sort().values)},
    "T16": frozen,
    "D12": lambda: {"model": net(), "loader": batches(X[:60], Y[:60])},
    "D2": lambda: {"model": net(), "loader": batches(y=wrong(0.35))},
}


@pytest.mark.parametrize("code", SEQUENCES)
def test_another_network_or_order_is_tried_where_that_can_be_done(code):
    found = examined(**SEQUENCES[code]())
    assert [one.code for one in found.findings] == [code]
    assert not found.healthy


def test_a_range_test_finds_the_rate_that_lowers_the_loss():
    (finding,) = examined(**with_rate(300.0)).findings
    assert 0.05 < finding.evidence["best_rate"] == finding.remedy["learning_rate"] < 5


@pytest.mark.parametrize("code", FAULTY)
def test_a_fault_is_proved_by_side_runs(code):
    found = examined(**FAULTY[code]())
    assert [one.code for one in found.findings] == [code]
    proof = found.findings[0].proof
    assert proof is not None
    assert 0 < proof.interval[0] < proof.after - proof.before


def test_the_first_of_a_shared_stack_is_enough():
    model = net()
    twin = nn.Sequential(model, nn.Linear(10, 10))
    twin[1].weight = nn.Parameter(torch.eye(10))
    assert examined(nn.Sequential(twin, twin[1])).healthy


class Raises(nn.Linear):
    def forward(self, x):
        raise KeyError("no such thing")


class Gives(nn.Module):
    """A model whose output is what `made` makes of the logits."""

    def __init__(self, made):
        super().__init__()
        self.net = net()
        self.made = made

    def forward(self, x=None, labels=None):
        logits = self.net(x)
        return self.made(logits, labels)


class HalfGradient(torch.autograd.Function):
    @staticmethod
    def forward(context, x, weight):
        context.save_for_backward(x, weight)
        return x @ weight

    @staticmethod
    def backward(context, gradient):
        x, weight = context.saved_tensors
        return gradient @ weight.T, 0.5 * x.T @ gradient


class Halved(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(64, 10) * 0.1)

    def forward(self, x):
        return HalfGradient.apply(x, self.weight)


def endless():
    while True:
        yield X[:64], Y[:64]


def of_last():
    model = net()
    return {"model": model, "optimizer": torch.optim.Adam(model[2].parameters())}


def spoiled():
    x = X.clone()
    x[5, 3] = torch.nan
    return batches(x)


def binary(*last):
    """A network that tells large digits from small ones."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), *last)
    return {"model": model, "loader": batches(y=(Y > 4).float()[:, None])}


COUNTED = {
    "N1 a softmax over one output": (
        "N1",
        lambda: {
            "model": nn.Sequential(nn.Linear(64, 1), nn.Softmax(1)),
            "loss_fn": nn.BCELoss(),
            "loader": batches(y=(Y > 4).float()[:, None]),
        },
    ),
    "N1 a sigmoid before the entropy": ("N1", lambda: {"model": net(nn.Sigmoid())}),
    "N7 softmax twice": ("N7", lambda: {"model": net(nn.Softmax(1))}),
    "N7 softmax before a weighted and smoothed entropy": (
        "N7",
        lambda: {
            "model": net(nn.Softmax(1)),
            "loss_fn": nn.CrossEntropyLoss(torch.arange(1.0, 11.0), label_smoothing=0.1),
        },
    ),
    "N7 softmax before the entropy of probabilities": (
        "N7", lambda: {"model": net(nn.Softmax(1)), "loader": batches(y=nn.functional.one_hot(Y, 10).float())}
    ),
    "N7 softmax over the batch": ("N7", lambda: {"model": net(nn.Softmax(0))}),
    "N7 logarithm of a softmax over the batch": (
        "N7", lambda: {"model": net(nn.LogSoftmax(0)), "loss_fn": nn.NLLLoss()}
    ),
    "N7 softmax before log-likelihood": ("N7", lambda: {"model": net(nn.Softmax(1)), "loss_fn": nn.NLLLoss()}),
    "N7 sigmoid before log-likelihood": ("N7", lambda: {"model": net(nn.Sigmoid()), "loss_fn": nn.NLLLoss()}),
    "N7 scores before log-likelihood": ("N7", lambda: {"model": net(), "loss_fn": nn.NLLLoss()}),
    "N7 sigmoid twice": ("N7", lambda: {**binary(nn.Sigmoid()), "loss_fn": nn.BCEWithLogitsLoss()}),
    "N7 sigmoid twice, weighted, in one dimension": (
        "N7",
        lambda: {
            **binary(nn.Sigmoid(), nn.Flatten(0)),
            "loss_fn": nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0)),
            "loader": batches(y=(Y > 4).float()),
        },
    ),
    "N7 softmax before a sigmoid": (
        "N7",
        lambda: {
            "model": net(nn.Softmax(1)),
            "loss_fn": nn.BCEWithLogitsLoss(),
            "loader": batches(y=nn.functional.one_hot(Y, 10).float()),
        },
    ),
    "N1 tanh before the entropy": ("N1", lambda: {**binary(nn.Tanh()), "loss_fn": nn.BCEWithLogitsLoss()}),
    "T16 not in the optimizer": ("T16", of_last),
    "T3 each target against every output": (
        "T3", lambda: {"model": nn.Linear(64, 1), "loss_fn": nn.MSELoss(), "loader": batches(y=Y.float())}
    ),
    "N1 too few outputs": (
        "N1", lambda: {"model": nn.Linear(64, 7), "loss_fn": lambda output, y: ENTROPY(output, y.clamp(0, 6))}
    ),
    "D9 not a number": ("D9", lambda: {"model": net(), "loader": spoiled()}),
    "D14 one class": ("D14", lambda: {"model": net(), "loader": batches(y=Y * 0)}),
    "P1 raises": ("P1", lambda: {"model": Raises(64, 10)}),
    "P1 targets of a wrong type": ("P1", lambda: {"model": net(), "loader": batches(y=Y.float())}),
    "P1 texts": ("P1", lambda: {"model": net(), "loader": [("a", "b")]}),
    "P2 no batch": ("P2", lambda: {"model": net(), "loader": []}),
    "P2 a loss for each example": ("P2", lambda: {"model": net(), "loss_fn": nn.CrossEntropyLoss(reduction="none")}),
    "P2 a loss that is no tensor": ("P2", lambda: {"model": net(), "loss_fn": lambda output, target: 1.0}),
    "P3 no parameters": ("P3", lambda: {"model": nn.ReLU()}),
    "P4 half a gradient": ("P4", lambda: {"model": Halved()}),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_what_is_counted_needs_no_side_run(name):
    code, made = COUNTED[name]
    found = examined(**made())
    assert [one.code for one in found.findings] == [code]
    assert found.cost == 0
    assert found.findings[0].cause


def test_the_least_loss_behind_a_second_sigmoid_is_that_of_the_best_outputs():
    made = binary(nn.Sigmoid())
    (finding,) = examined(**made, loss_fn=nn.BCEWithLogitsLoss()).findings
    targets = made["loader"][0][1]
    assert np.isclose(finding.evidence["least_loss"], float(nn.BCEWithLogitsLoss()(targets, targets)))


def slow(*last):
    """A network that tells a curved border, and would begin faster without its last activation."""
    torch.manual_seed(0)
    x = torch.randn(1000, 10)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).float()[:, None]
    torch.manual_seed(0)
    made = _adam([nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1), *last], 1e-3)
    return {**made, "loader": list(zip(x.split(50), y.split(50), strict=True))}


FITTING = {
    "sigmoid, binary entropy of probabilities": lambda: {**binary(nn.Sigmoid()), "loss_fn": nn.BCELoss()},
    "sigmoid, squared error": lambda: {**slow(nn.Sigmoid()), "loss_fn": nn.MSELoss()},
    "logits, binary entropy of logits": lambda: {**binary(), "loss_fn": nn.BCEWithLogitsLoss()},
    "logarithms, log-likelihood": lambda: {"model": net(nn.LogSoftmax(1)), "loss_fn": nn.NLLLoss()},
    "logarithms, entropy of logits": lambda: {"model": net(nn.LogSoftmax(1))},
    "probabilities, their log-likelihood": lambda: {
        "model": net(nn.Softmax(1)),
        "loss_fn": lambda output, y: nn.functional.nll_loss(output.log(), y),
    },
}


@pytest.mark.parametrize("name", FITTING)
def test_an_activation_that_fits_the_loss_is_left_alone(name):
    codes = [one.code for one in examined(**FITTING[name]()).findings]
    assert codes == []


def test_a_softmax_of_single_outputs_over_the_batch_is_not_said_to_be_always_1():
    model = nn.Sequential(nn.Linear(64, 1), nn.Softmax(0))
    found = examined(model, nn.MSELoss(), batches(y=(Y > 4).float()[:, None]))
    assert "always 1" not in "".join(one.cause for one in found.findings)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"optimizer": None}, "the optimizer is missing: a torch.optim.Optimizer is needed"),
        ({"optimizer": torch.optim.Adam}, "the optimizer is the class Adam: a torch.optim.Optimizer is needed"),
        ({"loss_fn": 3}, "the loss is of type int: a function of outputs and targets is needed"),
        ({"model": "net"}, "the model is of type str: a torch.nn.Module is needed"),
    ],
)
def test_an_argument_of_another_kind_is_told(change, says):
    model = net()
    given = {"model": model, "loss_fn": ENTROPY, "optimizer": torch.optim.Adam(model.parameters()), **change}
    (finding,) = wxb.doctor.examine(**given, loader=batches()).findings
    assert (finding.code, finding.cause) == ("P1", says)


class Words(nn.Module):
    """Scores (batch, classes, places) of tokens (batch, places)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Embedding(8, 16), nn.Linear(16, 8))

    def forward(self, tokens):
        return self.net(tokens).transpose(1, 2)


TOKENS = torch.arange(640).reshape(64, 10) % 8


@pytest.mark.parametrize(
    "arguments",
    [
        {"model": Words(), "loader": list(zip(TOKENS.split(8), ((TOKENS + 1) % 8).split(8), strict=True))},
        {"model": Gives(lambda logits, labels: (logits, logits)), "loss_fn": lambda o, y: ENTROPY(o[0], y)},
        {
            "model": Gives(lambda logits, labels: {"logits": logits, "loss": ENTROPY(logits, labels)}),
            "loss_fn": None,
            "loader": [{"x": x, "labels": y} for x, y in batches()],
        },
        {"model": net().bfloat16(), "loader": batches(X.bfloat16())},
        {"model": net(), "loader": endless()},
        {"model": net(), "loader": [(X, Y)]},
    ],
    ids=["tokens", "tuple", "dict", "bfloat16", "endless", "one batch"],
)
def test_odd_but_healthy_trainings_are_left_alone(arguments):
    assert examined(**arguments, budget=1.5).findings == ()
