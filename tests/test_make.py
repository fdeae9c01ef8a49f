"""`make`: it removes only what it made, and paths with spaces are one path."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@pytest.fixture
def make(repository, tmp_path):
    """Call make in a folder that holds the Makefile and what it names, with an active environment of stubs."""
    place = tmp_path / "a checkout"
    for folder in ("lib", "tests", "benchmarks", "data", "notebooks"):
        (place / folder).mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "conftest.py"):
        shutil.copy(repository / name, place / name)
    stubs = tmp_path / "an environment" / "bin"
    stubs.mkdir(parents=True)
    for name in ("python", "scalinglaws"):
        (stubs / name).write_text(
            f'#!/bin/sh\nfor word; do echo "{name}: $word"; done >> "{tmp_path}/called"\n'
        )
        (stubs / name).chmod(0o755)

    def call(*words: str, **env: str) -> str:
        clean = {k: v for k, v in os.environ.items() if k not in ("OUT", "MAKEFLAGS", "MAKELEVEL")}
        done = subprocess.run(
            ["make", *words],
            cwd=place,
            capture_output=True,
            text=True,
            env=clean | {"VIRTUAL_ENV": str(stubs.parent), "UV": ""} | env,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    call.place, call.called = place, tmp_path / "called"
    return call


def full(folder: Path) -> Path:
    """A folder with something in it."""
    folder.mkdir(parents=True)
    (folder / "kept.txt").write_text("years of work")
    return folder


def test_clean_removes_one_folder_whose_name_has_a_space(make):
    thesis, results = full(make.place / "thesis"), full(make.place / "results")
    make("replicate", "USE_ACTIVE=1", "OUT=results thesis")
    assert (make.place / "results thesis").is_dir()
    make("clean", "OUT=results thesis")
    assert not (make.place / "results thesis").exists()
    assert (thesis / "kept.txt").is_file() and (results / "kept.txt").is_file()


def test_clean_keeps_what_make_did_not_make_and_says_so(make):
    places = [full(make.place / name) for name in ("out", ".venv", "mine")]
    said = (
        make("clean") + make("clean", "OUT=mine") + make("clean", f"OUT={make.place}") + make("clean", "OUT=")
    )
    assert all((place / "kept.txt").is_file() for place in places)
    for name in ("out", ".venv", "mine"):
        assert f"kept {name}: it holds no .made-by-make" in said


def test_a_folder_that_was_there_is_written_into_and_never_marked(make):
    mine = full(make.place / "mine")
    make("replicate", "USE_ACTIVE=1", "OUT=mine")
    make("clean", "OUT=mine")
    assert (mine / "kept.txt").is_file()


def test_the_book_is_built_into_the_output_folder(make):
    make("book", "USE_ACTIVE=1", "OUT=my pages")
    said = [f"python: {word}" for word in ("-m", "scalinglaws.book", "--output", "my pages/book")]
    assert make.called.read_text().splitlines()[-4:] == said
    make("clean", "OUT=my pages")
    assert not (make.place / "my pages").exists()


def test_out_is_not_taken_from_the_environment(make):
    make("replicate", "USE_ACTIVE=1", "OUT=earlier")
    make("clean", OUT="earlier")
    assert (make.place / "earlier").is_dir()
    make("replicate", "USE_ACTIVE=1", OUT="elsewhere")
    assert not (make.place / "elsewhere").exists()
    assert make.called.read_text().splitlines()[-2:] == ["scalinglaws: out", "scalinglaws: --html"]


def test_a_name_is_never_run_as_a_command(make):
    name = 'a"; touch ran; echo "\''
    make("replicate", "USE_ACTIVE=1", f"OUT={name}")
    assert f"scalinglaws: {name}" in make.called.read_text()
    make("clean", f"OUT={name}")
    assert not (make.place / name).exists() and not (make.place / "ran").exists()


def test_an_active_environment_may_have_a_space_in_its_path(make):
    make("setup", "USE_ACTIVE=1")
    assert "python: requirements.lock" in make.called.read_text()
    before = make.called.read_text()
    make("setup", "USE_ACTIVE=1")
    assert make.called.read_text() == before, "set up once is set up"
    make("clean", "USE_ACTIVE=1")
    make("setup", "USE_ACTIVE=1")
    assert make.called.read_text() == before, "an environment that make did not make is left alone"


def test_clean_removes_caches_of_the_checkout_alone(make):
    ours, theirs = full(make.place / "lib" / "__pycache__"), full(make.place / "theirs" / "__pycache__")
    make("clean")
    assert not ours.exists() and (theirs / "kept.txt").is_file()
