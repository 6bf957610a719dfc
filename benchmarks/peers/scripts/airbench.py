"""The fastest published method for CIFAR-10, airbench94 with Muon, written anew for one GPU or a CPU.

What it is made of stands in K. Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (arXiv:2404.00498), and
on the page of its repository, whose settings these are: whitened patches of 2x2 whose bias learns for three epochs,
three pairs of convolutions of 64, 256 and 256 channels that begin as the identity, batches of 2000, Muon for filters
and Nesterov's momentum for the rest, rates that fall linearly to zero in eight epochs, mirror images in turn, moves of
two pixels, and tests that average six views of a picture. Half precision is float16 on a GPU, and bfloat16 on a CPU
that multiplies it. All pictures lie on the device.
"""

import math
from itertools import pairwise

import protocol
import torch
import torch.nn.functional as F
from torch import nn

EPOCHS, BATCH = 8, 2000
WIDTHS = (24, 64, 256, 256)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
HALF = DEVICE == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
DTYPE = torch.float16 if DEVICE == "cuda" else torch.bfloat16
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)

given = protocol.options()
torch.manual_seed(given.seed)
torch.set_default_device(DEVICE)
torch.backends.cudnn.benchmark = True
epochs = given.epochs or EPOCHS
train_x, train_y, test_x, test_y = protocol.arrays(given)


def scaled(pictures):
    """Bytes (n, height, width, 3) to floats (n, 3, height, width), standardized."""
    x = torch.from_numpy(pictures).to(DEVICE).permute(0, 3, 1, 2).float() / 255
    x = (x - torch.tensor(MEAN).view(-1, 1, 1)) / torch.tensor(DEVIATION).view(-1, 1, 1)
    return x.contiguous(memory_format=torch.channels_last)


class Pair(nn.Module):
    """Two convolutions with pooling after the first; normalization has a bias but no gain."""

    def __init__(self, channels, width):
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for inputs in (channels, width):
            conv, norm = nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width, 1e-12, 0.4)
            nn.init.dirac_(conv.weight.data[:inputs])
            norm.weight.requires_grad_(False)
            self.convs.append(conv)
            self.norms.append(norm)

    def forward(self, x):
        x = F.gelu(self.norms[0](F.max_pool2d(self.convs[0](x), 2)))
        return F.gelu(self.norms[1](self.convs[1](x)))


class Network(nn.Module):
    """Whitened patches, three pairs, the greatest of each map, and a head without biases."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTHS[0], 2)
        self.patches.weight.requires_grad_(False)
        self.pairs = nn.Sequential(*(Pair(*pair) for pair in pairwise(WIDTHS)))
        self.head = nn.Linear(WIDTHS[-1], 10, bias=False)
        self.head.weight.data /= self.head.weight.data.std()

    @torch.no_grad()
    def whiten(self, pictures):
        """Filters are the principal components of patches over their standard deviations, with both signs."""
        columns = F.unfold(pictures, 2).transpose(1, 2).flatten(0, 1)
        variances, components = torch.linalg.eigh(columns.T @ columns / len(columns))
        filters = components.T / (variances[:, None] + 5e-4).sqrt()
        self.patches.weight.copy_(torch.cat([filters, -filters]).view_as(self.patches.weight))

    def forward(self, x):
        x = F.max_pool2d(self.pairs(F.gelu(self.patches(x))), 3).flatten(1)
        return self.head(x) / x.shape[1]


class Muon:
    """Nesterov's momentum made orthogonal by three steps of Newton and Schulz; filters keep their norm."""

    def __init__(self, filters, momentum=0.6):
        self.momentum = momentum
        self.buffers = [(weight, torch.zeros_like(weight)) for weight in filters]

    @torch.no_grad()
    def step(self, rate):
        for weight, buffer in self.buffers:
            buffer.mul_(self.momentum).add_(weight.grad)
            matrix = weight.grad.add(buffer, alpha=self.momentum).flatten(1)
            tall = matrix.shape[0] > matrix.shape[1]
            x = matrix.T if tall else matrix
            x = x / (x.norm() + 1e-7)
            for _ in range(3):
                gram = x @ x.T
                x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
            weight.mul_(len(weight) ** 0.5 / weight.norm())
            weight.add_((x.T if tall else x).reshape(weight.shape).float(), alpha=-rate)


@torch.no_grad()
def test_accuracy():
    """Half of a picture's score is that of its middle, half that of two diagonal moves; each with its mirror image."""
    network.eval()
    right = 0
    for x, y in zip(test_pictures.split(BATCH), test_classes.split(BATCH), strict=True):
        padded = F.pad(x, (1, 1, 1, 1), "reflect")
        side = x.shape[-1]
        views = ((x, 0.5), (padded[..., :side, :side], 0.25), (padded[..., 2:, 2:], 0.25))
        with torch.autocast(DEVICE, DTYPE, enabled=HALF):
            logits = sum(share * (network(view) + network(view.flip(-1))).float() for view, share in views)
        right += int((logits.argmax(1) == y).sum())
    network.train()
    return right / len(test_classes)


pictures, classes = scaled(train_x), torch.from_numpy(train_y).to(DEVICE)
test_pictures, test_classes = scaled(test_x), torch.from_numpy(test_y).to(DEVICE)
mirrored = torch.rand(len(pictures)) < 0.5
pictures[mirrored] = pictures[mirrored].flip(-1)
padded = F.pad(pictures, (2, 2, 2, 2), "reflect").permute(0, 2, 3, 1).contiguous()
side = torch.arange(pictures.shape[-1])

network = Network().to(memory_format=torch.channels_last)
network.whiten(pictures[:5000])
batch = min(BATCH, len(pictures))
decay = 2e-6 * batch
biases = [parameter for name, parameter in network.pairs.named_parameters() if name.endswith("bias")]
groups = [([network.patches.bias], 0.053), (biases, 0.053), ([network.head.weight], 0.67)]
rest = torch.optim.SGD(
    [{"params": parameters, "lr": rate, "weight_decay": decay / rate} for parameters, rate in groups],
    lr=0.0, momentum=0.85, nesterov=True,
)  # fmt: skip
muon = Muon([pair.convs[place].weight for pair in network.pairs for place in range(2)])
an_epoch = len(pictures) // batch
steps, patch_steps = math.ceil(epochs * an_epoch), 3 * an_epoch
step = 0
for epoch in range(1, epochs + 1):
    moves = torch.randint(0, 5, (2, len(pictures), 1))
    order = torch.randperm(len(pictures))
    for rows in order[: an_epoch * batch].split(batch):
        down, right = (side + move[rows] for move in moves)
        x = padded[rows[:, None, None], down[:, :, None], right[:, None, :]].permute(0, 3, 1, 2)
        x = x if epoch % 2 else x.flip(-1).contiguous(memory_format=torch.channels_last)
        with torch.autocast(DEVICE, DTYPE, enabled=HALF):
            logits = network(x)
        network.zero_grad()
        F.cross_entropy(logits.float(), classes[rows], label_smoothing=0.2, reduction="sum").backward()
        if step >= patch_steps:
            network.patches.bias.grad = None
        left = 1 - step / steps
        rest.param_groups[0]["lr"] = 0.053 * max(0.0, 1 - step / patch_steps)
        rest.param_groups[1]["lr"], rest.param_groups[2]["lr"] = 0.053 * left, 0.67 * left
        rest.step()
        muon.step(0.24 * left)
        step += 1
    protocol.tell(epoch, test_accuracy)
