import pytest

from wxb.notation import plan, read
from wxb.notation.named import NAMED
from wxb.notation.table import Row, rows


def table(text: str, shape=(3, 32, 32), outputs=10, flat: bool = False) -> list[Row]:
    return rows(plan(read(text), shape, outputs), flat)


def test_lenet5_has_a_row_for_each_layer_with_what_follows_it():
    assert table("lenet5", (1, 28, 28)) == [
        Row("CONV5-6-TANH", (6, 28, 28), 156, 117_600, "5"),
        Row("AVGPOOL", (6, 14, 14), 0, 0, "6, every 2"),
        Row("CONV5-16p0-TANH", (16, 10, 10), 2_416, 240_000, "14, every 2"),
        Row("AVGPOOL", (16, 5, 5), 0, 0, "16, every 4"),
        Row("FC-120-TANH", (120,), 48_120, 48_000, "all"),
        Row("FC-84-TANH", (84,), 10_164, 10_080, "all"),
        Row("FC-10", (10,), 850, 840, "all"),
    ]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", NAMED)
def test_the_rows_add_up_to_the_plan(name, flat):
    named = NAMED[name]
    planned = plan(read(name), named.input, named.outputs)
    found = rows(planned, flat)
    assert sum(row.parameters for row in found) == planned.parameters
    assert sum(row.multiply_adds for row in found) == planned.multiply_adds
    assert found[-1].output == (named.outputs,)


def test_repeated_groups_are_one_row_with_their_count_unless_flat():
    text = "(CONV3-8p0-RELU)*2-(CONV3-8-BN-RELU)*3-(RES(CONV3-8-BN)-RELU)*2-CAT(ID, CONV1-4)*2, SVM"
    assert [row.layer for row in table(text)] == [
        "CONV3-8p0-RELU",  # twice, since shapes differ
        "CONV3-8p0-RELU",
        "(CONV3-8-BN-RELU)*3",
        "(RES(CONV3-8-BN)-RELU)*2",
        "CAT(ID, CONV1-4)*2",
        "FC-10",
    ]
    assert [row.layer for row in table(text, flat=True)[4:]] == [
        "CONV3-8-BN-RELU",
        "14.RES CONV3-8-BN",
        "RELU",
        "16.RES CONV3-8-BN",
        "RELU",
        "18.CAT.2 CONV1-4",
        "19.CAT.2 CONV1-4",
        "FC-10",
    ]


def test_shortcuts_and_sizes_that_were_decided_are_shown():
    text = (
        "CONV/2-RES(CONV-48/2-DROP(0.2)-LEAKY(0.3))(0.8)-RES(CONV-64, PAD)-"
        "POOL3/2p1-AVGPOOL3x2/1c-CONV3x1d2g2-MAXOUT, SVM"
    )
    assert [row.layer for row in table(text)] == [
        "CONV3-32/2",
        "RES(CONV3-48/2-DROP(0.2)-LEAKY(0.3), CONV1-48/2-BN)(0.8)",
        "RES(CONV3-64, PAD)",
        "POOL3/2p1",
        "AVGPOOL3x2/1c",
        "CONV3x1-64g2d2-MAXOUT2",
        "FC-10",
    ]


def test_receptive_fields_of_axes_that_differ_are_height_x_width():
    assert [row.receptive_field for row in table("CONV3x5-2/2-POOL1x2/1-RELU-GAP, SVM")] == [
        "3x5, every 2",
        "3x7, every 2",
        "all",
        "all",
    ]


def test_what_does_not_see_the_whole_input_says_how_much_it_sees():
    assert [row.receptive_field for row in table("POOL-GAP-FC-4-RELU, SVM", (1, 5, 5))] == ["2, every 2", "4", "4", "4"]


def test_vectors_are_seen_by_feature():
    assert [row.receptive_field for row in table("RELU-FC-4-RELU, SVM", (6,))] == ["1", "all", "all"]
