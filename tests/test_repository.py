"""The front doors: README, environment.yml, links, and what may not be in the tree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from scalinglaws.claims import verdicts
from scalinglaws.notebooks import scoreboard

# PyPI name -> conda-forge name, where they differ.
CONDA = {"torch": "pytorch"}


def split(requirement: str) -> tuple[str, str]:
    name, rest = re.fullmatch(r"([A-Za-z0-9_.-]+?)((?:[<>=!~].*)?)", requirement.strip()).groups()
    return name.lower(), rest


def required(project: dict) -> list[str]:
    """What `make` and the environment install: the core, and what the tests need, other extras included."""
    extras = project["optional-dependencies"]
    wanted = [
        one for name in ("notebooks", "report", "train", "data", "book", "test") for one in extras[name]
    ]
    assert "scalinglaws[notebooks,report,train,data,book]" in extras["test"]
    return project["dependencies"] + [one for one in wanted if not one.startswith("scalinglaws[")]


@pytest.fixture(scope="session")
def project(repository) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="session")
def readme(repository) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def tracked(repository) -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.splitlines() if (repository / name).is_file()]


def test_environment_and_pyproject_agree(repository, project):
    environment = yaml.safe_load((repository / "environment.yml").read_text())
    listed = [item for item in environment["dependencies"] if isinstance(item, str)]
    (by_pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    assert "--editable ." in by_pip
    found = dict(split(item) for item in listed + by_pip if item != "--editable .")
    assert found.pop("python") == "=3.11"
    for only_conda in ("pip", "pytorch-cpu"):
        assert found.pop(only_conda) == ""
    wanted = map(split, required(project))
    assert found == {CONDA.get(name, name): bounds for name, bounds in wanted}


def test_each_line_of_the_environment_says_who_needs_it(repository):
    for line in (repository / "environment.yml").read_text().splitlines():
        if re.match(r"\s+- (?!pip:|conda-forge)", line):
            assert re.search(r"#\s\S", line), line


def test_the_lock_pins_what_the_project_needs(repository, project):
    lines = (repository / "requirements.lock").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pinned = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for requirement in required(project):
        name, bounds = split(requirement)
        lowest = tuple(int(part) for part in bounds.removeprefix(">=").split("."))
        assert tuple(int(x) for x in re.findall(r"\d+", pinned[name])[: len(lowest)]) >= lowest
    assert "torch" in pinned and "+" not in pinned["torch"]


def test_the_lock_has_hashes_for_all_packages_or_says_why_for_none(repository):
    """pip checks them for all or for none: with a part of them it refuses to install."""
    text = (repository / "requirements.lock").read_text()
    assert "--hash" not in text
    assert "Versions without hashes, and this is why." in text and "torch is a CUDA build on PyPI" in text


def test_the_scoreboard_is_what_the_verdicts_say(readme):
    assert scoreboard.placed(readme) == readme, "run 'scalinglaws scoreboard --write'"
    every = (verdicts.folder() / "README.md").read_text(encoding="utf-8")
    assert scoreboard.every_claim() == every, "run 'scalinglaws scoreboard --write'"


def test_the_figure_is_the_notebooks(readme, repository):
    figure, alt = scoreboard.cover()
    assert (repository / ".github" / "figure.png").read_bytes() == figure, (
        "run 'scalinglaws scoreboard --write'"
    )
    assert f'alt="{alt}"' in readme


def test_the_code_of_the_readme_runs(readme, repository, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-W", "error::UserWarning", "-c", block],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_links_of_the_readme_lead_somewhere(readme, repository):
    targets = re.findall(r"\]\(([^)#\s]+)", readme) + re.findall(r'src="([^"]+)"', readme)
    inside = [target for target in targets if not target.startswith("http")]
    assert inside
    for target in inside:
        assert (repository / target).exists(), target


def test_commands_of_the_readme_exist(readme, repository, cli):
    targets = set(re.findall(r"^(\w+):", (repository / "Makefile").read_text(), re.MULTILINE))
    for command in re.findall(
        r"\bmake (\w+)", "\n".join(re.findall(r"`[^`]+`|```.*?```", readme, re.DOTALL))
    ):
        assert command in targets, command
    known = set(re.findall(r"│ (\w+)", cli("--help").stdout))
    for command in re.findall(r"`scalinglaws (\w+)", readme):
        assert command in known, command


def test_importing_the_library_does_not_import_torch():
    code = "import sys, scalinglaws; assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_in_the_tree_that_should_not_be(repository):
    for name in tracked(repository):
        path = repository / name
        assert path.suffix not in {".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".joblib"}, name
        assert path.stat().st_size < 1_500_000, name
        if path.suffix in {".png"} or name == "tests/test_repository.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(?:home|Users|root|tmp|work)/\w", text), f"{name} holds an absolute path"
        if path.suffix == ".py":
            assert not re.search(r"^\s*(?:import|from) pickle\b", text, re.MULTILINE), name
            for call in re.findall(r"torch\.load\([^)]*\)", text):
                assert "weights_only=True" in call, name
