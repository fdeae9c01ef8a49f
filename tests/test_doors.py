"""The ways in that others read: how to cite, what an archive, a container and the workflows are told."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
import yaml


@pytest.fixture(scope="module")
def root(repository):
    return repository


@pytest.fixture(scope="module")
def project(root) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def citation(root) -> dict:
    return yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def workflows(root) -> dict[str, dict]:
    found = sorted((root / ".github" / "workflows").glob("*.yml"))
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in found}


def steps(workflow: dict) -> list[dict]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_the_citation_says_what_the_package_says(citation, project):
    needed = {"cff-version", "message", "title", "authors", "version", "date-released", "license", "type"}
    assert needed <= set(citation)
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["keywords"] == project["keywords"]
    assert project["description"].startswith(citation["title"])
    # Where the repository has an address, both say it, and the same.
    assert citation.get("repository-code") == project.get("urls", {}).get("Repository")


def test_the_archive_is_told_what_the_citation_says(root, citation):
    record = json.loads((root / ".zenodo.json").read_text(encoding="utf-8"))
    assert record["title"] == citation["title"] and record["keywords"] == citation["keywords"]
    assert record["license"] == citation["license"] and record["upload_type"] == citation["type"]
    assert record["description"] == citation["abstract"]
    assert [one["name"] for one in record["creators"]] == [one["name"] for one in citation["authors"]]
    assert "version" not in record, "the archive takes it from the tag"


def test_workflows_call_what_is_there(root, workflows):
    targets = set(re.findall(r"^(\w+):", (root / "Makefile").read_text(), re.MULTILINE))
    seen = set()
    for name, workflow in workflows.items():
        for line in (line for step in steps(workflow) for line in step.get("run", "").splitlines()):
            called = re.findall(r"(?:^|&& )(?:[A-Z_]+=\S+ )*make (\w+)", line)
            assert set(called) <= targets, (name, line)
            paths = re.findall(r"(?<=\s)((?:tests|\.ci)/[\w./]+)", line)
            assert all((root / path).exists() for path in paths), (name, line)
            seen |= {*called, *paths}
    assert {"setup", "book", ".ci/run", "tests/book"} <= seen


def test_workflows_try_every_python_that_the_package_takes(project, workflows):
    assert project["requires-python"] == ">=3.11"
    pythons = ["3.11", "3.12", "3.13"]
    for job in (
        workflows["test"]["jobs"]["test"],
        *(workflows["forks"]["jobs"][name] for name in ("newest", "macos")),
    ):
        assert job["strategy"]["matrix"]["python"] == pythons
        assert any("matrix.python" in str(step.get("with", "")) for step in job["steps"])
    assert workflows["forks"]["jobs"]["macos"]["runs-on"].startswith("macos")


def test_a_site_is_published_from_the_default_branch_alone_and_only_once_it_was_looked_at(workflows):
    jobs = workflows["pages"]["jobs"]
    assert "default_branch" in jobs["book"]["if"] and jobs["publish"]["needs"] == "book"
    order = [step.get("run", step.get("uses", "")) for step in jobs["book"]["steps"]]
    built, tested, handed_in = (
        next(place for place, said in enumerate(order) if what in said)
        for what in ("make book", "pytest tests/book", "upload-pages-artifact")
    )
    assert built < tested < handed_in
    assert "SCALINGLAWS_SITE=out/book " in order[tested]
    assert jobs["book"]["steps"][handed_in]["with"]["path"] == "out/book"
    assert workflows["pages"]["permissions"] == {"contents": "read"}
    assert jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}


def test_a_container_sets_up_by_make(root, project):
    container = json.loads((root / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    version = re.fullmatch(r"python:3\.(\d+)", container["image"])[1]
    assert 11 <= int(version) <= 13
    assert container["postCreateCommand"] == f"make setup PYTHON=python3.{version} TORCH=cpu"
