"""The command: quick, readable by people and by programs, each failure told once."""

from __future__ import annotations

import ast
import json
import math
import os
import pty
import re
import resource
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import numpy as np
import pytest
from small_notebook import STATED, small

import scalinglaws
from scalinglaws import repository
from scalinglaws.claims import verdicts
from scalinglaws.cli import batch
from scalinglaws.notebooks import execute as execution
from scalinglaws.notebooks import files, scoreboard
from scalinglaws.sweeps import keys
from scalinglaws.tables import loading
from scalinglaws.text import article, counted

QUICK = ("list", "scoreboard", "--help", "--version")
HEAVY = {
    "IPython", "jupyter_client", "matplotlib", "nbclient", "nbconvert", "nbformat", "numpy", "pandas",
    "papermill", "scipy", "sklearn", "statsmodels", "torch",
}  # fmt: skip
#: Starts the command as its script does, and says at the end what was imported.
TOLD = """
import sys
from scalinglaws.cli.main import main

sys.argv[0] = "scalinglaws"
try:
    main()
finally:
    print(sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


BASE = ("-c", "import typer, rich.table\nfrom pydantic import TypeAdapter")


def cpu_seconds(*words: str) -> float:
    """CPU time of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("words", QUICK)
def test_the_command_starts_in_little_more_than_the_libraries_that_print(words):
    """Four times as much, and what reading the claims takes; with pandas alone it would be seven times."""
    # Both in turn, and the least of each. On two busy cores reading and printing 251 claims was slowed
    # more than an import was, to 3.3 times as much: hence four.
    base, taken = zip(
        *((cpu_seconds(*BASE), cpu_seconds("-m", "scalinglaws.cli.main", words)) for _ in range(5)),
        strict=True,
    )
    # Where the libraries take 155 ms, the list reads each claim in 0.35 ms, and the scoreboard also prints it,
    # in 0.75 ms in all, most of it to break lines into the cells of a table. So what they may take grows with
    # the claims, by somewhat more than that.
    claims = sum(len(verdicts.read(name)["verdicts"]) for name in verdicts.kept())
    most = 4 + claims / {"list": 400, "scoreboard": 95}.get(words, math.inf)
    assert min(taken) < most * min(base)


@pytest.mark.parametrize("words", QUICK)
def test_what_only_reads_imports_nothing_heavy(words):
    done = subprocess.run([sys.executable, "-c", TOLD, words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = set(ast.literal_eval(done.stderr.splitlines()[-1]))
    assert "typer" in imported and not imported & HEAVY


def test_importing_the_library_imports_nothing_heavy_and_gives_its_names():
    code = (
        "import sys, scalinglaws\n"
        f"assert not {HEAVY!r} & set(sys.modules)\n"
        "from scalinglaws import fit, load\n"
        "assert fit.__module__ == 'scalinglaws.fitting.estimate' and load.__name__ == 'load'\n"
        "assert scalinglaws.laws.chinchilla and 'torch' not in sys.modules\n"
        "assert set(scalinglaws.__all__) <= set(dir(scalinglaws))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_static_tools_see_the_names_that_there_are():
    tree = ast.parse(Path(scalinglaws.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert sorted(seen) == sorted(scalinglaws.__all__)
    for name, module in seen.items():
        assert getattr(scalinglaws, name) is getattr(sys.modules[module], name)
    for wrong in ("nonesuch", "__wrapped__"):
        with pytest.raises(AttributeError, match=f"has no attribute '{wrong}'"):
            getattr(scalinglaws, wrong)


@pytest.fixture
def book(tmp_path, empty_repository):
    """A repository of three notebooks: the first with verdicts of two words, the others with none."""

    class Book:
        root = empty_repository
        out = tmp_path / "out"
        names = ("10_laws_of_size", "11_laws_of_shape_that_have_a_long_name", "60_curves")

        def record(self, name: str, words: tuple[str, ...], place: Path | None = None) -> None:
            judged = [
                {
                    "id": f"claim-{i}",
                    "role": role,
                    "statement": f"statement {i}",
                    "paper": 1.0,
                    "printed": "",
                    "measured": 1.0,
                }
                | {"low": 0.9, "high": "inf", "word": word, "within": 0.1, "unproved": ""}
                for i, (role, word) in enumerate(zip(scoreboard.TALLIED, words, strict=False))
            ]
            record = {"scale": "ci", "seed": 0, "verdicts": judged, "data_checks": []}
            repository.write_atomically((place or verdicts.folder()) / f"{name}.json", json.dumps(record))

    made = Book()
    for name in made.names:
        notebook = small(name)
        notebook.cells[0].source = f"# Title of {name}\n\nMore."
        (Book.root / "notebooks" / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        (Book.root / "data/claims" / f"{name}.toml").write_text(STATED, encoding="utf-8")
    made.record(made.names[0], ("replicated", "not replicated"))
    return made


def test_the_list_says_how_many_claims_there_are_and_where_no_verdicts_are_kept(book, command):
    status, said = command("list")
    first, second, third, last = said.splitlines()[2:]
    assert status == 0
    assert re.fullmatch(r"10_laws_of_size +Title of 10_laws_of_size +2 +–", first.rstrip())
    assert all("none kept" in line for line in (second, third))
    assert last == (
        "3 notebooks, 2 claims. What holds, by what was done for it: recomputed 1 of 1, re-analysed 0 of 1."
    )


def test_damaged_verdicts_are_named_by_the_list(book, command):
    for damage in ('{"verdicts": [', '{"verdicts": [{}]}', "[]"):
        (verdicts.folder() / f"{book.names[1]}.json").write_text(damage)
        status, said = command("list")
        assert status == 1 and f"error: {book.names[1]}: " in said and "restore it with git" in said


def test_the_list_as_json(book, command):
    status, said = command("list", "--json")
    assert status == 0
    assert json.loads(said) == {
        "notebooks": [
            {
                "name": "10_laws_of_size",
                "title": "Title of 10_laws_of_size",
                "claims": 2,
                "words": {"replicated": 1, "not replicated": 1},
                "ci_seconds": None,
                "full_seconds": None,
                "problems": [],
            },
            *(
                {
                    "name": name,
                    "title": f"Title of {name}",
                    "claims": None,
                    "words": None,
                    "ci_seconds": None,
                    "full_seconds": None,
                    "problems": [],
                }
                for name in book.names[1:]
            ),
        ],
        "claims": 2,
        "words": {"replicated": 1, "not replicated": 1},
    }
    verdicts.add_cost("60_curves", ci_seconds=3.5, full_seconds=900.0)
    last = json.loads(command("list", "--json")[1])["notebooks"][-1]
    assert (last["ci_seconds"], last["full_seconds"]) == (3.5, 900.0)


def test_the_scoreboard_as_json(book, command, capsys):
    for name in book.names[1:]:
        book.record(name, ("inconclusive",))
    status, said = command("scoreboard", "--json")
    found = json.loads(said)
    assert status == 0 and found["claims"] == 4
    assert found["words"] == {"replicated": 1, "inconclusive": 2, "not replicated": 1}
    assert [list(each) for each in found["notebooks"]] == [["name", "title", "verdicts", "problems"]] * 3
    assert found["notebooks"][0]["verdicts"][0] == {
        "id": "claim-0",
        "role": "recomputed",
        "statement": "statement 0",
        "paper": 1.0,
        "printed": "",
        "measured": 1.0,
        "low": 0.9,
        "high": "inf",
        "word": "replicated",
        "unproved": "",
    }
    (verdicts.folder() / "60_curves.json").unlink()
    status, said = command("scoreboard", "--json")
    assert status == 1 and "60_curves: no verdicts of 60_curves" in said.partition("error:")[2]


def test_a_check_as_json(book, command):
    fresh = book.out / "verdicts"
    words = ("check", "10", "--json", "--output", str(book.out))
    book.record(book.names[0], ("replicated", "not replicated"), fresh)
    status, said = command(*words)
    assert status == 0
    assert json.loads(said) == {"same": True, "differences": [], "problems": [], "advice": ""}
    book.record(book.names[0], ("replicated", "replicated"), fresh)
    status, said = command(*words)
    found = json.loads(said.partition("error:")[0])
    (difference,) = found["differences"]
    assert status == 1 and not found["same"] and "--moved" in found["advice"]
    assert difference.pop("text").startswith("claim 'claim-1' was 'not replicated' and is now 'replicated'")
    assert difference == {"notebook": "10_laws_of_size", "claim": "claim-1", "verdict": True}


def named_in(content) -> set[str]:
    """All keys of JSON, but the words that are counted."""
    if isinstance(content, list):
        return set().union(*map(named_in, content))
    if not isinstance(content, dict):
        return set()
    return set(content).union(*(named_in(value) for key, value in content.items() if key != "words"))


def test_help_names_every_key(book, command):
    book.record(book.names[0], ("replicated", "replicated"), book.out / "verdicts")
    for verb in (("list",), ("scoreboard",), ("check", "10", "--output", str(book.out))):
        said = command(*verb, "--json")[1].partition("error:")[0]
        shown = command(verb[0], "--help")[1]
        assert all(f"`{key}`" in shown for key in named_in(json.loads(said)))


def every_command(group=None, name="scalinglaws"):
    """Each command with its full name, those of groups included."""
    from typer.main import get_command

    from scalinglaws.cli.main import app

    group = group or get_command(app)
    yield name, group
    for word, inner in getattr(group, "commands", {}).items():
        yield from every_command(inner, f"{name} {word}")


def test_help_says_what_everything_is_in_lines_that_fit():
    found = dict(every_command())
    assert {"scalinglaws fit", "scalinglaws open", "scalinglaws data verify"} <= set(found)
    for name, each in found.items():
        first, *rest = each.help.split("\n\n")
        assert first.strip().endswith("."), name
        # Below the first sentence, lines are shown as they are written.
        assert all(len(line.strip()) <= 76 for text in rest for line in text.splitlines()), name
        for parameter in each.params:
            assert parameter.help and parameter.help.strip()[-1] in ".)", (name, parameter.name)


def test_a_check_goes_on_after_a_notebook_that_was_not_run(book, command):
    book.record(book.names[0], ("replicated", "replicated"), book.out / "verdicts")
    status, said = command("check", "60", "10", "--output", str(book.out))
    assert status == 1
    assert "60_curves: no verdicts of 60_curves" in said and "claim 'claim-1' was 'not replicated'" in said


@pytest.mark.parametrize(
    ("meant", "stem"),
    [
        ("10", "10_laws_of_size"),
        ("10_laws_of_size", "10_laws_of_size"),
        ("notebooks/60_curves.ipynb", "60_curves"),
        ("curve", "60_curves"),
        ("SHAPE", "11_laws_of_shape_that_have_a_long_name"),
        ("laws_of_size", "10_laws_of_size"),
    ],
)
def test_a_notebook_is_known_by_its_number_its_name_or_a_part_of_it(meant, stem, book):
    assert files.locate(meant).stem == stem


@pytest.mark.parametrize(
    ("meant", "says"),
    [
        ("laws", "'laws' may be any of 10_laws_of_size, 11_laws_of_shape_that_have_a_long_name: write more"),
        ("kurves", "no notebook 'kurves'; did you mean '60_curves'?"),
        ("10_law_of_sizes", "no notebook '10_law_of_sizes'; did you mean '10_laws_of_size'?"),
        ("1", "no notebook '1'; "),
        ("", "no notebook ''; there are: 10_laws_of_size, 11_laws_of_shape_that_have_a_long_name, 60_curves"),
        ("zzz", "no notebook 'zzz'; there are: 10_laws_of_size"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "check", "mutate", "null", "lint", "open"])
def test_a_name_that_fits_no_notebook_or_several_is_one_clear_error(verb, meant, says, book, command):
    status, said = command(verb, meant)
    assert status == 2 and said.startswith(f"error: {says}") and said.count("\n") == 1


def test_a_part_of_a_name_picks_what_is_run(book, command, monkeypatch):
    ran = []

    def instead(tasks, jobs, timeout):
        ran.extend(tasks)
        return {name: execution.Outcome(name, 1.0, error="stopped here") for name in tasks}

    monkeypatch.setattr(batch, "run_all", instead)
    assert command("run", "shape", "60", "--output", str(book.out))[0] == 1
    assert ran == ["11_laws_of_shape_that_have_a_long_name", "60_curves"]


def test_a_failure_is_told_once_and_its_notebook_named_at_the_end(book, command, monkeypatch):
    def execute(source, keep, parameters, timeout, jobs, variables):
        raise execution.ExecutionError(f"cell [4] of {keep.stem} raised ValueError: [bold] trouble")

    monkeypatch.setattr(execution, "execute", execute)
    for verb in ("run", "mutate"):
        status, said = command(verb, "10", "60", "--output", str(book.out))
        assert status == 1
        for name in ("10_laws_of_size", "60_curves"):
            assert said.count(f"cell [4] of {name} raised ValueError: [bold] trouble") == 1
            assert f"{name}: cell [4]" in said
        assert said.endswith("error: 2 of 2 runs failed: 10_laws_of_size, 60_curves\n")


@pytest.mark.parametrize("columns", ["80", "100", "20", None])
@pytest.mark.parametrize("words", [("list",), ("scoreboard",), ("data", "list")])
def test_no_name_is_cut_off_however_narrow_the_terminal_is(words, columns, cli):
    done = cli(*words, COLUMNS=columns or "")
    assert done.returncode == 0, done.stderr
    names = {"data": loading.folders, "list": files.names, "scoreboard": files.replications}[words[0]]()
    for name in names:
        assert re.search(rf"^{name}(\s|$)", done.stdout, re.MULTILINE), name
    assert "…" not in done.stdout
    if words == ("list",) and columns is None:
        for name in names:
            title = files.title(files.glance(files.locate(name)))
            assert re.search(rf"^{name} +{re.escape(title)} ", done.stdout, re.MULTILINE)
    if words == ("scoreboard",):
        for word in ("not replicated", "inconclusive", "untestable here"):
            assert re.search(rf"\b{word}\s*$", done.stdout, re.MULTILINE)


def test_the_count_at_the_end_is_of_all_that_is_kept(cli):
    judged = [v for name in verdicts.kept() for v in verdicts.read(name)["verdicts"]]
    words_of = {role: [v["word"] for v in judged if v["role"] == role] for role in scoreboard.TALLIED}
    for words, names in (("list", files.names()), ("scoreboard", files.replications())):
        last = cli(words).stdout.splitlines()[-1]
        assert last.startswith(f"{len(names)} notebooks, {len(judged)} claims. ")
        for role, found in words_of.items():
            tested = [word for word in found if word != "untestable here"]
            held = sum(word.startswith("replicated") for word in tested)
            assert f"{role} {held} of {len(tested)}" in last
        assert "arithmetic" not in last


def on_a_terminal(**env: str) -> str:
    """What the scoreboard shows on a terminal."""
    ours, theirs = pty.openpty()
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    child = subprocess.Popen(
        [sys.executable, "-m", "scalinglaws.cli.main", "scoreboard"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=plain | {"TERM": "xterm-256color", "COLUMNS": "120"} | env,
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # what Linux says when the other end is closed
        pass
    os.close(ours)
    assert child.wait(60) == 0
    return shown.decode()


def test_words_are_coloured_on_a_terminal_alone_and_readable_without(cli):
    coloured = on_a_terminal()
    for word, code in (("replicated", 32), ("not replicated", 31), ("inconclusive", 33)):
        assert re.search(rf"\x1b\[{code}m{word} *\x1b\[0m", coloured), word
    assert not re.search(r"\x1b\[3\dm", on_a_terminal(NO_COLOR="1"))
    piped = cli("scoreboard", NO_COLOR="", FORCE_COLOR="").stdout
    assert "\x1b" not in piped and "not replicated" in piped


def test_the_version_is_that_of_the_package(cli):
    from importlib.metadata import version

    done = cli("--version")
    assert (done.returncode, done.stdout) == (0, f"scalinglaws {version('scalinglaws')}\n")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("scalinglaws run 10", ["10_chinchilla_third_approach"]),
        ("scalinglaws mutate 10 11", ["11_kaplan_to_chinchilla"]),
        ("scalinglaws run 10 --sc", ["--scale"]),
        ("scalinglaws run 10 --scale f", ["full"]),
        ("scalinglaws sco", ["scoreboard"]),
        ("scalinglaws data verify porian", ["porian_fits", "porian_isoflop"]),
    ],
)
def test_the_shell_completes_commands_options_notebooks_and_tables(line, offered):
    words = line.split()
    asked = {"_SCALINGLAWS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", TOLD], capture_output=True, text=True, env=os.environ | asked, timeout=60
    )
    assert done.stdout.split() == offered
    assert not set(ast.literal_eval(done.stderr.splitlines()[-1])) & HEAVY


def test_the_shell_can_be_given_the_completion(cli):
    done = cli(
        "--show-completion", "bash", SHELL="/bin/bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"
    )
    assert done.returncode == 0 and "_SCALINGLAWS_COMPLETE=complete_bash" in done.stdout


def test_tables_are_listed_and_one_is_verified_by_its_slug(cli):
    listed = cli("data", "list").stdout.splitlines()
    assert listed[-1] == f"{len(loading.folders())} tables"
    rows = loading.source("chinchilla_fig4")["rows"]
    assert any(re.match(rf"chinchilla_fig4 +published +{rows} ", line) for line in listed)
    one = cli("data", "verify", "chinchilla_fig4")
    assert (one.returncode, one.stdout) == (0, "1 table is what its SOURCE.json says\n")
    two = cli("data", "verify", "chinchilla_fig4", "nist_strd")
    assert (two.returncode, two.stdout) == (0, "2 tables are what their SOURCE.json says\n")
    wrong = cli("data", "verify", "chinchila_fig4")
    assert wrong.returncode == 1
    assert wrong.stderr == "error: no table 'chinchila_fig4'; did you mean 'chinchilla_fig4'?\n"


@pytest.mark.parametrize(
    "said",
    ["an int", "a float", "an absolute", "a huber", "a 95%", "an 80%", "an 8%", "an 18%", "a 118", "a 1"],
)
def test_articles(said):
    assert article(said.partition(" ")[2]) == said


def test_counts():
    assert [counted(n, "notebook") for n in (0, 1, 2)] == ["0 notebooks", "1 notebook", "2 notebooks"]
    assert counted(1, "run is", "runs are") == "1 run is" and counted(3, "run is", "runs are") == "3 runs are"


def test_messages_keep_number_and_article():
    from scalinglaws import FitError, absolute, fit
    from scalinglaws.laws import power_law

    with pytest.raises(FitError, match=r"^1 run for 2 parameters: at least 3 are needed"):
        fit(power_law, {"x": [1.0], "loss": [2.0]})
    size = np.geomspace(1, 1e4, 21)
    runs = {"x": size, "loss": 5 * size**-0.2 * np.exp(0.01 * np.random.default_rng(0).normal(size=21))}
    with pytest.raises(FitError, match="an absolute fit"):
        scalinglaws.profile(fit(power_law, runs, loss=absolute()), "alpha")
    notebook = small("10_laws")
    for value, says in (("many", "'draws' is an int, got 'many'"), (True, "'draws' is an int, got True")):
        with pytest.raises(files.ParameterError, match=says):
            files.given(notebook, {"draws": value})


def test_what_the_top_of_the_library_offers_still_counts_in_the_keys_of_runs(tmp_path):
    """Its names are imported late, and a run that takes `fit` from there rests on all of `fitting` as before."""
    runs = tmp_path / "runs.py"
    runs.write_text("from scalinglaws import fit")
    module = types.ModuleType("runs")
    module.__file__ = str(runs)
    package = Path(scalinglaws.__file__).parent
    assert package / "fitting" / "estimate.py" in {source.path for source in keys.code_of(module).files}
