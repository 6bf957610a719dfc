"""Networks from the literature in the notation, with their published counts of parameters.

`parameters` is the published count for this input and number of outputs. `source` says who published it or which
implementation was counted, and how the definition differs from the first paper.
"""

from __future__ import annotations

from typing import NamedTuple


class Named(NamedTuple):
    """A network, the data it is for, and its published count of parameters."""

    text: str
    input: tuple[int, int, int]  # (channels, height, width)
    outputs: int
    parameters: int
    source: str


def _vgg(*stages: tuple[int, int]) -> str:
    """Stages of (number, width): that many 3x3 convolutions, then a pooling."""
    body = "-".join(f"(CONV3-{width}-RELU)*{number}-POOL" for number, width in stages)
    return f"{body}-(FC-4096-RELU-DROP)*2, SOFTMAX"


def _basic(width: int, stride: int = 1) -> str:
    """The residual block of two 3x3 convolutions, with the ReLU after the sum."""
    return f"RES(CONV3-{width}{_by(stride)}-BN-RELU-CONV3-{width}-BN)-RELU"


def _bottleneck(width: int, stride: int = 1) -> str:
    """The residual block that narrows to `width`, convolves 3x3 with the stride, and widens to four times `width`."""
    return f"RES(CONV1-{width}-BN-RELU-CONV3-{width}{_by(stride)}-BN-RELU-CONV1-{4 * width}-BN)-RELU"


def _by(stride: int) -> str:
    return "" if stride == 1 else f"/{stride}"


def _resnet_imagenet(bottleneck: bool, *blocks: int) -> str:
    block = _bottleneck if bottleneck else _basic
    stages = [f"({block(64)})*{blocks[0]}"]
    for width, number in zip((128, 256, 512), blocks[1:], strict=True):
        stages.append(f"{block(width, 2)}-({block(width)})*{number - 1}")
    return f"CONV7-64/2-BN-RELU-POOL3/2p1-{'-'.join(stages)}-GAP, SOFTMAX"


def _resnet_cifar(depth: int) -> str:
    """6n + 2 layers: three stages of n blocks, 16, 32 and 64 wide; shortcuts without parameters."""
    n = (depth - 2) // 6
    stages = [f"({_basic(16)})*{n}"]
    for width in (32, 64):
        narrowing = f"RES(CONV3-{width}/2-BN-RELU-CONV3-{width}-BN, PAD)-RELU"
        stages.append(f"{narrowing}-({_basic(width)})*{n - 1}")
    return f"CONV3-16-BN-RELU-{'-'.join(stages)}-GAP, SOFTMAX"


def _inception(one: int, three: tuple[int, int], five: tuple[int, int], pooled: int) -> str:
    """GoogLeNet's block of four branches, with 3x3 for its 5x5."""
    branches = (
        f"CONV1-{one}-BN-RELU",
        f"CONV1-{three[0]}-BN-RELU-CONV3-{three[1]}-BN-RELU",
        f"CONV1-{five[0]}-BN-RELU-CONV3-{five[1]}-BN-RELU",
        f"POOL3/1p1-CONV1-{pooled}-BN-RELU",
    )
    return f"CAT({', '.join(branches)})"


def _fire(squeeze: int, expand: int) -> str:
    return f"CONV1-{squeeze}-RELU-CAT(CONV1-{expand}-RELU, CONV3-{expand}-RELU)"


def _separable(channels: int, width: int, stride: int = 1) -> str:
    """A 3x3 convolution per channel, then a 1x1 convolution over channels."""
    return f"CONV3-{channels}{_by(stride)}g{channels}-BN-RELU-CONV1-{width}-BN-RELU"


def _dense(number: int) -> str:
    """Layers that each add 32 channels to their input."""
    return f"CAT(ID, BN-RELU-CONV1-128-BN-RELU-CONV3-32b0)*{number}"


GOOGLENET = "-".join(
    (
        "CONV7-64/2-BN-RELU-POOL3/2c-CONV1-64-BN-RELU-CONV3-192-BN-RELU-POOL3/2c",
        _inception(64, (96, 128), (16, 32), 32),
        _inception(128, (128, 192), (32, 96), 64),
        "POOL3/2c",
        _inception(192, (96, 208), (16, 48), 64),
        _inception(160, (112, 224), (24, 64), 64),
        _inception(128, (128, 256), (24, 64), 64),
        _inception(112, (144, 288), (32, 64), 64),
        _inception(256, (160, 320), (32, 128), 128),
        "POOL2/2c",
        _inception(256, (160, 320), (32, 128), 128),
        _inception(384, (192, 384), (48, 128), 128),
        "GAP-DROP(0.2), SOFTMAX",
    )
)

SQUEEZENET = "-".join(
    (
        "CONV3-64/2p0-RELU-POOL3/2c",
        f"({_fire(16, 64)})*2-POOL3/2c",
        f"({_fire(32, 128)})*2-POOL3/2c",
        f"({_fire(48, 192)})*2-({_fire(64, 256)})*2",
        "DROP-CONV1-C-RELU-GAP, SOFTMAX",
    )
)

MOBILENET = "-".join(
    (
        "CONV3-32/2-BN-RELU",
        _separable(32, 64),
        _separable(64, 128, 2),
        _separable(128, 128),
        _separable(128, 256, 2),
        _separable(256, 256),
        _separable(256, 512, 2),
        f"({_separable(512, 512)})*5",
        _separable(512, 1024, 2),
        _separable(1024, 1024),
        "GAP, SOFTMAX",
    )
)

DENSENET121 = "-".join(
    (
        "CONV7-64/2-BN-RELU-POOL3/2p1",
        f"{_dense(6)}-BN-RELU-CONV1-128b0-AVGPOOL",
        f"{_dense(12)}-BN-RELU-CONV1-256b0-AVGPOOL",
        f"{_dense(24)}-BN-RELU-CONV1-512b0-AVGPOOL",
        f"{_dense(16)}-BN-RELU-GAP, SOFTMAX",
    )
)

ALEXNET = (
    "CONV11-96/4p0-RELU-LRN-POOL3/2-CONV5-256g2-RELU-LRN-POOL3/2-CONV3-384-RELU-CONV3-384g2-RELU-CONV3-256g2-RELU-"
    "POOL3/2-(FC-4096-RELU-DROP)*2, SOFTMAX"
)
ALEXNET_ONE_TOWER = (
    "CONV11-64/4p2-RELU-POOL3/2-CONV5-192-RELU-POOL3/2-CONV3-384-RELU-(CONV3-256-RELU)*2-POOL3/2-"
    "(DROP-FC-4096-RELU)*2, SOFTMAX"
)
ZFNET = (
    "CONV7-96/2p1-RELU-POOL3/2p1-LRN-CONV5-256/2p0-RELU-POOL3/2p1-LRN-(CONV3-384-RELU)*2-CONV3-256-RELU-POOL3/2-"
    "(FC-4096-RELU-DROP)*2, SOFTMAX"
)
ALLCNN_C = (
    "DROP(0.2)-(CONV3-96-RELU)*2-CONV3-96/2-RELU-DROP-(CONV3-192-RELU)*2-CONV3-192/2-RELU-DROP-CONV3-192-RELU-"
    "CONV1-192-RELU-CONV1-C-RELU-GAP, SOFTMAX"
)
NIN = (
    "CONV5-192-RELU-CONV1-160-RELU-CONV1-96-RELU-POOL3/2-DROP-CONV5-192-RELU-(CONV1-192-RELU)*2-AVGPOOL3/2-DROP-"
    "CONV3-192-RELU-CONV1-192-RELU-CONV1-C-RELU-GAP, SOFTMAX"
)

TORCHVISION = "as torchvision defines and counts it"
HE = "He et al. 2015 (arXiv:1512.03385), section 4.2, shortcuts without parameters (option A), normalization counted"
RESNET = f"He et al. 2015 (arXiv:1512.03385), {TORCHVISION}"
VGG = "Simonyan, Zisserman 2014 (arXiv:1409.1556)"


def _imagenet(text: str, parameters: int, source: str, side: int = 224) -> Named:
    return Named(text, (3, side, side), 1000, parameters, source)


def _cifar(text: str, parameters: int, source: str) -> Named:
    return Named(text, (3, 32, 32), 10, parameters, source)


NAMED: dict[str, Named] = {
    "lenet5": Named(
        "CONV5-6-TANH-AVGPOOL-CONV5-16p0-TANH-AVGPOOL-FC-120-TANH-FC-84-TANH, SOFTMAX",
        (1, 28, 28),
        10,
        61_706,
        "LeCun et al. 1998 in today's form: C3 sees all six maps, poolings have no coefficients, an affine output",
    ),
    "alexnet": _imagenet(
        ALEXNET, 60_965_224, "Krizhevsky et al. 2012, both towers as groups, as Caffe counts it", side=227
    ),
    "alexnet-one-tower": _imagenet(ALEXNET_ONE_TOWER, 61_100_840, f"Krizhevsky 2014 (arXiv:1404.5997), {TORCHVISION}"),
    "zfnet": _imagenet(
        ZFNET,
        62_357_608,
        "Zeiler, Fergus 2013 (arXiv:1311.2901), which gives no count; this one is table 1.4 of Computational Analysis "
        "and Deep Learning for Medical Care (2021); LRN for the paper's contrast normalization",
    ),
    "vgg11": _imagenet(_vgg((1, 64), (1, 128), (2, 256), (2, 512), (2, 512)), 132_863_336, f"{VGG}, A"),
    "vgg16": _imagenet(_vgg((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 138_357_544, f"{VGG}, D"),
    "vgg19": _imagenet(_vgg((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)), 143_667_240, f"{VGG}, E"),
    "googlenet": _imagenet(
        GOOGLENET,
        6_624_904,
        f"Szegedy et al. 2014 (arXiv:1409.4842), {TORCHVISION}: with BN, 3x3 for 5x5, no auxiliary heads",
    ),
    "resnet18": _imagenet(_resnet_imagenet(False, 2, 2, 2, 2), 11_689_512, RESNET),
    "resnet34": _imagenet(_resnet_imagenet(False, 3, 4, 6, 3), 21_797_672, RESNET),
    **{
        f"resnet{depth}": _imagenet(
            _resnet_imagenet(True, *blocks), parameters, f"{RESNET}: the stride is in the 3x3 convolution"
        )
        for depth, blocks, parameters in (
            (50, (3, 4, 6, 3), 25_557_032),
            (101, (3, 4, 23, 3), 44_549_160),
            (152, (3, 8, 36, 3), 60_192_808),
        )
    },
    **{
        f"resnet{depth}": _cifar(_resnet_cifar(depth), parameters, HE)
        for depth, parameters in ((20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962))
    },
    "squeezenet": _imagenet(SQUEEZENET, 1_235_496, f"Iandola et al. 2016 (arXiv:1602.07360), 1.1, {TORCHVISION}"),
    "mobilenet": _imagenet(MOBILENET, 4_231_976, "Howard et al. 2017 (arXiv:1704.04861), width 1"),
    "densenet121": _imagenet(DENSENET121, 7_978_856, f"Huang et al. 2016 (arXiv:1608.06993), {TORCHVISION}"),
    "allcnn-c": _cifar(ALLCNN_C, 1_369_738, "Springenberg et al. 2014 (arXiv:1412.6806), All-CNN-C"),
    "nin": _cifar(NIN, 966_986, "Lin et al. 2013 (arXiv:1312.4400), the authors' CIFAR-10 definition"),
}
