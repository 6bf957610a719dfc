"""The complete MNIST module of Lightning's "hello world" tutorial.

https://lightning.ai/docs/pytorch/stable/notebooks/lightning_examples/mnist-hello-world.html : two hidden layers of 64
with ReLU and dropout 0.1; pixels standardized one picture at a time in the data set, Adam at rate 0.0002, batches of 64
on a CPU in the order of the data, 5,000 examples of the training part held out for validation, 3 epochs. Here `fit`
goes on until it is stopped. torchvision's data set is replaced by one over the array that prepares each picture
likewise.
"""

import logging
import tempfile
import warnings

import lightning
import protocol
import torch
import torch.nn.functional as F
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchmetrics import Accuracy

given = protocol.options()
lightning.seed_everything(given.seed)
warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class LitMNIST(lightning.LightningModule):
    """The tutorial's module, its data apart."""

    def __init__(self, hidden_size=64, learning_rate=2e-4):
        super().__init__()
        self.learning_rate = learning_rate
        self.model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(28 * 28, hidden_size),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(hidden_size, hidden_size),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(hidden_size, 10),
        )
        self.val_accuracy = Accuracy(task="multiclass", num_classes=10)

    def forward(self, x):
        """Logarithms of probabilities (batch, 10)."""
        return F.log_softmax(self.model(x), dim=1)

    def training_step(self, batch, batch_idx):
        """The loss of a batch."""
        x, y = batch
        return F.nll_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        """Loss and accuracy of a batch of the held out examples."""
        x, y = batch
        logits = self(x)
        self.val_accuracy.update(torch.argmax(logits, dim=1), y)
        self.log("val_loss", F.nll_loss(logits, y), prog_bar=True)
        self.log("val_acc", self.val_accuracy, prog_bar=True)

    def configure_optimizers(self):
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)


class Tell(lightning.Callback):
    """Test after every epoch."""

    def on_train_epoch_end(self, trainer, module):
        """One line."""
        protocol.tell(trainer.current_epoch + 1, lambda: protocol.accuracy_of(module, test_loader))


train_x, train_y, test_x, test_y = protocol.arrays(given)
scale = (0.1307,), (0.3081,)
full = protocol.Pictures(train_x, train_y, *scale)
held_out = len(full) // 12
train, validation = random_split(full, [len(full) - held_out, held_out])
test_loader = DataLoader(protocol.Pictures(test_x, test_y, *scale), batch_size=64)
with tempfile.TemporaryDirectory() as folder:
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=1,
        max_epochs=given.epochs or -1,
        logger=CSVLogger(save_dir=folder),
        callbacks=[Tell()],
        default_root_dir=folder,
    )
    trainer.fit(LitMNIST(), DataLoader(train, batch_size=64), DataLoader(validation, batch_size=64))
