"""What a file of Python imports, and which file that is. Nothing is executed to find out."""

from __future__ import annotations

import ast
import importlib.machinery
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

#: Calls that load code. One with a name written out is an import like any other.
LOADERS = {
    "__import__",
    "exec",
    "importlib.__import__",
    "importlib.import_module",
    "importlib.machinery.SourceFileLoader",
    "importlib.util.spec_from_file_location",
    "runpy.run_module",
    "runpy.run_path",
}
#: Of these the first argument is the name of a module.
NAMED = {"__import__", "importlib.__import__", "importlib.import_module", "runpy.run_module"}
#: Files of a project beyond which a folder is taken to be no project.
MOST_FILES = 1000


@dataclass(frozen=True)
class Source:
    """A file that belongs to the code of a run.

    Parameters
    ----------
    name
        Full name of the module, the same wherever the file lies.
    path
        The file.
    content
        Its bytes.
    """

    name: str
    path: Path
    content: bytes = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its syntax tree; None if it is no Python that can be read, such as a compiled module."""
        if self.path.suffix != ".py":
            return None
        try:
            return ast.parse(self.content)
        except (SyntaxError, ValueError):
            return None

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree."""
        return list(ast.walk(self.tree)) if self.tree else []

    def base(self, node: ast.ImportFrom) -> str:
        """The full name of the module that `from ... import` names."""
        if not node.level:
            return node.module or ""
        above = self.package.split(".")
        return ".".join([*above[: len(above) - node.level + 1], *filter(None, [node.module])])

    @cached_property
    def bindings(self) -> dict[str, str]:
        """Name in this file -> full name of what an import, at any depth, binds to it."""
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom):
                found |= {a.asname or a.name: f"{self.base(node)}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.split(".")[0]
                    found[alias.asname or top] = alias.name if alias.asname else top
        return found

    @cached_property
    def stars(self) -> list[str]:
        """Modules from which it imports `*`."""
        froms = [node for node in self.nodes if isinstance(node, ast.ImportFrom)]
        return [self.base(node) for node in froms if node.names[0].name == "*"]

    @cached_property
    def uses(self) -> set[tuple[str, str | None]]:
        """Each name that is used, attributes included, in full; and the text it is called with, if only that.

        `tables.load("runs")` gives `("scalinglaws.tables.loading.load", "runs")`.
        """
        found = set()
        calls = {id(node.func): node for node in self.nodes if isinstance(node, ast.Call)}
        inner = {id(node.value) for node in self.nodes if isinstance(node, ast.Attribute)}
        for node in self.nodes:
            outermost = isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner
            if outermost and (name := dotted(node, self.bindings)):
                found.add((name, only_text(calls.get(id(node)))))
        return found

    def imported(self) -> Iterator[str]:
        """Full names of what it imports; a module of which the name itself, and so all of it, is bound ends in `.*`."""
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom):
                yield self.base(node)
                yield from (f"{self.base(node)}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name
                    yield f"{alias.name if alias.asname else alias.name.split('.')[0]}.*"
        for name, text in self.uses:
            if name in NAMED and text and not text.startswith("."):
                yield text

    def loads_unnamed_code(self) -> bool:
        """Whether it may load code whose name does not stand in it."""
        return any(
            name.removeprefix("builtins.") in LOADERS and not (name in NAMED and text and text[0] != ".")
            for name, text in self.uses
        )


def dotted(node: ast.expr, bindings: dict[str, str]) -> str:
    """The full name that a name or an attribute stands for; empty where it is one of something computed."""
    if isinstance(node, ast.Name):
        return bindings.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return (start := dotted(node.value, bindings)) and f"{start}.{node.attr}"
    return ""


def only_text(call: ast.Call | None) -> str | None:
    """The argument of a call that has one only, written out as text."""
    if call is None:
        return None
    match [*call.args, *(keyword.value for keyword in call.keywords)]:
        case [ast.Constant(value=str(text))]:
            return text
    return None


#: The same object for the same content, so that it is taken apart once.
known = lru_cache(maxsize=2 * MOST_FILES)(Source)


def read(name: str, path: Path) -> Source:
    """The source of a module."""
    return known(name, path, path.read_bytes())


def libraries() -> list[Path]:
    """Where Python keeps its own modules and installed ones."""
    places = [sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    places += [*site.getsitepackages(), site.getusersitepackages()]
    return list({Path(place).resolve() for place in places})


def is_installed(path: Path, places: list[Path]) -> bool:
    """Whether a file is of Python or an installed package rather than of somebody's project."""
    return bool({"site-packages", "dist-packages"} & set(path.parts)) or any(
        path.is_relative_to(place) for place in places
    )


def found(name: str, path: list[str] | None) -> importlib.machinery.ModuleSpec | None:
    """What Python would import under a name, its parent not being imported."""
    for finder in sys.meta_path:
        if hasattr(finder, "find_spec") and (spec := finder.find_spec(name, path)) is not None:
            return spec
    return None


def files_of(name: str, beside: Path) -> Iterator[tuple[str, Path]]:
    """The modules that are executed when a name is imported: each parent and the module itself.

    Parameters
    ----------
    name
        Full name; its last part may be something within a module.
    beside
        The file that imports it; its folder counts where Python's path does not have the module.
    """
    parts, path = name.split("."), None
    for depth, _ in enumerate(parts, 1):
        if path is None and depth > 1:
            return
        full = ".".join(parts[:depth])
        spec = found(full, path) or (found(full, [str(beside.parent)]) if depth == 1 else None)
        if spec is None:
            return
        if spec.has_location and spec.origin:
            yield full, Path(spec.origin).resolve()
        path = spec.submodule_search_locations and list(spec.submodule_search_locations)


def project(source: Source) -> Path:
    """The folder of a file's project: of its outermost package, or the one in which a plain module lies."""
    depth = source.name.count(".") + (source.path.name == "__init__.py")
    return source.path.parents[max(depth - 1, 0)]


def all_files(source: Source) -> list[tuple[str, Path]] | None:
    """Every module beneath the folder of a file's project, hidden folders and environments left out.

    None if there are more than a project has.
    """
    top, files = project(source), []
    for folder, below, names in os.walk(top):
        below[:] = [
            name
            for name in sorted(below)
            if not name.startswith((".", "__pycache__"))
            and name not in ("node_modules", "site-packages")
            and not Path(folder, name, "pyvenv.cfg").exists()
        ]
        files += [Path(folder, name) for name in sorted(names) if name.endswith(".py")]
        if len(files) > MOST_FILES:
            return None
    start = source.name.split(".")[0] if "." in source.name or source.path.name == "__init__.py" else ""
    inside = [(".".join(file.relative_to(top).with_suffix("").parts), file.resolve()) for file in files]
    return [(f"{start}.{name}".strip(".").removesuffix(".__init__"), file) for name, file in inside]
