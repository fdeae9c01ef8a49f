"""The house: one address for everything of a finding, walls between the packages, arrows that go one way."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from scalinglaws.notebooks import files

LIB = Path(__file__).resolve().parents[1] / "lib"
MOST_LINES = 400
#: The one folder beside the findings whose data are what the house concluded of them; nothing imports it.
ABOUT_THE_SUITE = "what_replicates"
#: What each part of the library may import of the others, beside itself and the modules at its top.
ARROWS = {
    "laws": {"fitting"},
    "fitting": {"laws"},
    "claims": {"fitting"},
    "tables": set(),
    "notebooks": {"claims", "tables"},
    "training": {"tables"},
    "sweeps": {"tables", "training"},
    "cli": {"notebooks", "claims", "tables", "report", "laws", "fitting"},
    "report": {"laws", "fitting", "claims"},
    "book": {"report", "cli", "notebooks", "claims", "tables"},
    "replications": {"training", "sweeps", "fitting", "laws", "tables"},
    ABOUT_THE_SUITE: {"book", "notebooks", "claims"},
}
#: What the modules at the top, which all may import, may import themselves.
TOP = {"frontier": {"fitting", "laws"}, "turning": {"fitting", "laws"}}
#: Importing these takes seconds, or needs an extra.
TORCH = {"torch", "mnist1d"}


def modules() -> dict[str, ast.Module]:
    """Full name of each module -> its syntax tree."""
    return {
        ".".join(path.relative_to(LIB).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for package in ("scalinglaws", "replications")
        for path in sorted((LIB / package).rglob("*.py"))
    }


MODULES = modules()


def imported(tree: ast.AST) -> set[str]:
    """Full names of what is imported, at any depth."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide an address"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def at_the_top(tree: ast.Module) -> ast.Module:
    """The statements that run when a module is imported: no functions, and nothing under TYPE_CHECKING."""

    class Body(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            return None

        visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

        def visit_If(self, node):
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)

    return Body().visit(copy.deepcopy(tree))


def own(names: set[str]) -> set[str]:
    """The modules of ours among names, each by the longest part that is one."""
    found = set()
    for name in names:
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {"", "scalinglaws"}


def part(module: str) -> str:
    """The part of the house that a module stands in: a sub-package, a module at the top, the findings, or the suite."""
    first, _, rest = module.partition(".")
    if finding(module) == ABOUT_THE_SUITE:
        return ABOUT_THE_SUITE
    return "replications" if first == "replications" else rest.partition(".")[0]


def finding(module: str) -> str:
    """The stem of the finding that a module belongs to; empty for the library."""
    names = module.split(".")
    return names[1] if names[0] == "replications" and len(names) > 1 else ""


def stem_of(notebook: str) -> str:
    return notebook.partition("_")[2]


@pytest.fixture(scope="module")
def notebooks() -> set[str]:
    """The notebooks of a paper, by their names."""
    return {
        path.stem
        for path in (LIB.parent / "notebooks").glob("*.ipynb")
        if not files.without_claims(path.stem)
    }


def test_each_finding_has_its_claims_and_its_verdicts_under_its_name(notebooks):
    data = LIB.parent / "data"
    assert {path.stem for path in data.glob("claims/*.toml")} == notebooks
    assert {path.stem for path in data.glob("verdicts/*.json")} - {"costs", "null"} == notebooks
    assert {path.stem for path in data.glob("claims/planned/*.toml")} <= notebooks
    assert len({stem_of(name) for name in notebooks}) == len(notebooks)
    assert all(re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name) for name in notebooks)


def test_code_runs_and_tests_of_a_notebook_lie_under_its_stem(notebooks):
    stems = {stem_of(name) for name in notebooks} | {ABOUT_THE_SUITE}
    folders = {path.name for path in (LIB / "replications").iterdir() if (path / "__init__.py").is_file()}
    assert folders == stems
    assert {path.name for path in (LIB / "replications").glob("*.py")} == {"__init__.py"}
    oracles = {
        path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("replications/test_*.py")
    }
    assert oracles == stems
    for slug in (path.name for path in (LIB.parent / "data" / "runs").iterdir()):
        assert any(slug == stem or slug.startswith(f"{stem}_") for stem in stems), slug


def test_a_table_of_runs_is_called_as_the_module_that_makes_it():
    from scalinglaws.tables import loading

    for slug, folder in loading.folders().items():
        if folder.parent.name != "runs":
            continue
        package, stem, part = loading.source(slug)["module"].split(".")
        assert package == "replications"
        base = stem if part == "runs" else f"{stem}_{part}"
        assert re.fullmatch(rf"{base}(_small|_gpu)?", slug), (slug, part)


def test_each_finding_with_runs_says_which_commands_make_its_tables():
    slugs = {
        finding(name)
        for name, tree in MODULES.items()
        if "SLUG" in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    }
    slugs -= {""}
    assert {finding(name) for name in MODULES if name.endswith(".__main__")} - {""} == slugs


def test_every_address_is_one():
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in (
                "scalinglaws",
                "replications",
            ):
                assert node.module in MODULES, f"{name} imports from {node.module}, which is none"


def test_no_finding_imports_another_and_the_library_imports_none():
    for name, tree in MODULES.items():
        for other in own(imported(tree)):
            if other.startswith("replications"):
                assert finding(name) and finding(other) == finding(name), f"{name} imports {other}"


def test_what_a_notebook_draws_with_returns_a_figure():
    for path in sorted((LIB.parent / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "".join("".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "code")
        if not (modules := re.findall(r"from (replications\.\w+) import (?:\w+, )*figures\b", source)):
            continue
        functions = {
            n.name: n for n in MODULES[f"{modules[0]}.figures"].body if isinstance(n, ast.FunctionDef)
        }
        called = set(re.findall(r"\bfigures\.(\w+)\(", source))
        assert called, f"{path.name} draws nothing with its figures"
        for name in called:
            assert ast.unparse(functions[name].returns) == "Figure", f"{path.name} calls figures.{name}"


def test_arrows_between_the_parts_go_one_way():
    for name, tree in MODULES.items():
        here = part(name)
        if not here:
            continue
        for other in own(imported(tree)):
            there = part(other)
            if there not in ARROWS or there == here:
                continue
            assert there in ARROWS.get(here, TOP.get(here, set())), f"{name} imports {other}"


def test_contributing_tells_each_part_what_it_may_import():
    text = (LIB.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| part | what it does | may import |")[2].partition("\n\n")[0]
    told = {}
    for row in table.strip().splitlines()[1:]:
        parts, _, allowed = row.strip("|").split("|")
        for name in re.findall(r"`(\w+)`", parts):
            assert name not in told, name
            told[name] = set(re.findall(r"`(\w+)`", allowed))
    there = {part(name) for name in MODULES} - {"", ABOUT_THE_SUITE, "__init__"}
    assert told == {name: ARROWS.get(name, TOP.get(name, set())) for name in there}


def test_no_circle_of_imports():
    """Modules that import each other when they are imported can be imported in one order only, or in none."""
    needs: dict[str, set[str]] = defaultdict(set)
    for name, tree in MODULES.items():
        if name != "scalinglaws":
            needs[name] = own(imported(at_the_top(tree))) - {name}
    done: set[str] = set()
    while len(done) < len(needs):
        free = {name for name in needs.keys() - done if not (needs[name] & needs.keys()) - done}
        assert free, f"circle among {sorted(needs.keys() - done)}"
        done |= free


def test_only_training_and_findings_import_torch_and_machine_asks_for_it_late():
    for name, tree in MODULES.items():
        where = name if part(name) not in ("training", "replications") else ""
        if where and (found := {one.partition(".")[0] for one in imported(tree)} & TORCH):
            assert name in ("scalinglaws.machine", "scalinglaws.notebooks.kernels"), f"{name} imports {found}"
            assert not {one.partition(".")[0] for one in imported(at_the_top(tree))} & TORCH, name


def test_modules_are_short():
    long = {
        path.relative_to(LIB).as_posix(): count
        for path in LIB.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long
