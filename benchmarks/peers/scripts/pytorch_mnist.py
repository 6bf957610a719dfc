"""The MNIST loop of PyTorch's examples.

https://github.com/pytorch/examples/tree/main/mnist : two convolutions of 3x3, one pooling, dropout, two dense layers;
pixels standardized one picture at a time in the data set, Adadelta at rate 1 times 0.7 per epoch, batches of 64, 14
epochs. As there, the order of the examples is shuffled only on a GPU. torchvision's data set is replaced by one over
the array that prepares each picture likewise.
"""

import protocol
import torch
import torch.nn.functional as F
from torch import nn, optim

given = protocol.options()
torch.manual_seed(given.seed)


class Net(nn.Module):
    """The example's network."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        """Logarithms of probabilities (batch, 10) of pictures (batch, 1, 28, 28)."""
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        x = F.relu(self.fc1(torch.flatten(self.dropout1(x), 1)))
        return F.log_softmax(self.fc2(self.dropout2(x)), dim=1)


train_x, train_y, test_x, test_y = protocol.arrays(given)
scale = (0.1307,), (0.3081,)
train_loader = torch.utils.data.DataLoader(protocol.Pictures(train_x, train_y, *scale), batch_size=64)
test_loader = torch.utils.data.DataLoader(protocol.Pictures(test_x, test_y, *scale), batch_size=1000)
model = Net()
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
for epoch in protocol.epochs(given):
    model.train()
    for place, (data, target) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        if place % 10 == 0:
            print(f"epoch {epoch} batch {place} loss {loss.item():.6f}")
    protocol.tell(epoch, lambda: protocol.accuracy_of(model, test_loader))
    scheduler.step()
