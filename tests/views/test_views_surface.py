"""The loss surface: its planes, its places without slope, and its rows, which an interruption does not lose."""

from copy import deepcopy

import numpy as np
import pytest
import torch

import wxb
from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.runs.verify import verify
from wxb.views import stationary
from wxb.views.directions import along_path, random, two_weights
from wxb.views.gallery import surface
from wxb.views.landscape import Landscape

SMALL = {"grid": 9, "most": 60}
NETWORKS = (
    "CONV-4-BN-RELU-POOL-CONV-4-TANH-AVGPOOL-FC-8-RELU, SOFTMAX",
    "CONV-4-RES(CONV-4-BN-RELU)-RELU-GAP, SVM",
    "POOL-CAT(CONV1-2, CONV3-2)-RELU-POOL3-FC-5-RELU, SOFTMAX",
    "TEAM-2x2(FC-4-RELU), SOFTMAX",
)


@pytest.fixture(scope="module")
def digits():
    return wxb.load_data("digits")


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=120)


@pytest.fixture
def run(ring, tmp_path):
    return wxb.train(ring, "FC-4-TANH-FC-4-TANH, SOFTMAX", epochs=3, snapshots=6, threads=1, out=tmp_path / "run")


def parts(model, data, count=60):
    rows = data.split.train[:count]
    return model, torch.from_numpy(data.examples[rows]).float(), torch.from_numpy(data.targets[rows])


def moved(model, plane, a, b):
    """A copy of the network with the weights of a place, written out."""
    other = deepcopy(model).eval()
    with torch.no_grad():
        for name, value in other.named_parameters():
            if name in plane.origin:
                value.copy_(plane.origin[name] + a * plane.first[name] + b * plane.second[name])
    return other


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("kind", ["random", "weights of the last layer"])
def test_a_row_holds_the_losses_of_the_network_with_these_weights(digits, text, kind):
    model, x, y = parts(build(text, digits).eval(), digits)
    names = [name for name, value in model.named_parameters() if name.endswith("weight") and value.ndim > 1]
    zeros = ",".join("0" * model.get_parameter(names[-1]).ndim)
    ones = zeros[:-1] + "1"
    plane = random(model) if kind == "random" else two_weights(model, f"{names[-1]}[{zeros}] {names[-1]}[{ones}]")
    row = Landscape(model, x, y, plane).row(np.array([-0.7, 0.0, 0.4]), 0.3)
    for a, found in zip((-0.7, 0.0, 0.4), row, strict=True):
        other = moved(model, plane, a, 0.3)
        with torch.no_grad():
            expected = float(other.head.loss(other(x), y).mean())
        assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("text", NETWORKS)
def test_the_slope_is_that_of_the_losses(digits, text):
    model, x, y = parts(build(text, digits).eval(), digits)
    landscape = Landscape(model, x, y, random(model))
    loss, gradient = landscape.slope(0.2, -0.1)
    assert loss == pytest.approx(landscape.loss(0.2, -0.1), rel=1e-5)
    h = 1e-2
    for axis, (a, b) in enumerate(((h, 0), (0, h))):
        difference = landscape.loss(0.2 + a, -0.1 + b) - landscape.loss(0.2 - a, -0.1 - b)
        assert gradient[axis] == pytest.approx(difference / (2 * h), rel=0.1, abs=2e-2)


def test_losses_are_the_same_with_any_number_of_threads_and_chunks_of_rows(digits):
    model, x, y = parts(build(NETWORKS[0], digits).eval(), digits)
    landscape = Landscape(model, x, y, random(model))
    xs, ys = landscape.plane.axes(5)
    before = torch.get_num_threads()
    found = []
    try:
        for threads, numbers in ((1, range(5)), (3, range(5)), (2, (4, 1))):
            torch.set_num_threads(threads)
            found.append(dict(landscape.rows(xs, {number: float(ys[number]) for number in numbers})))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    for number, row in found[0].items():
        for others in found[1:]:
            if number in others:
                assert (others[number] == row).all()


# --- kept rows --------------------------------------------------------------------------------------------------------


def rows_file(run):
    (file,) = (run.path / "views").glob("surface-*.jsonl")
    return file


def test_rows_that_the_folder_has_are_not_computed_again(run, ring, monkeypatch):
    first = views.surface(run, ring, **SMALL)
    assert verify(run.path).ok
    computed = []
    row = Landscape.row
    monkeypatch.setattr(Landscape, "row", lambda self, xs, y, stop=None: computed.append(y) or row(self, xs, y, stop))
    again = views.surface(run, ring, **SMALL)
    assert not computed
    assert (again["losses"] == first["losses"]).all()
    file = rows_file(run)
    lines = file.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if line.strip()]
    # four rows whole, one changed, one torn
    changed = kept[4].replace(b'"values":[', b'"values":[9.5,', 1)
    file.write_bytes(b"".join(kept[:4]) + changed + kept[5][:30])
    once_more = views.surface(run, ring, **SMALL)
    assert len(computed) == 5
    assert (once_more["losses"] == first["losses"]).all()


def test_an_interruption_says_what_is_kept_and_the_next_call_goes_on(run, ring, monkeypatch):
    class Interrupted(surface.of_parts("rows", 9).__class__):
        def show(self, done):
            if done == 3:
                raise KeyboardInterrupt

    undisturbed = views.surface(run.model(), ring, **SMALL)
    with monkeypatch.context() as patched:
        patched.setattr(surface, "of_parts", lambda label, parts: Interrupted(label, parts, False))
        with pytest.raises(KeyboardInterrupt, match="stopped; 3 of 9 rows are kept, and the same command goes on"):
            views.surface(run, ring, **SMALL)
    assert len([line for line in rows_file(run).read_text().splitlines() if line]) == 3
    resumed = views.surface(run, ring, **SMALL)
    assert (resumed["losses"] == undisturbed["losses"]).all()


def test_other_weights_examples_and_grids_are_other_surfaces(run, ring):
    for asked in (SMALL, {**SMALL, "most": 50}, {**SMALL, "grid": 8}, {**SMALL, "plane": "path"}):
        views.surface(run, ring, **asked)
    views.surface(run.at(0), ring, **SMALL)
    assert len(list((run.path / "views").glob("surface-*.jsonl"))) == 5


# --- the plane of the path --------------------------------------------------------------------------------------------


def flat(weights):
    return np.concatenate([value.numpy().ravel() for value in weights.values()]).astype(np.float64)


def test_the_plane_of_the_path_is_the_closest_to_the_snapshots(run, ring):
    view = views.surface(run, ring, plane="path", **SMALL)
    learned = [name for name, _ in run.model().named_parameters()]
    all_weights = [run.at(step).weights() for step in run.snapshots]
    matrix = np.stack([flat({name: one[name] for name in learned}) for one in all_weights])
    apart = matrix - matrix[-1]
    values = np.linalg.svd(apart, compute_uv=False)
    assert view.facts["explained"] == pytest.approx(float((values[:2] ** 2).sum() / (values**2).sum()), rel=1e-6)
    on = (view["path"] ** 2).sum(1) + view["off plane"] ** 2
    assert on == pytest.approx((apart**2).sum(1), rel=1e-6, abs=1e-12)
    assert view["steps"].tolist() == list(run.snapshots)
    assert view["path"][-1] == pytest.approx([0, 0], abs=1e-12)
    assert view.facts["farthest off plane"] == view["off plane"].max()


def test_losses_of_snapshots_are_those_of_their_networks_and_of_their_places(run, ring):
    view = views.surface(run, ring, plane="path", **SMALL)
    rows = ring.split.train[np.linspace(0, len(ring.split.train) - 1, SMALL["most"]).astype(np.int64)]
    x, y = torch.from_numpy(ring.examples[rows]), torch.from_numpy(ring.targets[rows])
    plane = along_path(run.model(), [run.at(step).weights() for step in run.snapshots])
    for place, step in enumerate(run.snapshots):
        for model, found in (
            (run.at(step).model(), view["snapshot losses"][place]),
            (moved(run.at(run.snapshots[-1]).model(), plane, *view["path"][place]), view["path losses"][place]),
        ):
            with torch.no_grad():
                assert found == pytest.approx(float(model.head.loss(model(x), y).mean()), rel=1e-5)


def test_planes_that_cannot_be_are_refused(run, ring, tmp_path):
    with pytest.raises(WxbError, match="name two planes"):
        views.surface(run, ring, plane="path", weights="1.FC-4.weight[0,0] 1.FC-4.weight[0,1]")
    with pytest.raises(WxbError, match="is that of all snapshots, and `at` names one"):
        views.surface(run.at(0), ring, plane="path")
    with pytest.raises(WxbError, match="needs a run with snapshots"):
        views.surface(run.model(), ring, plane="path")
    plain = wxb.train(ring, "FC-4-TANH, SOFTMAX", epochs=1, out=tmp_path / "plain")
    with pytest.raises(WxbError, match="has no snapshots") as error:
        views.surface(plain, ring, plane="path")
    assert "--snapshots 40" in error.value.fix
    two = wxb.train(ring, "FC-4-TANH, SOFTMAX", epochs=1, snapshots=2, out=tmp_path / "two")
    with pytest.raises(WxbError, match="a plane takes three snapshots, and there are 2"):
        views.surface(two, ring, plane="path")
    with pytest.raises(WxbError, match="`grid=4`"):
        views.surface(run, ring, grid=4)


def test_the_grid_is_as_fine_as_the_work_allows():
    small = build("lenet5", input_shape=(1, 28, 28), outputs=10)
    large = build("resnet20", input_shape=(3, 32, 32), outputs=10)
    assert surface.affordable(small, None, None) == (51, 1000)
    assert surface.affordable(large, None, None) == (21, 200)
    assert surface.affordable(large, 51, 1000) == (51, 1000)
    assert surface.affordable(small, None, 2000) == (31, 2000)


def test_a_look_up_of_words_is_work_too():
    words = build("EMBED-64-GMP, SOFTMAX", input_shape=(500, 256), outputs=2)
    assert words.plan.multiply_adds < 1_000
    assert surface.affordable(words, None, None) == (51, 500)
    assert surface.affordable(words, None, 1000) == (31, 1000)


# --- places without slope ---------------------------------------------------------------------------------------------


def of(function, gradient):
    return lambda place: (function(*place), np.array(gradient(*place), float))


SHAPES = {
    stationary.MINIMUM: of(lambda x, y: x * x + 2 * y * y, lambda x, y: (2 * x, 4 * y)),
    stationary.MAXIMUM: of(lambda x, y: -x * x - y * y, lambda x, y: (-2 * x, -2 * y)),
    stationary.SADDLE: of(lambda x, y: x * y, lambda x, y: (y, x)),
    stationary.PLATEAU: of(lambda x, y: x**4 + y * y, lambda x, y: (4 * x**3, 2 * y)),
    stationary.MOVING: of(lambda x, y: x + y * y, lambda x, y: (1, 2 * y)),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_place_is_named_by_its_slope_and_the_eigenvalues_of_its_hessian(kind):
    assert stationary.look(SHAPES[kind], np.zeros(2), 1.0, 0.02).kind == kind


def test_two_minima_and_the_saddle_between_them_are_found():
    double = of(lambda x, y: (x * x - 0.3) ** 2 + y * y, lambda x, y: (4 * x * (x * x - 0.3), 2 * y))
    axis = np.linspace(-1, 1, 51)
    losses = np.array([[double((x, y))[0] for x in axis] for y in axis])
    found = stationary.of_grid(double, losses, stationary.range_of(losses))
    minimum = pytest.approx([0.3**0.5, 0], abs=1e-3)
    assert sorted(one.kind for one in found) == ["minimum", "minimum", "saddle"]
    for one in found:
        assert np.abs(one.place) == (minimum if one.kind == "minimum" else pytest.approx([0, 0], abs=1e-3))
        bends = (2, 8 * 0.3) if one.kind == "minimum" else (-4 * 0.3, 2)
        assert one.bends == pytest.approx(sorted(bends), rel=0.02)


def test_only_places_with_next_to_no_slope_are_flat():
    axis = np.linspace(-1, 1, 51)
    losses = np.tile(np.maximum(axis, 0), (51, 1))
    flat_places = stationary.flat(losses, 1.0)
    assert flat_places[:, :24].all()
    assert not flat_places[:, 26:].any()
