"""Which interpreter and which installer `make` sets up with. Stand-ins on PATH; nothing is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="no make on this machine")


@pytest.fixture
def setup(tmp_path, repository):
    """`make -n setup` in an empty checkout, on a PATH that holds only the interpreters named."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(repository / name, tmp_path / name)
    path = tmp_path / "bin"
    path.mkdir()

    def call(interpreters: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        for name, body in interpreters.items():
            (path / name).write_text(f"#!/bin/sh\n{body}\n")
            (path / name).chmod(0o755)
        return subprocess.run(
            [MAKE, "-n", "setup", *words],
            cwd=tmp_path,
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return call


def python(version: str, lacks: str = "") -> str:
    """A stand-in that answers as a Python of a version would, without some module if asked for."""
    major, minor = version.split(".")
    code = f"import sys; sys.version_info = ({major}, {minor}, 0); sys.modules['{lacks or 'nothing'}'] = None"
    return f'exec {sys.executable} -c "{code}; exec(sys.argv[2])" "$@"'


def made_with(done: subprocess.CompletedProcess[str]) -> str:
    """The interpreter that would make the environment: the one in the one line that does so."""
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.endswith(' ".venv"') and " venv" in line]
    if line.endswith(' -m venv ".venv"'):
        return line.removesuffix(' -m venv ".venv"')
    return re.search(r'--python "(.*?)"', line)[1]


WORKS = {minor: python(f"3.{minor}") for minor in (10, 11, 12, 13, 14)}
SHIM = "echo 'pyenv: command not found' >&2; exit 127"


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"python3.11": WORKS[11], "python3.12": WORKS[12], "python3.13": WORKS[13]}, "python3.11"),
        ({"python3.12": WORKS[12], "python3.13": WORKS[13]}, "python3.12"),
        ({"python3.13": WORKS[13]}, "python3.13"),
        # A name on PATH is not yet an interpreter, and one without venv cannot make an environment.
        ({"python3.11": SHIM, "python3.12": WORKS[12]}, "python3.12"),
        ({"python3.11": python("3.11", lacks="ensurepip"), "python3.13": WORKS[13]}, "python3.13"),
    ],
)
def test_the_first_that_works_is_taken(setup, there, chosen):
    done = setup(there)
    assert done.returncode == 0, done.stderr
    assert made_with(done) == chosen


@pytest.mark.parametrize(
    "there", [{}, {"python3": WORKS[10], "python3.10": WORKS[10]}, {"python3.11": SHIM, "python3.12": SHIM}]
)
def test_without_one_it_says_what_it_needs(setup, there):
    done = setup(there)
    assert done.returncode == 2
    assert "no Python that fits among: python3.11 python3.12 python3.13" in done.stderr
    assert "Python 3.11, 3.12 or 3.13 with its venv module is needed" in done.stderr
    assert "make PYTHON=/path/to/python3.12 setup" in done.stderr


def test_an_interpreter_that_is_named_is_taken_if_its_version_fits(setup, tmp_path):
    there = {"python3.11": WORKS[11], "mine": WORKS[13], "old": WORKS[10], "new": WORKS[14]}
    mine = str(tmp_path / "bin" / "mine")
    assert made_with(setup(there, f"PYTHON={mine}")) == mine
    for wrong in ("old", "new", "nonesuch"):
        done = setup(there, f"PYTHON={wrong}")
        assert done.returncode == 2 and f"no Python that fits among: {wrong}." in done.stderr


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.13"])
def test_an_interpreter_of_this_machine_fits(setup, name):
    """The check itself, by a real interpreter of each version where there is one."""
    found = [Path(sys.executable).resolve().parent / name, shutil.which(name)]
    found += sorted(Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}.*/bin/{name}"))
    for path in filter(None, found):
        if (
            Path(path).is_file()
            and not subprocess.run([path, "-c", "import ensurepip"], capture_output=True).returncode
        ):
            assert made_with(setup({}, f"PYTHON={path}")) == str(path)
            return
    pytest.skip(f"no {name} on this machine")


#: Does what the set-up asks of uv, as far as make can tell, and writes down what it was asked.
UV = """
printf '%s\\n' "$*" >> asked
case $1 in venv) mkdir -p .venv/bin; printf '#!/bin/sh\\n' > .venv/bin/python; chmod +x .venv/bin/python;; esac
"""


def installers(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines that install something."""
    assert done.returncode == 0, done.stderr
    lines = done.stdout.replace("\\\n", "").splitlines()
    return [line for line in lines if " pip " in line]


def test_uv_installs_where_it_is_there_and_pip_where_it_is_not_or_not_wanted(setup, tmp_path):
    by_pip = setup({"python3.12": WORKS[12]})
    assert len(installers(by_pip)) == 2
    assert all(line.startswith('".venv/bin/python" -m pip ') for line in installers(by_pip))
    by_uv = setup({"uv": UV})
    uv = f'"{tmp_path / "bin" / "uv"}"'
    assert [line.split('python" ')[1].strip() for line in installers(by_uv)] == [
        "-r requirements.lock",
        "--no-deps --editable .",
    ]
    assert all(line.startswith(f"{uv} pip install ") for line in installers(by_uv))
    assert setup({}, "UV=").stdout == by_pip.stdout


def test_with_uv_the_same_interpreter_is_taken_and_none_is_no_fault(setup):
    assert made_with(setup({"uv": UV})) == "3.11", "uv brings it"
    # Of an interpreter that lacks what `python -m venv` needs, uv makes an environment all the same.
    assert made_with(setup({"python3.13": python("3.13", lacks="ensurepip")})) == "python3.13"
    assert made_with(setup({"python3.12": WORKS[12]})) == "python3.12"
    done = setup({"old": WORKS[10]}, "PYTHON=old")
    assert done.returncode == 2 and "no Python that fits among: old." in done.stderr


def test_with_uv_the_set_up_is_done_once_and_takes_up_what_was_interrupted(tmp_path, setup):
    setup({"uv": UV})
    path = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    (tmp_path / ".venv").mkdir()
    for _ in range(2):
        subprocess.run([MAKE, "setup"], cwd=tmp_path, env=path, check=True, capture_output=True, timeout=60)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split(" --")[0] for line in asked] == ["venv", "pip install", "pip install"]
    assert "--allow-existing" in asked[0] and "--seed" in asked[0], "people use pip in it"


@pytest.mark.parametrize("there", [{"python3.11": WORKS[11]}, {"uv": UV}])
def test_torch_without_cuda_comes_from_its_own_index_where_it_is_asked_for(setup, there):
    def indices(done):
        return [re.findall(r"--extra-index-url \S+|--torch-backend \S+", line) for line in installers(done)]

    assert indices(setup(there)) == [[], []]
    wanted = (
        "--torch-backend cpu" if "uv" in there else "--extra-index-url https://download.pytorch.org/whl/cpu"
    )
    assert indices(setup(there, "TORCH=cpu")) == [[wanted], [wanted]]
    done = setup(there, "TORCH=cuda")
    assert done.returncode == 2 and "TORCH=cuda is not known" in done.stderr
