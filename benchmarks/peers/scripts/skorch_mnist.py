"""The convolutional network of skorch's MNIST notebook.

https://github.com/skorch-dev/skorch/blob/master/notebooks/MNIST.ipynb : two convolutions of 3x3 with pooling, dropout,
two dense layers, softmax; pixels in [0, 1], Adam at rate 0.002, batches of 128 and a fifth of the training part held
out for validation (skorch's defaults), 10 epochs. Here `fit` goes on until it is stopped.
"""

import protocol
import torch
import torch.nn.functional as F
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from torch import nn

given = protocol.options()
torch.manual_seed(given.seed)


class Cnn(nn.Module):
    """The notebook's network."""

    def __init__(self, dropout=0.5):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.conv2_drop = nn.Dropout2d(p=dropout)
        self.fc1 = nn.Linear(1600, 100)
        self.fc2 = nn.Linear(100, 10)
        self.fc1_drop = nn.Dropout(p=dropout)

    def forward(self, x):
        """Probabilities (batch, 10) of pictures (batch, 1, 28, 28)."""
        x = torch.relu(F.max_pool2d(self.conv1(x), 2))
        x = torch.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = torch.relu(self.fc1_drop(self.fc1(torch.flatten(x, 1))))
        return torch.softmax(self.fc2(x), dim=-1)


train_x, train_y, test_x, test_y = protocol.arrays(given)
train_x, test_x = (x.transpose(0, 3, 1, 2).astype("float32") / 255 for x in (train_x, test_x))


class Tell(Callback):
    """Test after every epoch."""

    def on_epoch_end(self, net, **_):
        """One line."""
        protocol.tell(len(net.history), lambda: (net.predict(test_x) == test_y).mean())


net = NeuralNetClassifier(
    Cnn, max_epochs=given.epochs or 10_000, lr=0.002, optimizer=torch.optim.Adam, callbacks=[Tell()]
)
net.fit(train_x, train_y)
