"""The loop that people write by hand: no framework on top of PyTorch, no care for speed.

Two convolutions of 3x3 with 32 and 64 filters, each pooled, and a hidden layer of 128; pixels standardized once, a
DataLoader over tensors, batches of 64, Adam at rate 0.001. It follows nobody's page; it is a floor to hold others
against.
"""

import protocol
import torch
from torch import nn

given = protocol.options()
torch.manual_seed(given.seed)
train_x, train_y, test_x, test_y = protocol.arrays(given)
train_x, test_x = (torch.from_numpy(x).permute(0, 3, 1, 2).float() / 255 for x in (train_x, test_x))
mean, deviation = train_x.mean((0, 2, 3), keepdim=True), train_x.std((0, 2, 3), keepdim=True)
train = torch.utils.data.TensorDataset((train_x - mean) / deviation, torch.from_numpy(train_y))
test = torch.utils.data.TensorDataset((test_x - mean) / deviation, torch.from_numpy(test_y))
train_loader = torch.utils.data.DataLoader(train, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test, batch_size=1000)

channels, side = train_x.shape[1:3]
model = nn.Sequential(
    nn.Conv2d(channels, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(64 * (side // 4) ** 2, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in protocol.epochs(given):
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / len(train_loader):.4f}")
    protocol.tell(epoch, lambda: protocol.accuracy_of(model, test_loader))
