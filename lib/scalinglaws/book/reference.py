"""The reference: a page for each module of the library, from its docstrings, and the commands from the command."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from scalinglaws.book.docstrings import described
from scalinglaws.book.markup import plain, table

PACKAGE = Path(__file__).resolve().parents[1]
#: Parts that are no library: the command has its own page, and the book describes itself.
LEFT_OUT = {"cli", "book"}
#: What a help text names that is typed, once it is Markdown: a span in backticks, a call in quotes, an option.
TYPED = re.compile(r"\\`(.+?)\\`|'((?:scalinglaws|make|pip) [^']+)'|(?<![\w-])(--[a-z][a-z-]*)")
#: The page of a module. It hangs in no tree: a hundred of them would fill the sidebar of every page.
MODULE = """\
---
orphan: true
---

# `{name}`

[All modules](../index.md)

```{{eval-rst}}
{described}
```
"""


def modules() -> dict[str, str]:
    """Full name of each module of the library that defines something -> its file's text."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in LEFT_OUT or parts[-1] == "__main__":
            continue
        text = path.read_text(encoding="utf-8")
        if any(not isinstance(node, (ast.Expr, ast.ImportFrom, ast.Import)) for node in ast.parse(text).body):
            found[".".join(("scalinglaws", *parts)).removesuffix(".__init__")] = text
    return found


def pages() -> dict[str, str]:
    """Place of each page, below the source folder -> its text."""
    return {
        f"reference/modules/{name}.md": MODULE.format(name=name, described=described(name, text))
        for name, text in modules().items()
    }


def summary(text: str) -> str:
    """The first sentence of a module's docstring."""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]


def part(name: str) -> str:
    """The part of the library that a module belongs to."""
    return name.split(".")[1] if name.count(".") > 1 or (PACKAGE / name.split(".")[-1]).is_dir() else ""


def index() -> str:
    """A table of the modules for each part of the library."""
    known = modules()
    lines = []
    for group in sorted({part(name) for name in known}, key=lambda group: (group != "", group)):
        mine = [name for name in known if part(name) == group]
        rows = [[f"[`{name}`](modules/{name}.md)", plain(summary(known[name]))] for name in mine]
        heading = f"`scalinglaws.{group}`" if group else "At the top"
        lines += [f"## {heading}", "", table(["module", "what"], rows), ""]
    return "\n".join(lines)


def commands() -> str:
    """Every command with its help, arguments and options, as the command itself knows them."""
    import typer

    from scalinglaws.cli.main import app

    return "\n\n".join(told("scalinglaws", typer.main.get_command(app)))


def exits() -> str:
    """A table of the statuses with which the command ends."""
    from scalinglaws.cli.terminal import EXITS

    return table(
        ["status", "what it says"], [[f"`{status}`", spoken(said)] for status, said in EXITS.items()]
    )


def names() -> str:
    """A table of the names by which columns of a person's own runs are known."""
    from scalinglaws.report.names import ELSEWHERE

    rows = [[f"`{ours}`", ", ".join(f"`{other}`" for other in others)] for ours, others in ELSEWHERE.items()]
    return table(["here", "elsewhere"], rows)


def spoken(text: str) -> str:
    """A help text as Markdown, in which what is typed is code."""

    def code(found: re.Match[str]) -> str:
        typed = next(filter(None, found.groups()))
        return "`" + re.sub(r"\\(.)", r"\1", typed) + "`"

    return TYPED.sub(code, plain(text))


def told(name: str, command) -> Iterator[str]:
    """A command and those below it."""
    below = getattr(command, "commands", {})
    if not below:
        yield f"## `{name}`"
        yield "\n\n".join(spoken(text) for text in (command.help or "").split("\n\n"))
        if rows := [parameter(one) for one in command.params if not getattr(one, "hidden", False)]:
            yield table(["argument or option", "default", "what"], rows)
    for word, inner in below.items():
        yield from told(f"{name} {word}", inner)


def parameter(one) -> list[str]:
    """An argument or an option of a command as a row."""
    names = (
        ", ".join(f"`{opt}`" for opt in one.opts)
        if one.param_type_name == "option"
        else f"`{one.name.upper()}`"
    )
    default = "" if one.default in (None, False, (), []) or callable(one.default) else f"`{one.default}`"
    return [names, default, spoken(getattr(one, "help", None) or "")]
