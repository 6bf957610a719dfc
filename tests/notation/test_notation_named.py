import pytest

from wxb.notation import plan, read
from wxb.notation.named import NAMED
from wxb.text import shape as shape_text

LISTED = {
    *("lenet5", "alexnet", "alexnet-one-tower", "zfnet", "vgg11", "vgg16", "vgg19", "googlenet", "squeezenet"),
    *("mobilenet", "densenet121", "allcnn-c", "nin", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnet20", "resnet32", "resnet44", "resnet56", "resnet110"),
}


def test_all_networks_of_the_table_are_there():
    assert set(NAMED) == LISTED


@pytest.mark.parametrize("name", NAMED)
def test_a_named_network_has_exactly_its_published_parameters(name):
    named = NAMED[name]
    assert plan(read(name), named.input, named.outputs).parameters == named.parameters


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("lenet5", 61_706), ("alexnet", 60_965_224), ("vgg16", 138_357_544), ("resnet18", 11_689_512), ("nin", 966_986)],
)
def test_the_counts_of_the_table_are_the_published_ones(name, parameters):
    assert NAMED[name].parameters == parameters


@pytest.mark.parametrize(
    ("name", "billions"), [("resnet50", 4.09), ("vgg16", 15.47), ("mobilenet", 0.57), ("densenet121", 2.83)]
)
def test_multiply_adds_are_the_published_ones(name, billions):
    assert round(plan(read(name), (3, 224, 224), 1000).multiply_adds / 1e9, 2) == billions


def test_lenet5_has_the_multiply_adds_that_its_layers_add_up_to():
    products = 6 * 28 * 28 * 25 + 16 * 10 * 10 * 25 * 6 + 400 * 120 + 120 * 84 + 84 * 10
    assert plan(read("lenet5"), (1, 28, 28), 10).multiply_adds == products == 416_520


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("lenet5", [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]),
        ("alexnet", [(96, 55, 55), (96, 27, 27), (256, 13, 13), (256, 6, 6)]),
        ("zfnet", [(96, 110, 110), (96, 55, 55), (256, 26, 26), (256, 13, 13), (256, 6, 6)]),
        ("vgg16", [(64, 224, 224), (128, 112, 112), (256, 56, 56), (512, 28, 28), (512, 14, 14), (512, 7, 7)]),
        ("googlenet", [(64, 112, 112), (192, 28, 28), (480, 28, 28), (832, 14, 14), (1024, 7, 7)]),
        ("resnet50", [(64, 56, 56), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]),
        ("densenet121", [(64, 56, 56), (256, 56, 56), (128, 28, 28), (512, 28, 28), (1024, 7, 7)]),
        ("squeezenet", [(64, 111, 111), (64, 55, 55), (128, 27, 27), (256, 13, 13), (1000, 13, 13)]),
    ],
)
def test_the_maps_on_the_way_are_the_published_ones(name, shapes):
    named = NAMED[name]
    found = [item.output for item in plan(read(name), named.input, named.outputs).items]
    positions = [found.index(shape) for shape in shapes]
    assert positions == sorted(positions)


def test_names_are_read_in_any_case_and_their_places_are_those_of_their_texts():
    network = read(" ResNet18 ")
    assert network.text == NAMED["resnet18"].text
    assert network == read(NAMED["resnet18"].text)


def test_the_page_has_the_table_of_the_networks(root):
    page = (root / "docs" / "notation.md").read_text()
    for name, named in NAMED.items():
        cells = (f"`{name}`", shape_text(named.input), f"{named.outputs:,}", f"{named.parameters:,}", named.source)
        assert f"| {' | '.join(cells)} |" in page
