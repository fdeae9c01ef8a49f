"""No stale result: whatever a study rests on, an edit of it makes its runs new, and nothing else does."""

from __future__ import annotations

import importlib
import re
import sys
import zipfile
from pathlib import Path

import pytest
from sweep_study import study
from sweeping import FORK

from scalinglaws.sweeps import keys

HELPER = "number = 1.5\n\ndef value():\n    return number\n"


def written(folder: Path, files: dict[str, str]) -> None:
    """Write files under a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def swept(folder: Path, name: str = "study", device: str = "cpu", **tables: float) -> tuple[float, int, str]:
    """Sweep a study in a process of its own: the result, how many runs that took, and warnings."""
    answer = folder / "answer"
    process = FORK.Process(target=study, args=(str(folder), name, str(answer), device, tables))
    process.start()
    process.join()
    assert process.exitcode == 0, answer.read_text()
    y, runs, *said = answer.read_text().splitlines()
    return float(y), int(runs), "\n".join(said)


STUDY = "{imports}\n\ndef run(x):\n    return {{'y': {value}}}\n"


@pytest.mark.parametrize(
    ("imports", "value"),
    [
        ("import helper", "helper.value()"),
        ("import helper as h", "h.value()"),
        ("from helper import value", "value()"),
        ("from helper import *", "value()"),
        ("", "__import__('helper').value()"),
        ("from importlib import import_module", "import_module('helper').value()"),
        ("import importlib as i\nhelper = i.import_module(name='helper')", "helper.value()"),
        ("try:\n    import helper\nexcept ImportError:\n    helper = None", "helper.value()"),
        ("def value():\n    from helper import value\n    return value()", "value()"),
        ("from between import value", "value()"),
        ("from inside import value", "value()"),
        ("import inside.deeper.again as a", "a.value()"),
        ("from inside.deeper import again", "again.value()"),
    ],
)
def test_an_edit_of_what_a_study_imports_makes_its_runs_new(tmp_path, imports, value):
    files = {
        "study.py": STUDY.format(imports=imports, value=value),
        "helper.py": HELPER,
        "between.py": "from helper import value\n",
        "inside/__init__.py": "from .deeper import value\n",
        "inside/deeper/__init__.py": "from .again import value\n",
        "inside/deeper/again.py": "from helper import value\n",
        "apart.py": "number = 1\n",
    }
    written(tmp_path, files)
    assert swept(tmp_path) == (1.5, 1, "")
    written(tmp_path, {"apart.py": "number = 2\n", "helper.py": f"# A remark.\n{HELPER}"})
    assert swept(tmp_path) == (1.5, 0, "")
    written(tmp_path, {"helper.py": HELPER.replace("1.5", "2.5")})
    assert swept(tmp_path) == (2.5, 1, "")


def test_an_edit_of_a_neighbour_in_a_package_makes_its_runs_new(tmp_path):
    text = "from . import helper\nfrom ..beside import more\n\ndef run(x):\n    return {'y': helper.value() + more}\n"
    written(
        tmp_path,
        {
            "thesis/__init__.py": "",
            "thesis/beside.py": "more = 0\n",
            "thesis/part/__init__.py": "",
            "thesis/part/study.py": text,
            "thesis/part/helper.py": HELPER,
        },
    )
    assert swept(tmp_path, "thesis.part.study") == (1.5, 1, "")
    written(tmp_path, {"thesis/beside.py": "more = 1\n"})
    assert swept(tmp_path, "thesis.part.study") == (2.5, 1, "")
    written(tmp_path, {"thesis/part/__init__.py": "x = 1\n"})
    assert swept(tmp_path, "thesis.part.study") == (2.5, 1, "")
    written(tmp_path, {"thesis/part/helper.py": HELPER.replace("1.5", "3.5")})
    assert swept(tmp_path, "thesis.part.study") == (4.5, 1, "")


@pytest.mark.parametrize(
    ("imports", "value"),
    [
        ("import runpy", "runpy.run_path('helper.py')['value']()"),
        ("import importlib, os", "importlib.import_module(os.environ.get('WHICH', 'helper')).value()"),
        ("space = {}\nexec(open('helper.py').read(), space)", "space['value']()"),
    ],
)
def test_where_code_is_loaded_without_a_name_all_of_the_project_counts_and_that_is_said(
    tmp_path, imports, value
):
    written(tmp_path, {"study.py": STUDY.format(imports=imports, value=value), "helper.py": HELPER})
    y, runs, said = swept(tmp_path)
    assert (y, runs) == (1.5, 1) and "study.py loads code that it does not name" in said and "`data`" in said
    written(tmp_path, {"helper.py": HELPER.replace("1.5", "2.5")})
    assert swept(tmp_path)[:2] == (2.5, 1)


@pytest.mark.parametrize(
    ("imports", "value"),
    [
        ("from scalinglaws import load", "load('mine')"),
        ("from scalinglaws import load", "load(slug='mine')"),
        ("from scalinglaws import load\nWHICH = 'mine'", "load(WHICH)"),
        ("import scalinglaws", "scalinglaws.load('mine')"),
        ("import scalinglaws as sl", "sl.load('mine')"),
        ("import scalinglaws as sl", "sl.tables.loading.load('mine')"),
        ("import scalinglaws as sl", "getattr(sl, 'load')('mine')"),
        ("from scalinglaws import *", "load('mine')"),
        ("from scalinglaws import tables", "tables.loading.load('mine')"),
        ("from scalinglaws.tables import loading", "loading.load('mine')"),
        ("import scalinglaws.tables.loading as t", "t.load('mine')"),
        ("from scalinglaws.tables.loading import load as read", "read('mine')"),
        ("from scalinglaws.tables.loading import *", "load('mine')"),
        ("from scalinglaws import load\nread = load", "read('mine')"),
        ("from reads import load", "load('mine')"),
        ("from reads import *", "load('mine')"),
        ("import reads", "reads.mine()"),
        (
            "import pandas as pd\nfrom scalinglaws.tables.loading import folder_of",
            "pd.read_csv(folder_of('mine') / 'table.csv')",
        ),
        (
            "import pandas as pd\nfrom scalinglaws.tables.loading import folders",
            "pd.read_csv(folders()['mine'] / 'table.csv')",
        ),
    ],
)
def test_a_change_of_a_table_makes_runs_new_that_may_load_it(tmp_path, imports, value):
    text = STUDY.format(imports=imports, value=f"float({value}['v'].iloc[0])")
    reads = "from scalinglaws import load\n\ndef mine():\n    return load('mine')\n"
    written(tmp_path, {"study.py": text, "reads.py": reads})
    tables = {"mine": 1.5, "other": 0.5}
    assert swept(tmp_path, **tables) == (1.5, 1, "")
    assert swept(tmp_path, **tables) == (1.5, 0, "")
    assert swept(tmp_path, **tables | {"mine": 2.5}) == (2.5, 1, "")


def test_a_change_of_a_table_that_is_not_loaded_is_none(tmp_path):
    imports = "import scalinglaws as sl\nfrom scalinglaws.tables import loading"
    written(
        tmp_path,
        {
            "study.py": STUDY.format(
                imports=imports,
                value="float(sl.load('mine')['v'].iloc[0] + len(loading.load(slug='third')) - 1)",
            )
        },
    )
    tables = {"mine": 1.5, "other": 0.5, "third": 1.0}
    assert swept(tmp_path, **tables) == (1.5, 1, "")
    assert swept(tmp_path, **tables | {"other": 9.0}) == (1.5, 0, "")
    assert swept(tmp_path, **tables | {"third": 9.0}) == (1.5, 1, "")


@pytest.mark.parametrize(
    ("imports", "wanted"),
    [
        ("import scalinglaws as sl", "sl.fit"),
        ("import scalinglaws as sl", "sl.fitting.fit"),
        ("from scalinglaws import *", "fit"),
        ("from scalinglaws import fit", "fit"),
        ("import scalinglaws.fitting", "scalinglaws.fitting.fit"),
        ("from scalinglaws.fitting import *", "fit"),
    ],
)
def test_the_code_of_this_package_counts_however_it_is_imported(tmp_path, monkeypatch, imports, wanted):
    (tmp_path / "a_fit.py").write_text(STUDY.format(imports=imports, value=wanted))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_fit", raising=False)
    code = keys.code_of(importlib.import_module("a_fit"))
    assert {"a_fit", "fitting/solve.py", "fitting/losses.py"} <= {keys.label(source) for source in code.files}
    assert not code.unknown


@pytest.mark.parametrize(
    ("imports", "value"),
    [
        ("from scalinglaws.machine import device", "device()"),
        ("from scalinglaws.machine import device as where", "where()"),
        ("from scalinglaws import machine", "machine.device()"),
        ("import scalinglaws.machine as m", "m.device()"),
        ("import scalinglaws.machine", "scalinglaws.machine.device()"),
        ("import scalinglaws as sl", "sl.machine.device()"),
        ("from scalinglaws.machine import *", "device()"),
        ("from helper import where", "where()"),
        ("def device():\n    import os\n    return os.environ.get('DEVICE', 'cpu')", "device()"),
        (
            "import functools, os\n@functools.cache\ndef device():\n    return os.environ.get('DEVICE', 'cpu')",
            "device()",
        ),
        ("import os\ndevice = os.environ.get('DEVICE', 'cpu')", "device"),
    ],
)
def test_another_device_makes_runs_new_that_ask_for_it(tmp_path, imports, value):
    text = STUDY.format(imports=imports, value=f"len({value})")
    written(tmp_path, {"study.py": text, "helper.py": "from scalinglaws.machine import device as where\n"})
    assert swept(tmp_path) == (3, 1, "")
    assert swept(tmp_path) == (3, 0, "")
    assert swept(tmp_path, device="disk") == (4, 1, "")
    assert swept(tmp_path) == (3, 0, "")


def test_a_module_that_is_no_file_is_said(tmp_path):
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as file:
        file.writestr("packed.py", HELPER)
    imports = f"import sys\nsys.path.append({str(tmp_path / 'packed.zip')!r})\nfrom packed import value"
    written(tmp_path, {"study.py": STUDY.format(imports=imports, value="value()")})
    y, runs, said = swept(tmp_path)
    assert (y, runs) == (1.5, 1) and re.search(
        r"packed is not a file of its own .*an edit of it is not noticed", said
    )
