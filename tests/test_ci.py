"""What CI runs: the tests, after a browser was brought where there is none. Stand-ins on PATH; nothing is installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

TOOLS = ("bash", "dirname", "timeout")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"there is not all of {', '.join(TOOLS)} here"
)


@pytest.fixture
def ci(tmp_path, repository):
    """Run the script in an empty checkout on a PATH of stand-ins; what they were asked, a line a call."""
    (tmp_path / "checkout" / ".ci").mkdir(parents=True)
    script = shutil.copy(repository / ".ci" / "run", tmp_path / "checkout" / ".ci" / "run")
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool))

    def call(**programs: str) -> tuple[list[str], subprocess.CompletedProcess[str]]:
        for name, body in ({"id": "echo 0", "make": ""} | programs).items():
            program = path / name.replace("_", "-")
            program.write_text(
                f'#!{path / "bash"}\n[ {name} = id ] || echo "{name} $*" >> {tmp_path}/asked\n{body}\n'
            )
            program.chmod(0o755)
        done = subprocess.run(
            [path / "bash", script], env={"PATH": str(path)}, capture_output=True, text=True, timeout=60
        )
        return (tmp_path / "asked").read_text().splitlines(), done

    return call


INSTALL = ["apt_get -qq update", "apt_get -qq install -y --no-install-recommends chromium", "make test"]


def test_a_browser_is_brought_before_the_tests(ci):
    asked, done = ci(apt_get="")
    assert (asked, done.returncode) == (INSTALL, 0)


@pytest.mark.parametrize(
    "programs",
    [
        {"apt_get": "", "chromium": ""},  # there is one
        {"apt_get": "", "google_chrome": ""},
        {"apt_get": "", "id": "echo 1000"},  # it may not
        {},  # there is no apt
    ],
)
def test_none_is_brought_where_there_is_one_or_none_may_be(ci, programs):
    asked, done = ci(**programs)
    assert asked[-1] == "make test" and not any("install" in line for line in asked)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("fault", ['[ "$2" != update ]', '[ "$2" != install ]'])
def test_a_failure_to_bring_one_is_a_message_and_the_tests_run(ci, fault):
    asked, done = ci(apt_get=fault)
    assert asked[-1] == "make test" and done.returncode == 0
    assert "are skipped" in done.stdout


def test_the_tests_decide(ci):
    assert ci(chromium="", make="exit 3")[1].returncode == 3
