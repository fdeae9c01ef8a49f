"""Notebooks that JupyterLab has opened and saved: nothing has changed, or `scalinglaws tidy` puts it right."""

from __future__ import annotations

import json
import random
import re

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from small_notebook import small

from scalinglaws.notebooks import files, tidy

NAMES = ("40_inverse_scaling", "41_u_shaped_scaling")
#: What a kernel says of its language; the editor keeps it in the file.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.13.1",
}


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The part of Jupyter's server that reads and writes files, in a folder of its own."""
    for variable in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    from jupyter_server.services.contents.largefilemanager import LargeFileManager

    (tmp_path / "lab").mkdir()
    return LargeFileManager(root_dir=str(tmp_path / "lab"))


@pytest.fixture(params=NAMES)
def opened(request, server, tmp_path):
    """A copy of a committed notebook, as the browser gets it; its path; its bytes."""
    kept = files.locate(request.param).read_bytes()
    path = tmp_path / "lab" / f"{request.param}.ipynb"
    path.write_bytes(kept)
    # The model travels as JSON.
    model = json.loads(json.dumps(server.get(path.name), default=str))
    return model, path, kept


def save(server, model, path) -> None:
    """Save as the browser does."""
    server.save({key: model[key] for key in ("type", "format", "content")}, path.name)


def code(model) -> list[dict]:
    return [cell for cell in model["content"]["cells"] if cell["cell_type"] == "code"]


def test_opening_and_saving_alone_changes_nothing(server, opened):
    model, path, kept = opened
    assert all("trusted" in cell["metadata"] for cell in code(model)), "what the server adds on opening"
    save(server, model, path)
    assert path.read_bytes() == kept
    assert not tidy.tidy(path)


def test_what_the_editor_adds_is_put_right_to_the_byte(server, opened):
    model, path, kept = opened
    content = model["content"]
    content["metadata"] |= {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": LANGUAGE,
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}},
        "toc-autonumbering": True,
    }
    for number, cell in enumerate(content["cells"]):
        cell["id"] = f"{random.Random(number).getrandbits(32):08x}"
        cell["metadata"] |= {"editable": True, "slideshow": {"slide_type": ""}, "collapsed": True}
        cell["metadata"]["tags"] = list(reversed(cell["metadata"].get("tags", [])))
    for cell in code(model):
        cell["metadata"] |= {
            "execution": {"iopub.execute_input": "2026-11-28T15:00:00.000000Z"},
            "jupyter": {"outputs_hidden": False, "source_hidden": True},
            "scrolled": True,
        }
        for output in cell["outputs"]:
            if "image/png" in output.get("data", {}):
                output["metadata"]["image/png"] |= {"width": 600, "height": 400}
    save(server, model, path)
    assert path.read_bytes() != kept
    assert tidy.tidy(path, check=True) and path.read_bytes() != kept, "to check is to change nothing"
    assert tidy.tidy(path)
    assert path.read_bytes() == kept
    assert not tidy.tidy(path)


@pytest.mark.parametrize(
    "how", ["indented by two", "other order", "no line at the end", "line ends", "escaped"]
)
def test_however_the_json_is_written_it_is_put_right(tmp_path, how):
    kept = files.locate(NAMES[0]).read_bytes()
    text = kept.decode()
    content = json.loads(text)
    written = {
        "indented by two": json.dumps(content, indent=2, ensure_ascii=False),
        "other order": json.dumps(dict(reversed(content.items())), indent=1, ensure_ascii=False),
        "no line at the end": text.rstrip(),
        "line ends": text.replace("\n", "\r\n"),
        "escaped": json.dumps(content, indent=1),
    }[how]
    path = tmp_path / "saved.ipynb"
    path.write_bytes(written.encode())
    assert tidy.tidy(path) and path.read_bytes() == kept


def told(output: dict) -> dict:
    """What an output says: all but its metadata."""
    return {key: value for key, value in output.items() if key != "metadata"}


def test_no_edit_and_no_output_is_dropped(server, opened):
    model, path, _ = opened
    cells = model["content"]["cells"]
    for number, cell in enumerate(cells):
        cell["source"] = f"\n\t # edited {number} ü \\ \u2028\n\n{cell['source']}  \n  text = '''\n\n  '''"
    pasted = {"a.png": {"image/png": "iVBORw0KGgo="}}
    outputs = [
        new_output("stream", name="stdout", text="one\n\n"),
        new_output("stream", name="stderr", text="two"),
        new_output("error", ename="ZeroDivisionError", evalue="division", traceback=["line"]),
        new_output("display_data", {"text/html": "<b>x</b>\n", "image/svg+xml": "<svg/>"}),
        new_output("execute_result", {"application/json": {"b": [1, {"a": None}]}}, execution_count=7),
    ]
    cells[3:3] = [
        new_markdown_cell("![](attachment:a.png)", attachments=pasted),
        new_raw_cell("raw, as it is"),
        new_code_cell(""),
        new_code_cell("1 / 0", execution_count=7, outputs=outputs),
    ]
    save(server, model, path)
    tidy.tidy(path)
    found = nbformat.read(path, as_version=4)
    for cell, before in zip(found.cells, cells, strict=True):
        assert (cell.cell_type, cell.source) == (before["cell_type"], before["source"])
        assert [told(one) for one in cell.get("outputs", [])] == [
            told(one) for one in before.get("outputs", [])
        ]
        assert cell.get("execution_count") == before.get("execution_count")
    assert found.cells[3].attachments == pasted


VALID = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
CODE = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": None, "outputs": []}
BROKEN = {
    "conflict": '<<<<<<< ours\n{"cells": []}\n=======\n{}\n>>>>>>> theirs\n',
    "cut off": '{"cells": [{"cell_type": "code"',
    "empty": "",
    "a list": "[]",
    "no cells": json.dumps(VALID),
    "no version": '{"cells": []}',
    "version 3": json.dumps({"cells": [CODE], "nbformat": 3, "nbformat_minor": 0, "metadata": {}}),
    "cells of text": json.dumps(VALID | {"cells": ["x"]}),
    "no source": json.dumps(VALID | {"cells": [{"cell_type": "code"}]}),
    "strange cell": json.dumps(VALID | {"cells": [CODE | {"cell_type": "poem"}]}),
    "strange output": json.dumps(VALID | {"cells": [CODE | {"outputs": [{"output_type": "poem"}]}]}),
    "long output": json.dumps(VALID | {"cells": [CODE | {"outputs": [{"output_type": "a\nb" * 9999}]}]}),
    "strange tags": json.dumps(VALID | {"cells": [CODE | {"metadata": {"tags": 3}}]}),
    "half a letter": json.dumps(VALID | {"cells": [CODE | {"source": "\ud800"}]}),
    "not a number": json.dumps(VALID | {"cells": [CODE | {"execution_count": float("nan")}]}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_no_notebook_is_refused_in_one_sentence_and_left(empty_repository, command, how):
    path = empty_repository / "notebooks" / "10_broken.ipynb"
    path.write_text(BROKEN[how], encoding="utf-8")
    status, said = command("tidy", "10")
    assert status == 1
    assert len(said.splitlines()) == 1 and said.startswith("error: 10_broken: ") and str(path) in said
    assert said.endswith("it is left as it is\n") and len(said) < 400
    assert path.read_text(encoding="utf-8") == BROKEN[how]


def test_the_command_names_what_it_changed_and_check_changes_nothing(empty_repository, command):
    names = "10_tidy", "11_saved", "12_broken"
    paths = [empty_repository / "notebooks" / f"{name}.ipynb" for name in names]
    for path in paths[:2]:
        files.save(files.normalise(small(path.stem)), path)
    saved = json.loads(paths[1].read_text())
    saved["cells"][0]["metadata"]["editable"] = True
    paths[1].write_text(json.dumps(saved))
    before = paths[1].read_bytes()
    assert command("tidy", "10", "--check") == (0, "1 notebook is as it is kept\n")
    status, said = command("tidy", "--all", "--check")
    assert status == 1 and paths[1].read_bytes() == before
    assert said == "error: 11_saved: not as it is kept; 'scalinglaws tidy 11_saved' puts it right\n"
    paths[2].write_text("{")
    status, said = command("tidy", "--all")
    assert status == 1 and "11_saved: tidied\n" in said and "error: 12_broken: " in said, "one failure alone"
    paths[2].unlink()
    status, said = command("tidy", "notebooks/10_tidy.ipynb", "notebooks/11_saved.ipynb")
    assert (status, said) == (0, "2 notebooks are as they are kept\n")


def test_the_hook_runs_it_on_the_notebooks_and_on_nothing_else(repository):
    config = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    assert hooks["tidy"]["entry"] == "scalinglaws tidy"
    assert {hook["language"] for hook in hooks.values()} == {"system"}, "the locked versions, and no others"
    meant = re.compile(hooks["tidy"]["files"])
    assert all(meant.search(f"notebooks/{name}.ipynb") for name in files.names())
    for other in (
        "out/40_x.ipynb",
        "notebooks/README.md",
        "notebooks/.ipynb_checkpoints/40_x-checkpoint.ipynb",
    ):
        assert not meant.search(other)
