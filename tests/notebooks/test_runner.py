"""The runner: strict parameters, lone failures, nothing half-written, nothing changed unasked."""

from __future__ import annotations

import importlib.util
import itertools
import json
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import nbformat
import pytest
from small_notebook import small

from scalinglaws.claims import Mutation
from scalinglaws.notebooks import dependence, files, finished, mutate


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "10", "--parameter", "drawz=5"), "unknown parameter 'drawz'; there are: scale, seed, draws"),
        (("run", "10", "--parameter", "draws=many"), "parameter 'draws' is an int, got 'many'"),
        (("run", "10", "--parameter", "draws"), "NAME=VALUE"),
        (("run", "10", "--scale", "huge"), "scale is 'ci' or 'full'"),
        (("run", "10", "--write", "--seed", "3"), "--write takes the default parameters"),
        (("run", "10", "--moved", "by hand"), "it goes with --write at CI scale"),
        (("run", "10", "--write", "--scale", "full", "--moved", "why"), "it goes with --write at CI scale"),
        (("check", "--kernels", "--only", "Pentium"), "no such kernels: Pentium; there are OpenBLAS Nehalem"),
        (("run", "11"), "no notebook '11'"),
        (("run",), "name notebooks, or say --all"),
    ],
)
def test_wrong_words_are_refused_before_a_kernel_starts(place, words, says):
    place.add("10_good")
    done = place(*words, *(["--output", str(place.out)] if words[0] == "run" else []))
    assert done.returncode == 2
    assert says in done.stderr
    assert not place.out.exists()


def test_failures_stand_alone(place):
    place.add("10_good")
    place.add("11_dies", body="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    place.add("12_raises", body='from scalinglaws import load\nload("nonesuch")')
    place.add("13_sleeps", body="import time\ntime.sleep(60)")
    (place.out / "12_raises.ipynb").parent.mkdir()
    (place.out / "12_raises.ipynb").write_text("an earlier run")
    started = time.monotonic()
    done = place("run", "--all", "--jobs", "2", "--timeout", "10", "--output", str(place.out))
    assert time.monotonic() - started < 3 * 30, "a dead kernel is reported within 20 s"
    assert done.returncode == 1
    assert "11_dies: the kernel died" in done.stderr
    assert "12_raises: cell [4] raised TableError: no table 'nonesuch'" in done.stderr
    assert "13_sleeps: a cell took longer than 10 s" in done.stderr
    # No verdicts are kept yet, so the good one says so; it did run to its end.
    assert files.records(files.read(place.out / "10_good.ipynb"))[0]["notebook"] == "10_good"
    assert (place.out / "12_raises.ipynb").read_text() == "an earlier run"
    assert files.read(place.out / "12_raises.failed.ipynb").cells
    assert not list(place.out.glob(".*"))


def test_a_run_ends_by_saying_where_to_look(place):
    place.add("10_good")
    place.add("11_raises", body='raise ValueError("<no>")')
    done = place("run", "--all", "--html", "--output", str(place.out))
    *_, look, beside, tally = done.stdout.splitlines()
    assert look.startswith(f"Look at {place.out / 'index.html'} in a browser")
    assert beside.startswith(f"Beside it in {place.out}: ")
    for named in re.findall(r"[\w/]*NAME\.\w+", beside):
        assert (place.out / named.replace("NAME", "10_good")).is_file(), named
    assert tally == "1 notebook, 2 claims"  # arithmetic, which is shown and never tallied
    index = (place.out / "index.html").read_text(encoding="utf-8")
    assert 'href="10_good.html"' in index and "11_raises.html" not in index
    assert re.search(r"11_raises did not run: cell \[\d\] raised ValueError: &lt;no&gt;", index)


def test_write_check_and_a_changed_verdict(place):
    path = place.add("10_good")
    assert place("run", "10", "--write", "--output", str(place.out)).returncode == 0
    first = path.read_bytes(), (place.root / "data/verdicts/10_good.json").read_bytes()
    assert place("run", "10", "--write", "--output", str(place.out)).returncode == 0
    assert first == (path.read_bytes(), (place.root / "data/verdicts/10_good.json").read_bytes())
    assert place("check", "10", "--output", str(place.out)).returncode == 0
    assert json.loads((place.root / "data/verdicts/costs.json").read_text())["10_good"]["ci_seconds"] > 0
    place.add("10_good", measure='paper.measured("one", 2.0)\npaper.measured("two", 2.05)')
    changed = place("run", "10", "--output", str(place.out))
    assert changed.returncode == 1
    assert "claim 'one' was 'replicated' and is now 'not replicated'" in changed.stderr
    assert "claim 'two' measured 2 and now measures 2.05" in changed.stderr
    assert "5 times the drift allowed, 0.5 of its tolerance; the verdict is 'replicated'" in changed.stderr
    assert "A difference changes a verdict." in changed.stderr
    checked = place("check", "10", "--output", str(place.out))
    assert checked.returncode == 1 and "A difference changes a verdict." in checked.stderr


def test_what_is_kept_moves_only_with_a_reason_and_stays_in_the_history(place):
    path = place.add("10_good")
    write = ("run", "10", "--write", "--output", str(place.out))
    kept = place.root / "data/verdicts/10_good.json"
    assert place(*write).returncode == 0
    before = kept.read_bytes()
    path = place.add("10_good", measure='paper.measured("one", 2.0)\npaper.measured("two", 2.05)')
    fresh = path.read_bytes()
    refused = place(*write, "--moved", "  ")
    assert refused.returncode == 1
    assert "claim 'one' was 'replicated' and is now 'not replicated'" in refused.stderr
    assert "claim 'two' measured 2 and now measures 2.05" in refused.stderr
    assert "run 10_good --write --moved" in refused.stderr
    assert (kept.read_bytes(), path.read_bytes()) == (before, fresh)
    assert place(*write, "--moved", "one was a slip of the pen").returncode == 0
    one, two = json.loads(kept.read_text())["verdicts"]
    (was,) = one["history"]
    assert (one["word"], was["word"], was["measured"]) == ("not replicated", "replicated", 1.0)
    assert was["why"] == two["history"][0]["why"] == "one was a slip of the pen"
    assert abs(date.today() - date.fromisoformat(was["when"])) <= timedelta(days=1)


def test_a_notebook_that_counts_verdicts_runs_last_whenever_some_are_kept(place):
    place.add("10_good")
    notebook = small("90_counts")
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Counts"),
        notebook.cells[2],
        nbformat.v4.new_code_cell(
            "from scalinglaws.claims import verdicts\n\nprint(verdicts.kept(), verdicts.stamp())"
        ),
    ]
    path = place.keep("90_counts", notebook)
    before = path.read_bytes()
    assert place("run", "10", "--output", str(place.out)).returncode == 1, "no verdicts are kept yet"
    assert path.read_bytes() == before
    done = place("run", "10", "--write", "--output", str(place.out))
    assert done.returncode == 0, done.stderr
    (told,) = files.code(files.read(path))[1].outputs
    assert told.text.startswith("['10_good'] ")
    costs = json.loads((place.root / "data/verdicts/costs.json").read_text())
    assert costs["90_counts"]["ci_seconds"] > 0
    place.add("10_good", measure='paper.measured("one", 2.0)\npaper.measured("two", 2.05)')
    place("run", "10", "--write", "--moved", "a slip", "--output", str(place.out))
    (moved,) = files.code(files.read(path))[1].outputs
    assert moved.text.startswith("['10_good'] ") and moved.text != told.text
    kept = path.read_bytes()
    place.add("10_good", measure='paper.measured("one", 1.0)\npaper.measured("two", 1.05)')
    assert place("run", "10", "--write", "--output", str(place.out)).returncode == 1
    assert path.read_bytes() == kept, "what could not be kept is not counted either"


def test_mutations_change_what_they_name(place):
    place.add("10_good")
    place.add("11_deaf", measure='paper.measured("one", 1.0)\npaper.measured("two", two())')
    place("run", "--all", "--write", "--jobs", "2", "--output", str(place.out))
    done = place("mutate", "--all", "--jobs", "2", "--output", str(place.out))
    assert done.returncode == 1
    assert "10_good" not in done.stderr.partition("error:")[2]
    assert "11_deaf: 'one is two' leaves 'one' 'replicated', but should change it" in done.stderr
    text = (place.out / "mutated" / "10_good.ipynb").read_text()
    assert "MUTATED: one is two" in text and "MUTATED: two is one" in text


def test_what_may_not_be_written_back(place):
    before = [
        place.add("10_mutated", body='paper.mutated = "by hand"').read_bytes(),
        place.add(
            "11_fickle", measure='paper.measured("one", 1.0 + seed)\npaper.measured("two", 2.0)'
        ).read_bytes(),
    ]
    done = place("run", "--all", "--write", "--jobs", "2", "--output", str(place.out))
    assert done.returncode == 1
    assert "a mutated run is never written back" in done.stderr
    assert "the word of 'one' depends on the seed" in done.stderr
    assert before == [path.read_bytes() for path in sorted((place.root / "notebooks").glob("*.ipynb"))]
    assert not list((place.root / "data/verdicts").iterdir())


def test_runs_that_finished_are_taken_up_where_another_one_failed(place):
    counts = place.elsewhere / "counts"
    body = (
        f"from pathlib import Path\n\nwith Path({str(counts)!r}).open('a') as file:\n    print(seed, file=file)\n"
        f"if seed == 3 and not Path({str(place.elsewhere / 'mended')!r}).exists():\n    raise OSError('too late')\ndraws"
    )
    path = place.add("10_good", body=body)
    before, write = path.read_bytes(), ("run", "10", "--write", "--output", str(place.out))

    def ran() -> list[str]:
        found = sorted(counts.read_text().split())
        counts.unlink()
        return found

    done = place(*write)
    assert done.returncode == 1 and path.read_bytes() == before
    assert "1 of 5 runs failed: 10_good seed 3" in done.stderr
    assert "what has finished is in" in done.stderr and "the next --write takes it up" in done.stderr
    assert ran() == [*"01234"]  # and the null, for which this cell does not matter
    (place.elsewhere / "mended").touch()
    assert place(*write).returncode == 0 and path.read_bytes() != before
    assert ran() == ["0", "3"]
    assert not (place.out / "unfinished" / "10_good").exists()
    assert place(*write).returncode == 0 and ran() == [*"01234"]


def test_a_run_that_rests_on_other_code_is_made_again(place):
    path = place.add("10_good")
    tasks = {"10_good": (files.read(path), place.out / "1.ipynb", {"seed": 1})}
    first = finished.marked(tasks)
    files.save(first["10_good"][0], place.out / "1.ipynb")
    assert [*finished.taken_up(first)] == ["10_good"]
    assert not finished.taken_up(finished.marked({"10_good": (*tasks["10_good"][:2], {"seed": 2})}))
    other = files.read(path)
    other.cells[1].source += "\n# more"
    assert not finished.taken_up(finished.marked({"10_good": (other, place.out / "1.ipynb", {"seed": 1})}))


def test_what_runs_rest_on_changes_with_code_claims_and_tables(copy_of_data):
    marks = [finished.mark()]
    for place, text in (
        ("claims/10_a.toml", "x"),
        ("runs/a/SOURCE.json", "{}"),
        ("../lib/scalinglaws/a.py", "a = 1\n"),
        ("../lib/scalinglaws/a.py", "a = 2\n"),
    ):
        (copy_of_data / place).parent.mkdir(parents=True, exist_ok=True)
        (copy_of_data / place).write_text(text)
        marks.append(finished.mark())
    assert len({*marks}) == 5 and marks[-1] == finished.mark()


def test_a_folder_that_cannot_be_written(place):
    place.add("10_good")
    blocked = place.elsewhere / "file"
    blocked.write_text("not a folder")
    done = place("run", "10", "--output", str(blocked / "out"))
    assert done.returncode == 1
    assert "NotADirectoryError" in done.stderr and str(blocked) in done.stderr
    assert blocked.read_text() == "not a folder"
    if os.geteuid() == 0:
        return  # a superuser may write anywhere
    (place.elsewhere / "closed").mkdir(mode=0o555)
    done = place("run", "10", "--output", str(place.elsewhere / "closed"))
    assert done.returncode == 1 and "PermissionError" in done.stderr


def test_a_new_notebook_has_the_anatomy_and_fails_until_filled(place):
    assert place("new", "77_fresh").returncode == 0
    done = place("lint", "77")
    assert done.returncode == 1 and "not filled in: data/claims/77_fresh.toml" in done.stderr
    assert "FILL IN" in (place.root / "data/claims/77_fresh.toml").read_text()
    assert place("run", "77", "--output", str(place.out)).returncode == 1
    assert "exists already" in place("new", "77_fresh").stderr
    assert "name a notebook NN_short_finding" in place("new", "thirty").stderr


def save_without_end(path: Path, ready) -> None:
    """Save ever new versions of a notebook of a megabyte."""
    cells = [nbformat.v4.new_markdown_cell("x" * 200_000, id=f"cell-{i}") for i in range(5)]
    for number in itertools.count(1):
        files.save(nbformat.v4.new_notebook(cells=cells, metadata={"number": number}), path)
        ready.set()


def test_fifty_kills_while_saving_tear_nothing(tmp_path):
    path = tmp_path / "kept.ipynb"
    rng = random.Random(0)
    context = multiprocessing.get_context("fork")
    for _ in range(50):
        ready = context.Event()
        saver = context.Process(target=save_without_end, args=(path, ready))
        saver.start()
        assert ready.wait(60)
        time.sleep(rng.uniform(0, 0.1))
        os.kill(saver.pid, signal.SIGKILL)
        saver.join()
        kept = files.read(path)
        assert kept.metadata["number"] >= 1 and len(kept.cells) == 5


def test_normalising_twice_is_normalising_once():
    notebook = small("10_good")
    notebook.metadata["papermill"] = {"duration": 3.2}
    cell = notebook.cells[3]
    cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="a"),
        nbformat.v4.new_output("stream", name="stdout", text="b\n"),
        nbformat.v4.new_output(
            "display_data", {"image/png": "AAAA"}, metadata={"image/png": {"alt": "a curve", "width": 3}}
        ),
    ]
    once = files.normalise(notebook)
    assert nbformat.writes(files.normalise(once)) == nbformat.writes(once)
    assert "papermill" not in once.metadata and "execution" not in once.cells[3].metadata
    assert once.cells[3].outputs[0].text == "ab\n"
    assert once.cells[3].outputs[1].metadata == {"image/png": {"alt": "a curve"}}


@pytest.mark.parametrize(
    ("source", "name", "bound"),
    [
        ("from scalinglaws import fit, load", "load", True),
        ("import numpy as np", "np", True),
        ("def law(x):\n    load = 3", "load", False),
        ("a, (b, c) = 1, (2, 3)", "c", True),
        ("x: float = 3.0", "x", True),
        ("print(load)", "load", False),
    ],
)
def test_binds(source, name, bound):
    assert dependence.binds(source, name) is bound


def test_a_mutation_without_a_place_is_refused():
    nowhere = Mutation("nowhere", ("one",), target="nowhere")
    with pytest.raises(files.NotebookError, match="no cell binds 'nowhere'"):
        mutate.mutated("10_good", small("10_good"), [nowhere])


def test_no_grammar_of_web_addresses_is_built_before_a_notebook_is_read():
    """It took three of the six seconds in which the command and the process of a notebook start."""
    code = (
        "import sys; from scalinglaws.notebooks import keeper; from scalinglaws.cli import main\n"
        "with keeper.without_grammar(): import papermill\n"
        "assert 'jsonschema' in sys.modules and 'rfc3987_syntax' not in sys.modules\n"
        "import rfc3987_syntax, nbformat"
    )
    if not importlib.util.find_spec("rfc3987_syntax"):
        pytest.skip("what builds the grammar is not installed here")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
