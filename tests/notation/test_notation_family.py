import pytest

from wxb.errors import WxbError
from wxb.notation import plan, read
from wxb.notation.family import variables

FAMILY = "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K, SOFTMAX"


def bound(text: str, shape=(3, 32, 32), outputs=10, **bindings):
    return plan(read(text), shape, outputs, bindings)


def test_a_family_names_what_can_be_bound_in_order_of_appearance():
    assert variables(read(FAMILY)) == {"N": "count", "POOL": "optional", "M": "count", "K": "count"}
    assert variables(read("FC-4W-RELU-FC-C, SVM")) == {"W": "width"}
    assert variables(read("lenet5")) == {}


def test_defaults_are_chosen_and_told():
    chosen = bound(FAMILY)
    assert chosen.choices == ("N=2", "POOL=1", "M=3", "K=1")
    assert chosen.network == read("[(CONV-RELU)*2-POOL]*3-FC-RELU, SOFTMAX")
    assert chosen.network.short() == "((CONV-RELU)*2-POOL)*3-FC-RELU, SOFTMAX"


@pytest.mark.parametrize(("side", "m"), [(3, 1), (8, 1), (15, 1), (16, 2), (32, 3), (63, 3), (64, 4), (224, 4)])
def test_m_is_as_many_as_leave_maps_of_four_by_four_and_at_most_four(side, m):
    assert f"M={m}" in bound("[CONV-RELU-POOL]*M, SOFTMAX", (1, side, side + 5)).choices


def test_m_counts_maps_inside_blocks_as_well():
    assert bound("[CAT(POOL3/1p1, CONV)-POOL]*M, SVM", (1, 16, 16)).choices == ("M=2",)


def test_m_is_four_where_there_are_no_maps():
    assert bound("(FC-RELU)*M, SOFTMAX", (20,)).choices == ("M=4",)


def test_bindings_win_over_defaults_in_any_case_of_letters():
    chosen = bound(FAMILY, n=1, M=2, K=0, pool=0)
    assert chosen.choices == ("N=1", "POOL=0", "M=2", "K=0")
    assert chosen.network == read("CONV-RELU-CONV-RELU, SOFTMAX")


def test_one_binding_is_for_all_layers_of_a_name():
    assert bound("POOL?-CONV-POOL?-BN?, SVM", POOL=0).network == read("CONV-BN, SVM")


def test_a_bound_width_is_multiplied():
    assert bound("FC-W-RELU-FC-4W-RELU, SVM", W=8).network == read("FC-8-RELU-FC-32-RELU, SVM")


def test_a_variable_is_bound_everywhere():
    text = "RES(CONV-W-(RELU)*A, CONV1-W)-CAT(ID, (CONV-W)*A)-GAP, SVM"
    assert bound(text, W=4, A=1).network == read("RES(CONV-4-RELU, CONV1-4)-CAT(ID, CONV-4)-GAP, SVM")


def test_a_plan_of_no_family_has_no_choices():
    assert bound("lenet5", (1, 28, 28)).choices == ()


def test_what_a_count_of_zero_removes_needs_no_binding():
    assert bound("FC-W*0-CONV, SVM").network == read("CONV, SVM")


@pytest.mark.parametrize(
    ("text", "bindings", "message"),
    [
        ("(CONV-RELU)*A, SVM", {}, "A has no value\n  fix: bind A=2"),
        ("(CONV-W)*A, SVM", {}, "W and A have no value\n  fix: bind W=64 A=2"),
        ("FC-N-RELU, SVM", {}, "N has no value\n  fix: bind N=64"),  # the defaults are counts
        (FAMILY, {"L": 2}, f"the network has no variable L\n  its variables are N, POOL, M, K: {FAMILY}\n"),
        (FAMILY, {"POOLS": 0}, "fix: POOL=0"),
        ("lenet5", {"N": 2}, "the network has no variable N\n  it has no variables: "),
        (FAMILY, {"POOL": 2}, "POOL is 0 (left out) or 1 (present), not 2\n  fix: POOL=1"),
        (FAMILY, {"N": -1}, "N is at least 0, not -1\n  fix: N=0"),
        ("FC-W, SVM", {"W": 0}, "W is at least 1, not 0\n  fix: W=1"),
        ("FC-W, SVM", {"W": 1.5}, "W is a whole number, not 1.5"),
        ("FC-C, SVM", {"C": 3}, "C is the number of outputs, which the data decides; it cannot be bound"),
        ("(RELU)*N, SVM", {"N": 10**9}, "the network expands to 1,000,000,000 layers"),
        ("RES((CONV)*N), SVM", {"N": 0}, "the arm of a RES is empty"),
        ("CAT(ID, BN?), SVM", {"BN": 0}, "a branch of a CAT is empty"),
    ],
)
def test_a_wrong_binding_is_refused_with_a_way_out(text, bindings, message):
    with pytest.raises(WxbError) as caught:
        bound(text, **bindings)
    assert message in str(caught.value)
