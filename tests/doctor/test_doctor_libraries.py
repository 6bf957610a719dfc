"""`wxb.doctor.watch` around the loops of libraries on PyTorch; skipped where one is missing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import wxb.doctor
from tests.doctor.test_doctor_examine import ENTROPY, X, Y, net


@pytest.fixture(autouse=True)
def _their_warnings() -> Iterator[None]:
    """What a library warns of is its own matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize(("rate", "codes"), [(0.05, []), (1e6, ["T1"])])
def test_lightning(rate, codes, tmp_path):
    lightning = pytest.importorskip("pytorch_lightning")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = net()

        def training_step(self, batch, index):
            return ENTROPY(self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), rate)

    module = Module()
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    with wxb.doctor.watch(module) as watching:
        trainer.fit(module, DataLoader(TensorDataset(X, Y), 64))
    assert watching.broken is None
    assert [one.code for one in watching.findings][:1] == codes


@pytest.mark.parametrize(("rate", "codes"), [(0.05, []), (1e6, ["T1"])])
def test_skorch(rate, codes):
    skorch = pytest.importorskip("skorch")
    classifier = skorch.NeuralNetClassifier(net(), criterion=nn.CrossEntropyLoss, lr=rate, max_epochs=2, verbose=0)
    classifier.initialize()
    with wxb.doctor.watch(classifier.module_) as watching:
        classifier.partial_fit(X.numpy(), Y.numpy())
    assert watching.broken is None
    assert [one.code for one in watching.findings][:1] == codes


@pytest.mark.parametrize(("rate", "codes"), [(0.05, []), (1e6, ["T1"])])
def test_hugging_face(rate, codes, tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")

    class Labelled(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net()

        def forward(self, x, labels):
            logits = self.net(x)
            return {"loss": ENTROPY(logits, labels), "logits": logits}

    model = Labelled()
    trainer = transformers.Trainer(
        model,
        transformers.TrainingArguments(
            str(tmp_path), max_steps=20, learning_rate=rate, optim="sgd", report_to=[], use_cpu=True,
            save_strategy="no", max_grad_norm=0.0, disable_tqdm=True,
        ),
        train_dataset=[{"x": x, "labels": y} for x, y in zip(X, Y, strict=True)],
    )  # fmt: skip
    with wxb.doctor.watch(trainer.model) as watching:
        trainer.train()
    assert watching.broken is None
    assert [one.code for one in watching.findings][:1] == codes
