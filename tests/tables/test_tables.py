"""Hashes, schema, licences; a flipped byte is refused; tables rebuild from the mirror."""

from __future__ import annotations

import json
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scalinglaws import repository
from scalinglaws.tables import description, loading, schema, upstream

SLUGS = list(loading.folders())
PUBLISHED = sorted(path.stem for path in repository.data_folder().glob("convert/*.py"))
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".joblib", ".dill"}


def test_there_are_tables():
    assert SLUGS and PUBLISHED


@pytest.mark.parametrize("slug", SLUGS)
def test_table_is_what_its_source_says(slug):
    table = loading.load(slug)
    about = table.attrs
    for column in about["columns"].values():
        assert column["unit"] and column["about"]
    if slug in PUBLISHED:
        assert about["licence"] and about["paper"] and about["how_obtained"]
        assert len(about["commit"]) == 40 and "/" in about["repository"]
        assert all(len(file["sha256"]) == 64 for file in about["files"])
    else:
        assert about["made"]["machines"] and about["made"]["command"] and about["recipe"] >= 1
    assert len(loading.provenance(table)) > 20
    size = (loading.folder_of(slug) / about["table"]).stat().st_size
    assert size <= 600_000, "carry over the aggregate or the sub-sample that the analysis uses"


def test_what_is_made_of_a_table_shares_its_description():
    table = loading.load(PUBLISHED[0])
    made = table[table.columns[:1]].copy().head(1)
    assert made.attrs == table.attrs
    # A copy of it with each step would take longer than the step.
    assert made.attrs["columns"] is table.attrs["columns"]


@pytest.mark.parametrize("slug", SLUGS)
def test_saving_what_was_loaded_changes_no_byte(slug):
    table = loading.load(slug)
    assert schema.encoded(slug, table, table.attrs) == (loading.folder_of(slug) / "table.csv").read_bytes()


@pytest.mark.parametrize("slug", SLUGS)
def test_one_flipped_byte_is_refused(slug, copy_of_data):
    path = loading.folders()[slug] / "table.csv"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(schema.TableError, match="sha256"):
        loading.load(slug)


#: Tables made from files that a mirror folder may lack; the public address has them.
UNMIRRORED = {
    "bigbench_bigg_answers",
    "fisher_scales_bars",
    "gemstones_fits",
    "gemstones_lines",
    "gemstones_shape_fit",
    "megabench_grok_answers",
    "rimeflows_efficiency",
    "superposition_llm",
}


@pytest.mark.parametrize("slug", PUBLISHED)
def test_rebuilt_from_the_mirror_it_is_the_same(slug):
    if not os.environ.get(upstream.MIRROR_VARIABLE):
        pytest.skip(f"no mirror folder: {upstream.MIRROR_VARIABLE} is not set")
    try:
        table, about = upstream.convert(slug)
    except upstream.Unavailable as missing:
        if slug not in UNMIRRORED:
            raise
        pytest.skip(str(missing))
    kept = loading.load(slug)
    pd.testing.assert_frame_equal(table, kept, check_exact=True, check_dtype=False)
    assert about == {key: value for key, value in kept.attrs.items() if key != "sha256"}


def test_the_readmes_of_data_are_generated():
    assert description.stale() == []
    assert len(description.pages()) == 1 + len(loading.folders())


def test_a_readme_that_is_edited_or_missing_is_named(copy_of_data):
    (copy_of_data / "published/nist_strd/README.md").unlink()
    edited = copy_of_data / "README.md"
    edited.write_text(edited.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    assert description.stale() == ["data/README.md", "data/published/nist_strd/README.md"]
    description.write()
    assert description.stale() == []


def test_no_pickles_and_nothing_undescribed():
    data = repository.data_folder()
    # A writer that was killed leaves a `.part`, which the next one sweeps up; git ignores it.
    files = [
        p for p in data.rglob("*") if p.is_file() and "__pycache__" not in p.parts and p.suffix != ".part"
    ]
    assert not [p for p in files if p.suffix in PICKLES]
    for path in files:
        if path.is_relative_to(data / "published") or path.is_relative_to(data / "runs"):
            known = {"table.csv", "SOURCE.json", "SHA256SUMS", "LICENSE", "README.md", "witnesses.json"}
            assert path.name in known, path
    assert {p.parent.name for p in data.glob("published/*/SOURCE.json")} == set(PUBLISHED)


def test_missing_table_and_missing_file(copy_of_data):
    with pytest.raises(schema.TableError, match="no table 'nonesuch'; there are: "):
        loading.load("nonesuch")
    (loading.folders()[SLUGS[0]] / "table.csv").unlink()
    with pytest.raises(schema.TableError, match="is missing; run 'scalinglaws data rebuild"):
        loading.load(SLUGS[0])


ABOUT = {
    "title": "t",
    "columns": {
        "n_params": {"unit": "parameters", "about": "size", "min": 1, "max": 1e12},
        "family": {"unit": "name", "about": "family"},
    },
    "rows": 2,
}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"n_params": [1.0, 0.0], "family": ["a", "b"]}, "values from 0.0 to 1.0"),
        ({"n_params": [1.0, None], "family": ["a", "b"]}, "missing values"),
        ({"n_params": [1.0, float("inf")], "family": ["a", "b"]}, "infinite"),
        ({"n_params": ["1", "x"], "family": ["a", "b"]}, "not numeric"),
        ({"n_params": [1.0], "family": ["a"]}, "1 row, expected 2"),
        ({"family": ["a", "b"], "n_params": [1.0, 2.0]}, "columns"),
    ],
)
def test_a_table_out_of_its_schema_is_refused(table, says):
    with pytest.raises(schema.TableError, match=says):
        schema.validate("t", pd.DataFrame(table), ABOUT)


def test_what_is_saved_loads(copy_of_data):
    table = pd.DataFrame({"n_params": [1.0, 1 / 3 + 1], "family": ["a", "b"]})
    loading.save(copy_of_data / "runs" / "fresh", table, ABOUT)
    pd.testing.assert_frame_equal(loading.load("fresh"), table, check_exact=True)


WORDS = [
    "None",
    "NA",
    "null",
    "nan",
    "NaN",
    "N/A",
    "True",
    "1",
    "1e3",
    " padded ",
    'a "quote", and a comma',
    "é数",
]


@pytest.fixture
def saved(copy_of_data):
    """Save a table as a run of ours, and load it again."""

    def back(table, **columns):
        about = {"title": "t"}
        described = {name: {"unit": "u", "about": "a"} | column for name, column in columns.items()}
        loading.save(copy_of_data / "runs" / "fresh", table, about | {"columns": described})
        return loading.load("fresh")

    return back


NUMBER = {"min": -1e300, "max": 1e300}


def test_text_is_text_whatever_it_says(saved):
    given = pd.DataFrame({"family": WORDS, "n_params": [float(i) for i in range(len(WORDS))]})
    pd.testing.assert_frame_equal(saved(given, family={}, n_params=NUMBER), given, check_exact=True)
    assert saved({"family": ["", "a", ""]}, family={})["family"].tolist() == ["", "a", ""]


def test_what_is_missing_comes_back_as_missing(saved):
    given = {"family": ["NA", None, "b"], "loss": [1.0, float("nan"), 3.5]}
    back = saved(given, family={"missing": True}, loss=NUMBER | {"missing": True})
    assert back["family"].isna().tolist() == back["loss"].isna().tolist() == [False, True, False]
    assert back["family"].tolist()[0] == "NA" and back["loss"].tolist()[::2] == [1.0, 3.5]
    with pytest.raises(schema.TableError, match="missing values in a column that allows none"):
        saved(given, family={"missing": True}, loss=NUMBER)


def test_masked_arrays_keep_their_mask(saved):
    mask = [False, True, False]
    given = {
        "count": np.ma.array([2**60 + 1, 7, 3], mask=mask),
        "loss": np.ma.array([1.5, 7.0, 3.0], mask=mask),
        "family": np.ma.array(["a", "b", "NA"], mask=mask),
    }
    large = {"type": "integer", "min": 0, "max": 2**62, "missing": True}
    back = saved(given, count=large, loss=NUMBER | {"missing": True}, family={"missing": True})
    assert all(back[name].isna().tolist() == mask for name in given)
    assert int(back["count"][0]) == 2**60 + 1 and back["loss"][2] == 3.0 and back["family"][2] == "NA"
    rows = pd.DataFrame([{"loss": value} for value in given["loss"]])
    assert saved(rows, loss=NUMBER | {"missing": True})["loss"].isna().tolist() == mask
    with pytest.raises(schema.TableError, match="missing values"):
        saved(given, count=large, loss=NUMBER, family={"missing": True})


@pytest.mark.parametrize(
    ("values", "column", "says"),
    [
        ([1, 2], {}, "1 would be loaded as '1'"),
        ([True, False], NUMBER, "not numeric: 'True'"),
        (["1", "2"], NUMBER, "'1' would be loaded as 1"),
        ([1.5, 2.0], NUMBER | {"type": "integer"}, "no integer: '1.5'"),
        ([1, 0], {"type": "boolean"}, "no boolean: '1'"),
        (["", None], {"missing": True}, "'' would be loaded as nan"),
        (["\ud800"], {}, "not Unicode"),
        ([1.0, float("inf")], NUMBER, "not numeric: 'inf'"),
        ([1.0, 2e300], NUMBER, "allowed"),
    ],
)
def test_what_would_come_back_as_something_else_is_not_saved(saved, copy_of_data, values, column, says):
    with pytest.raises(schema.TableError, match=says):
        saved({"x": values}, x=column)
    assert not (copy_of_data / "runs" / "fresh").exists()


def test_types_are_the_schemas(saved):
    back = saved(
        {"whole": [1, 2], "real": [1.0, 2.0], "sure": [True, False], "name": ["1", "2"]},
        whole=NUMBER,
        real=NUMBER,
        sure={"type": "boolean"},
        name={},
    )
    assert [back[name].dtype.kind for name in ("whole", "real", "sure")] == ["i", "f", "b"]
    assert back["name"].tolist() == ["1", "2"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.text(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_any_text_and_any_number_come_back_or_are_refused(saved, rows):
    given = {"name": [name for name, _ in rows], "x": [x for _, x in rows]}
    try:
        back = saved(given, name={}, x={"min": -1.8e308, "max": 1.8e308})
    except schema.TableError:
        # What csv cannot carry: lone surrogates, and for pandas' reader NUL and lone carriage returns.
        assert any(set("\0\r") & set(name) or not name.isprintable() for name in given["name"])
        return
    assert back["name"].tolist() == given["name"] and back["x"].tolist() == given["x"]


def test_upstream_is_hash_checked(tmp_path, monkeypatch):
    (tmp_path / "file.csv").write_text("x\n")
    monkeypatch.setenv(upstream.MIRROR_VARIABLE, str(tmp_path))
    with pytest.raises(schema.TableError, match="wrong sha256"):
        upstream.fetch(upstream.Upstream("file.csv", "0" * 64, "file.csv"), "owner/name", "0" * 40)
    with pytest.raises(schema.TableError, match="missing"):
        upstream.fetch(upstream.Upstream("none.csv", "0" * 64, "none.csv"), "owner/name", "0" * 40)
    monkeypatch.delenv(upstream.MIRROR_VARIABLE)
    with pytest.raises(schema.TableError, match="no public address"):
        upstream.fetch(upstream.Upstream("f", "0" * 64, "f", public=False), "owner/name", "0" * 40)


def test_without_network_the_error_says_what_to_do(monkeypatch):
    import pooch

    def refuse(*args, **kwargs):
        raise OSError("network is unreachable")

    monkeypatch.delenv(upstream.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(pooch, "retrieve", refuse)
    with pytest.raises(schema.TableError, match="without a network set SCALINGLAWS_MIRROR"):
        upstream.fetch(upstream.Upstream("f.csv", "0" * 64, "f.csv"), "owner/name", "0" * 40)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    repository.write_atomically(path, json.dumps({"old": True}))

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        repository.write_atomically(path, "new")
    assert json.loads(path.read_text()) == {"old": True}
    assert [p.name for p in tmp_path.iterdir()] == ["kept.json"]
