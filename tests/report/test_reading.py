"""Tables as files: each kind is read, each row has its place, and what cannot be read is named."""

import importlib.util
import sys

import pandas as pd
import pytest

from scalinglaws.report.reading import ReadingError, numbers, read


def kept(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "n_params,loss\n1e6,3.5\n\n2e6,3.25\n"),
        ("a.csv", "\ufeffn_params; loss\r\n1e6;3.5\r\n;\r\n2e6;3.25"),
        ("a.tsv", "n_params\tloss\n1e6\t3.5\n\t\n2e6\t3.25\n"),
        ("a.jsonl", '{"n_params": 1e6, "loss": 3.5}\n\n{"n_params": 2e6, "loss": 3.25}\n'),
    ],
)
def test_each_kind_is_read_with_the_lines_of_its_rows(tmp_path, name, text):
    table = read(kept(tmp_path, name, text))
    assert list(table.frame) == ["n_params", "loss"] and table.places == ["line " + p for p in {
        "a.jsonl": "13"}.get(name, "24")] and not table.unread  # fmt: skip
    assert numbers(table.frame["n_params"]).tolist() == [1e6, 2e6]
    assert numbers(table.frame["loss"]).tolist() == [3.5, 3.25]


def test_a_quoted_field_may_go_on_in_the_next_line(tmp_path):
    table = read(kept(tmp_path, "a.csv", 'notes,loss\n"two\nlines",3\nx,4\n'))
    assert table.places == ["line 2", "line 4"]


def test_rows_that_cannot_be_read_are_named(tmp_path):
    table = read(kept(tmp_path, "a.csv", "n,loss\n1,2\n1,2,3\n4\n"))
    assert table.unread == [
        ("line 3", "3 fields, where the header has 2"),
        ("line 4", "1 field, where the header has 2"),
    ]
    table = read(kept(tmp_path, "a.jsonl", '{"loss": 1}\n{"loss": \n[1]\n{"config": {"lr": 2}}\n'))
    assert [place for place, _ in table.unread] == ["line 2", "line 3"] and "config.lr" in table.frame


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.xlsx", "", "the ending is none of .csv"),
        ("a.csv", "", "holds no row"),
        ("a.csv", "loss\n", "holds no row"),
        ("a.csv", "loss,n\n1\n", "line 2: 1 field"),
        ("a.csv", "loss,loss\n1,2\n", "more than one column 'loss'"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, name, text, said):
    with pytest.raises(ReadingError, match=said):
        read(kept(tmp_path, name, text))


def test_what_is_not_there_or_in_another_encoding(tmp_path):
    with pytest.raises(ReadingError, match="does not exist"):
        read(tmp_path / "none.csv")
    with pytest.raises(ReadingError, match="UTF-8"):
        read(kept(tmp_path, "a.csv", "loss\n3,5 é\n", "latin-1"))


@pytest.mark.skipif(not importlib.util.find_spec("pyarrow"), reason="pyarrow is not installed")
def test_parquet_with_its_rows(tmp_path):
    frame = pd.DataFrame({"n_params": [1.0, 2.0], "run": ["a", "b"]}).set_index("run")
    frame.to_parquet(tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet")
    assert list(table.frame) == ["run", "n_params"] and table.places == ["row 1", "row 2"]
    with pytest.raises(ReadingError, match="no Parquet file"):
        read(kept(tmp_path, "b.parquet", "PAR"))


def test_parquet_needs_an_extra_and_says_which(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ReadingError, match=r"^pyarrow is not installed: run pip install 'scalinglaws\[report\]'$"
    ):
        read(kept(tmp_path, "a.parquet", "PAR1"))
