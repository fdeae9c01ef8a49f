"""Which kernels there are to try, and when one of them counts as evidence. No notebook runs here."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from typer.testing import CliRunner

from scalinglaws.cli import batch, main
from scalinglaws.notebooks import execute, files, kernels
from scalinglaws.notebooks.kernels import Evidence, KernelError, Setting

OTHER, DEAD, DEAF, TWIN = (Setting(name, {"K": name}) for name in ("other", "dead", "deaf", "twin"))


def test_the_settings_name_numpys_own_features_the_newest_switched_off_first():
    found = {setting.name: dict(setting.variables) for setting in kernels.settings(["X86_V3", "X86_V4"])}
    assert found["OpenBLAS Nehalem"] == {"OPENBLAS_CORETYPE": "Nehalem"}
    assert found["OpenBLAS Haswell"] == {"OPENBLAS_CORETYPE": "Haswell"}
    assert found["torch default"] == {"ATEN_CPU_CAPABILITY": "default"}
    assert found["numpy without X86_V4"] == {"NPY_DISABLE_CPU_FEATURES": "X86_V4"}
    assert found["numpy without X86_V3"] == {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"}
    assert {variable for variables in found.values() for variable in variables} == {
        "OPENBLAS_CORETYPE",
        "NPY_DISABLE_CPU_FEATURES",
        "ATEN_CPU_CAPABILITY",
        "ONEDNN_MAX_CPU_ISA",
        "MKL_CBWR",
    }
    by_default = [s.name for s in kernels.settings() if s.name.startswith("numpy")]
    assert by_default == [f"numpy without {name}" for name in kernels.numpy_features()]


def test_a_fresh_process_gives_the_bits_of_this_setting_each_time():
    parts = kernels.probed({})
    assert parts == kernels.probed({}) and len(set(parts.values())) == len(parts)
    assert {"numpy", "BLAS of numpy", "BLAS of scipy", "torch", "matrices of torch"} <= parts.keys()
    assert kernels.probed({"PYTHONHOME": os.devnull}) is None  # a process that dies


def answers(**hashes: dict[str, str] | None):
    """Stands in for the probe: the answer to each setting, and to none."""

    def probed(variables):
        return hashes[variables.get("K", "plain")]

    return probed


def test_only_bits_that_moved_are_evidence_and_twins_count_once(monkeypatch):
    plain, moved = {"numpy": "a", "torch": "b"}, {"numpy": "a", "torch": "c"}
    monkeypatch.setattr(
        kernels, "probed", answers(plain=plain, other=moved, twin=dict(moved), deaf=plain, dead=None)
    )
    assert kernels.evidence([OTHER, DEAD, DEAF, TWIN]) == [
        Evidence(OTHER, ("torch",)),
        Evidence(DEAD, (), "not on this processor: the process dies"),
        Evidence(DEAF, (), "no other bits"),
        Evidence(TWIN, ("torch",), "the same bits as other"),
    ]


def test_a_probe_that_wavers_or_fails_proves_nothing(monkeypatch):
    each = iter([{"numpy": "a"}, {"numpy": "b"}])
    monkeypatch.setattr(kernels, "probed", lambda variables: next(each))
    with pytest.raises(KernelError, match="other bits each time"):
        kernels.evidence([OTHER])
    monkeypatch.setattr(kernels, "probed", lambda variables: None)
    with pytest.raises(KernelError, match="does not run"):
        kernels.evidence([OTHER])


NAME = "41_u_shaped_scaling"


def verdict_that_moves(notebook: files.NotebookNode) -> dict[str, Any]:
    """The first verdict of a notebook that is replicated."""
    verdicts = files.records(notebook)[0]["verdicts"]
    return next(verdict for verdict in verdicts if verdict["word"] == "replicated")


def check(
    monkeypatch,
    tmp_path,
    word: str = "",
    found: tuple[Evidence, ...] = (Evidence(OTHER, ("torch",)),),
    options: tuple[str, ...] = (),
):
    """`check --kernels` of one notebook whose run gives what is stored, but for the word of one claim."""
    notebook = files.read(files.locate(NAME))
    if word:
        verdict_that_moves(notebook)["word"] = word
    ran = []

    def run_all(tasks, jobs, timeout, variables=None):
        ran.append((list(tasks), variables))
        return {NAME: execute.Outcome(NAME, 1.0, notebook=notebook)}

    monkeypatch.setattr(kernels, "evidence", lambda tried: [*found])
    monkeypatch.setattr(batch, "run_all", run_all)
    words = ["check", "41", "--kernels", "--output", str(tmp_path), *options]
    return CliRunner().invoke(main.app, words, env={"COLUMNS": "200"}), ran


def test_notebooks_run_under_what_is_evidence_and_nothing_else(monkeypatch, tmp_path):
    done, ran = check(
        monkeypatch, tmp_path, found=(Evidence(OTHER, ("torch",)), Evidence(DEAF, (), "no other bits"))
    )
    assert done.exit_code == 0, done.output
    assert ran == [([NAME], {"K": "other"})]
    assert "no other bits" in done.output and "under 1 other choice of kernels" in done.output


def test_a_word_that_moves_fails_and_so_does_a_check_that_shows_nothing(monkeypatch, tmp_path):
    done, _ = check(monkeypatch, tmp_path, word="not replicated")
    assert done.exit_code == 1
    id = verdict_that_moves(files.read(files.locate(NAME)))["id"]
    assert f"other: {NAME}: claim '{id}' was 'replicated' and is now 'not replicated'" in done.output
    done, ran = check(monkeypatch, tmp_path, found=(Evidence(DEAF, (), "no other bits"),))
    assert done.exit_code == 1 and not ran and "nothing was shown" in done.output


def test_what_moves_as_json(monkeypatch, tmp_path):
    found = (Evidence(OTHER, ("torch",)), Evidence(DEAF, (), "no other bits"))
    done, _ = check(monkeypatch, tmp_path, "not replicated", found, ("--json",))
    said = json.loads(done.stdout)
    assert done.exit_code == 1 and list(said) == ["same", "kernels", "problems"] and said["same"] is False
    other, deaf = said["kernels"]
    (difference,) = other.pop("differences")
    assert other == {"name": "other", "moved": ["torch"], "why_not": "", "of": 1, "failed": []}
    id = verdict_that_moves(files.read(files.locate(NAME)))["id"]
    assert (difference["notebook"], difference["claim"], difference["verdict"]) == (NAME, id, True)
    assert said["problems"] == [f"other: {NAME}: {difference['text']}"]
    assert deaf["why_not"] == "no other bits" and deaf["of"] == 0 and deaf["differences"] == []
