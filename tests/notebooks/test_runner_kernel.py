"""The kernel of a run: this interpreter, no setting of the user's, bounded outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small_notebook import ALONE, MEASURE, small

from scalinglaws.notebooks import execute, files
from scalinglaws.notebooks.keeper import DIED
from scalinglaws.notebooks.kernel import DISPLAYED, PRINTED, BoundedSession

SETTINGS = """
import json, os, sys

import matplotlib
from IPython import get_ipython

json.dumps({
    "executable": sys.executable,
    "startup": [name for name in ("from_pythonstartup", "from_profile") if name in globals()],
    "linewidth": matplotlib.rcParams["lines.linewidth"],
    "inline": "inline" in matplotlib.get_backend(),
    "dpi": get_ipython().config.InlineBackend.to_dict() if "InlineBackend" in get_ipython().config else {},
    "assertions": __debug__,
    "mirror": os.environ["SCALINGLAWS_MIRROR"],
    "columns": os.environ.get("COLUMNS"),
})
"""
FLOOD = """
import os, subprocess, sys

import psutil

before = psutil.Process().memory_info().rss
for _ in range(300):
    print("x" * 1_000_000)
assert psutil.Process().memory_info().rss - before < 50_000_000, "what is not kept is not held either"
os.write(1, b"y" * 5_000_000)
subprocess.run([sys.executable, "-c", "print('z' * 5_000_000)"])
print("e" * 3_000_000, file=sys.stderr)
"""
DISPLAY = """
from IPython.display import HTML, display

display(HTML("<b>" + "h" * 20_000_000 + "</b>"))
"w" * 20_000_000
"""


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A user's settings, each of which would change outputs."""
    home = tmp_path / "home"
    kernel = home / "jupyter" / "kernels" / "python3"
    startup = home / "ipython" / "profile_default" / "startup"
    config = home / ".config" / "matplotlib"
    for folder in (kernel, startup, config, home / "config"):
        folder.mkdir(parents=True)
    spec = {"argv": ["/bin/false", "{connection_file}"], "display_name": "theirs", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    (home / "startup.py").write_text("from_pythonstartup = 1")
    (startup / "00.py").write_text("from_profile = 1")
    (startup.parent / "ipython_config.py").write_text("c.InlineBackend.rc = {'figure.dpi': 7}")
    (home / "config" / "jupyter_config.py").write_text("raise SystemExit('a config was read')")
    (home / "config" / "ipython_kernel_config.py").write_text("raise SystemExit('a config was read')")
    (config / "matplotlibrc").write_text("lines.linewidth: 77\n")
    for name, value in {
        "HOME": home, "XDG_CONFIG_HOME": home / ".config", "IPYTHONDIR": home / "ipython",
        "JUPYTER_PATH": home / "jupyter", "JUPYTER_CONFIG_DIR": home / "config",
        "PYTHONSTARTUP": home / "startup.py", "MATPLOTLIBRC": config, "MPLCONFIGDIR": config,
        "MPLBACKEND": "svg", "PYTHONOPTIMIZE": "1", "PYTHONIOENCODING": "cp1252", "COLUMNS": "33",
        "SCALINGLAWS_MIRROR": "mirror",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return home


def test_a_run_is_this_interpreters_and_nobodys_settings_change_it(hostile, tmp_path):
    executed = execute.execute(
        small("10_good", body=SETTINGS, claims=ALONE), tmp_path / "out" / "10_good.ipynb", {}, 60
    )
    (output,) = files.code(executed)[3].outputs
    assert json.loads(output.data["text/plain"].strip("'")) == {
        "executable": sys.executable,
        "startup": [],
        "linewidth": 1.5,
        "inline": True,
        "dpi": {},
        "assertions": True,
        "mirror": str(tmp_path / "mirror"),
        "columns": None,
    }
    assert not list((tmp_path / "out").glob(".*"))


def test_a_flood_of_output_is_cut_and_says_so(tmp_path):
    keep = tmp_path / "10_good.ipynb"
    executed = execute.execute(
        small("10_good", body=FLOOD, measure=MEASURE + DISPLAY, claims=ALONE), keep, {}, 120
    )
    assert keep.stat().st_size < 8 * PRINTED
    streams = {o.name: o.text for o in files.normalise(executed).cells[4].outputs}
    for name, letter in (("stdout", "x"), ("stderr", "e")):
        text = streams[name]
        assert text.startswith(letter) and len(text) < PRINTED + 100
        assert f"[only the first {PRINTED:,} characters are kept]" in text
    assert len(files.code(executed)[3].outputs) < 200
    page, plain = files.code(executed)[4].outputs
    assert "text/html" not in page.data and "only the first" in page.data["text/plain"]
    assert plain.data["text/plain"].startswith("'www") and "only the first" in plain.data["text/plain"]


def test_a_message_is_bounded_whatever_it_holds():
    for content in (
        {"data": {"text/plain": "p" * (DISPLAYED + 1), "image/png": "i" * (DISPLAYED + 1)}},
        {"ename": "E", "evalue": "v" * (DISPLAYED + 1), "traceback": ["t" * (DISPLAYED + 1), "short"]},
    ):
        BoundedSession.bound(content)
        assert len(json.dumps(content)) < 3 * PRINTED + 1000
        assert "only the first" in json.dumps(content) and "image/png" not in content.get("data", {})
    whole = {"data": {"image/png": "i" * DISPLAYED, "application/json": {"a": 1}}, "metadata": {}}
    kept = json.loads(json.dumps(whole))
    BoundedSession.bound(kept)
    assert kept == whole


def test_relative_places_are_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["lib", "", "other"]))
    found = execute.environment(2, tmp_path)
    assert found["PYTHONPATH"] == os.pathsep.join(str(tmp_path / name) for name in ("lib", "other"))
    assert found["OMP_NUM_THREADS"] == "1"
    assert Path(found["IPYTHONDIR"]).is_relative_to(tmp_path)


BUSY = """
import subprocess, sys

subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 3: pass"], check=True)
"""


def test_a_cost_is_the_work_of_all_processes_and_not_the_time_by_the_clock(tmp_path):
    costs = []
    for number, body in enumerate(("import time\ntime.sleep(3)", BUSY)):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(body.strip())])
        done = execute.execute(notebook, tmp_path / f"{number}.ipynb", {}, timeout=120)
        costs.append(done.metadata["cpu_seconds"])
        assert files.normalise(done).metadata.keys() <= {"kernelspec", "language_info"}
    assert costs[0] > 0 and 2 < costs[1] - costs[0] < 6, costs


#: A keeper whose papermill never hears that its only child has ended; what it reports is in `ended.json`.
DEAF = """
import subprocess, sys, time
from pathlib import Path

from scalinglaws.notebooks import keeper

keeper.PATIENCE = 1.0
keeper.papermill_one = lambda *_: (subprocess.Popen(["sleep", "2"]).wait(), time.sleep(float(sys.argv[2])))[1]
keeper.main(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("goes_on", [60.0, 0.0])
def test_a_dead_kernel_is_reported_though_its_client_waits_on(goes_on, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    (tmp_path / "fontlist.json").write_text("{}")
    (tmp_path / "request.json").write_text(
        json.dumps({"parameters": {}, "timeout": 600, "runner": os.getpid()})
    )
    subprocess.run([sys.executable, "-c", DEAF, tmp_path, str(goes_on)], check=True, timeout=40)
    reason = json.loads((tmp_path / "ended.json").read_text())["reason"]
    assert reason == (DIED if goes_on else None)
