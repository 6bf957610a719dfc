"""What holds for every file of the project."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PARTS = ("src", "tests", "docs", "benchmarks")
TEXTS = {".py", ".md", ".toml", ".txt", ".yml", ".json", ""}
# joined here, so that this file does not hold them
FORBIDDEN = tuple(
    "".join(word) for word in (("TO", "DO"), ("FIX", "ME"), ("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"))
)
VAGUE = {"utils", "util", "common", "helpers", "manager", "misc", "tools"}


def project_files() -> list[Path]:
    """Every text of the project, without what is built or installed."""
    here = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS and path.name != ".git"]
    below = [path for part in PARTS for path in (ROOT / part).rglob("*") if path.is_file() and path.suffix in TEXTS]
    return sorted(path for path in here + below if "__pycache__" not in path.parts)


def modules() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))


def pinned() -> dict[str, str]:
    """Name and version of every line of the constraints file."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._!+]+", line) for line in lines)
    return {canonicalize_name(name): release for name, _, release in (line.partition("==") for line in lines)}


def needed(extras: tuple[str, ...]) -> dict[str, Requirement]:
    """What the project asks for by itself, by name."""
    optional = PROJECT["optional-dependencies"]
    asked = [*PROJECT["dependencies"], *(one for extra in extras for one in optional[extra])]
    return {canonicalize_name(one.name): one for one in map(Requirement, asked)}


def all_needed() -> set[str]:
    """Names of everything that an installation with all extras brings, as far as it is installed here."""
    found: set[str] = set()
    waiting = list(needed(tuple(PROJECT["optional-dependencies"])).values())
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in found:
            continue
        found.add(name)
        try:
            below = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        extras = one.extras or {""}
        waiting += [
            other for other in below if not other.marker or any(other.marker.evaluate({"extra": e}) for e in extras)
        ]
    return found


def test_every_dependency_is_pinned_in_the_constraints():
    # torch names its CUDA libraries by exact versions itself
    assert {name for name in all_needed() if not name.startswith(("nvidia-", "cuda-", "triton"))} <= set(pinned())


def test_nothing_is_pinned_that_nothing_needs():
    if any(not installed(name) for name in needed(tuple(PROJECT["optional-dependencies"]))):
        pytest.skip("not all extras are installed")
    assert set(pinned()) <= all_needed()


def installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


@pytest.mark.parametrize("name", needed(tuple(PROJECT["optional-dependencies"])))
def test_the_pinned_version_is_in_the_range_that_the_package_allows(name):
    assert needed(tuple(PROJECT["optional-dependencies"]))[name].specifier.contains(pinned()[name])


# what is imported under another name than it is installed by
MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "tomli-w": "tomli_w", "markdown-it-py": "markdown_it",
           "pillow-heif": "pillow_heif", "opentsne": "openTSNE"}  # fmt: skip


def imported(part: str) -> set[str]:
    """Names of all packages that a part's code imports, or looks up without importing, other than Python's own."""
    found: set[str] = set()
    for path in (ROOT / part).rglob("*.py"):
        if path.parent.name == "scripts":
            continue  # they run in environments of their own
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    found |= {name.name for name in names}
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module)
                case ast.Call(func=ast.Attribute(attr="find_spec"), args=[ast.Constant(value=str(module))]):
                    found.add(module)
    return {name.partition(".")[0] for name in found} - sys.stdlib_module_names - {"wxb"}


def test_what_is_imported_is_what_the_package_depends_on():
    assert imported("src") == {MODULES.get(name, name) for name in needed(("plots", "tsne", "heic", "play"))}


@pytest.mark.parametrize("part", ["tests", "docs", "benchmarks"])
def test_what_tests_and_tools_import_comes_with_the_extra_for_tests(part):
    ours = {"tests", "docs", "benchmarks", *(path.stem for path in (ROOT / "tests").rglob("*.py"))}
    assert imported(part) - ours <= {MODULES.get(name, name).replace("-", "_") for name in needed(("test",))}


def test_the_package_is_as_old_as_the_project_says():
    import wxb

    assert wxb.__version__ == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


SETTINGS = """
import gc, os, random, signal, sys, warnings
import numpy, scipy.optimize, scipy.sparse, scipy.special, torch  # scipy has its own filters for warnings

def settings():
    return {
        "collector": gc.get_threshold(), "environment": dict(os.environ), "warnings": list(warnings.filters),
        "signals": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)], "path": list(sys.path),
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads()), "gradients": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(), "deterministic": torch.are_deterministic_algorithms_enabled(),
        "chance": (random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_rng_state().tolist()),
    }

before = settings()
import wxb
nouns = [getattr(wxb, name) for name in wxb.__all__]
data = wxb.load_data("digits")
run = wxb.train(data, "CONV-4-RELU-DROP(0.5), SOFTMAX", epochs=1, augment="shift-1", out=sys.argv[1])
run.predict(data.examples[:3])
run.evaluate()
after = settings()
print([name for name in before if before[name] != after[name]])
"""


def test_nothing_that_a_process_has_set_is_other_behind_a_training(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", SETTINGS, tmp_path / "run"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (told.stdout, told.stderr) == ("[]\n", "")


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_file_holds_a_note_to_oneself_or_a_path_of_a_machine(word):
    holding = [path for path in project_files() if word in path.read_text()]
    assert [str(path.relative_to(ROOT)) for path in holding] == []


def test_modules_are_short_enough_to_read_in_one_go():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_modules_are_named_after_what_they_hold():
    assert [str(path.relative_to(ROOT)) for path in modules() if path.stem in VAGUE or path.parent.name in VAGUE] == []


def test_test_files_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_rooms_import_each_other_only_in_their_order():
    told = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "src" / "wxb" / "py.typed").is_file()


def test_no_module_imports_itself_by_way_of_others():
    """Imports within functions and for types alone count too."""
    graph = grimp.build_graph("wxb")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules if module != "wxb"}
    assert len(imports) > 100
    TopologicalSorter(imports).prepare()  # raises CycleError, with the circle
