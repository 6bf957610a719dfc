"""The CIFAR-10 baseline of Lightning's tutorials.

https://lightning.ai/docs/pytorch/stable/notebooks/lightning_examples/cifar10-baseline.html : ResNet-18 with a first
convolution of 3x3 and without the first pooling; a random crop out of a border of 4 pixels, a random flip, pixels
standardized, SGD with momentum 0.9 and weight decay 0.0005, one cycle of the rate up to 0.1 over 30 epochs, batches of
64, a tenth of the training part held out for validation. torchvision's network and data set are replaced by the same
network written out, and by a data set over the array that prepares each picture likewise; nothing is logged or saved.
"""

import logging
import os
import tempfile
import warnings

import lightning
import protocol
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchmetrics.functional import accuracy

EPOCHS = 30
BATCH = 64

given = protocol.options()
lightning.seed_everything(given.seed)
warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut, which is a 1x1 convolution if the shape changes (He et al. 2016)."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        same = stride == 1 and before == after
        self.beside = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        )

    def forward(self, x):
        """(batch, before, h, w) -> (batch, after, h / stride, w / stride)."""
        inside = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(inside + self.beside(x))


def create_model():
    """ResNet-18 for pictures of 32x32."""
    blocks = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1)]
    blocks += [(128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, 1, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        *(Block(*sizes) for sizes in blocks),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(512, 10),
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


class LitResnet(lightning.LightningModule):
    """The tutorial's module."""

    def __init__(self, steps, lr=0.05):
        super().__init__()
        self.steps = steps
        self.lr = lr
        self.model = create_model()

    def forward(self, x):
        """Logarithms of probabilities (batch, 10)."""
        return F.log_softmax(self.model(x), dim=1)

    def training_step(self, batch, batch_idx):
        """The loss of a batch."""
        x, y = batch
        loss = F.nll_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        """Loss and accuracy of a batch of the held out examples."""
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.nll_loss(logits, y), prog_bar=True)
        self.log("val_acc", accuracy(logits.argmax(1), y, task="multiclass", num_classes=10), prog_bar=True)

    def configure_optimizers(self):
        """SGD whose rate goes through one cycle."""
        optimizer = torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9, weight_decay=5e-4)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=EPOCHS, steps_per_epoch=self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


class Tell(lightning.Callback):
    """Test after every epoch."""

    def on_train_epoch_end(self, trainer, module):
        """One line."""
        protocol.tell(trainer.current_epoch + 1, lambda: protocol.accuracy_of(module, test_loader))


def crop_and_flip(picture):
    """A picture (3, 32, 32) moved by up to 4 pixels into a black border, and mirrored half of the time."""
    top, left = torch.randint(0, 9, (2,)).tolist()
    picture = F.pad(picture, (4, 4, 4, 4), value=0.0)[:, top : top + 32, left : left + 32]
    return picture.flip(2) if torch.rand(1) < 0.5 else picture


if __name__ == "__main__":
    train_x, train_y, test_x, test_y = protocol.arrays(given)
    scale = (0.491, 0.482, 0.447), (0.247, 0.243, 0.262)
    rows = torch.randperm(len(train_x)).tolist()
    held_out = len(rows) // 10
    train = Subset(protocol.Pictures(train_x, train_y, *scale, crop_and_flip), rows[held_out:])
    validation = Subset(protocol.Pictures(train_x, train_y, *scale), rows[:held_out])
    workers = {"batch_size": BATCH, "num_workers": (os.cpu_count() or 1) // 2}
    test_loader = DataLoader(protocol.Pictures(test_x, test_y, *scale), **workers)
    train_loader = DataLoader(train, shuffle=True, drop_last=True, **workers)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=given.epochs or EPOCHS,
            accelerator="auto",
            logger=False,
            enable_checkpointing=False,
            callbacks=[Tell()],
            default_root_dir=folder,
        )
        trainer.fit(LitResnet(len(train_loader)), train_loader, DataLoader(validation, **workers))
