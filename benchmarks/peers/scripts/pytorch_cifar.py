"""The CIFAR-10 loop of PyTorch's "60 minute blitz".

https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html : two convolutions of 5x5 with 6 and 16 filters,
pooling, three dense layers; pixels in [-1, 1], SGD at rate 0.001 with momentum 0.9, batches of 4 that two worker
processes load, 2 epochs. Here it goes on until it is stopped. torchvision's data set is replaced by one over the array
that prepares each picture likewise.
"""

import protocol
import torch
import torch.nn.functional as F
from torch import nn, optim

given = protocol.options()
torch.manual_seed(given.seed)


class Net(nn.Module):
    """The tutorial's network."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        """Logits (batch, 10) of pictures (batch, 3, 32, 32)."""
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(F.relu(self.fc2(x)))


if __name__ == "__main__":
    train_x, train_y, test_x, test_y = protocol.arrays(given)
    scale = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    train_loader = torch.utils.data.DataLoader(
        protocol.Pictures(train_x, train_y, *scale), batch_size=4, shuffle=True, num_workers=2
    )
    test_loader = torch.utils.data.DataLoader(protocol.Pictures(test_x, test_y, *scale), batch_size=4, num_workers=2)
    net = Net()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    for epoch in protocol.epochs(given):
        running_loss = 0.0
        for place, (inputs, labels) in enumerate(train_loader):
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            if place % 2000 == 1999:
                print(f"epoch {epoch} batch {place + 1} loss {running_loss / 2000:.3f}")
                running_loss = 0.0
        protocol.tell(epoch, lambda: protocol.accuracy_of(net, test_loader))
