"""The beginning of a converter: what carries a published table over into our schema, to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

from scalinglaws import repository
from scalinglaws.tables import loading, upstream


def start(slug: str) -> Path:
    """Write `data/convert/<slug>.py`, to be filled in; until it is, `data rebuild` refuses it.

    Raises
    ------
    TableError
        If the slug is not of the form `paper_what`, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug):
        raise loading.TableError(f"name a table in small letters, as in paper_what, not {slug!r}")
    if slug in {*upstream.converters(), *loading.folders()}:
        raise loading.TableError(f"there is a table or a converter {slug!r} already")
    path = repository.data_folder() / "convert" / f"{slug}.py"
    repository.write_atomically(path, TEMPLATE.replace("SLUG", slug))
    return path


TEMPLATE = '''\
"""FILL IN: what the table holds and who published it, in a sentence."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "FILL IN: what the table holds",
    "paper": "FILL IN: Authors (year), Title",
    "arxiv": "FILL IN: 0000.00000",
    # The file is fetched from GitHub at this very commit, and its hash is checked.
    "repository": "FILL IN: owner/name",
    "commit": "FILL IN: 40 hex digits",
    "licence": "FILL IN: of the data, as its repository states it",
    "how_obtained": "FILL IN: which rows and columns were carried over, and what was done to them",
    # The columns of the table in their order, under the names of the field. Numbers have a range,
    # beyond which a value is refused; text has none.
    "columns": {
        "n_params": {"unit": "parameters", "about": "FILL IN: how counted", "min": 1e6, "max": 1e12},
        "n_tokens": {"unit": "tokens", "about": "FILL IN: trained on", "min": 1e6, "max": 1e14},
        "loss": {"unit": "nats per token", "about": "FILL IN: on which text", "min": 0.5, "max": 12},
    },
}

UPSTREAM = [
    Upstream(
        path="FILL IN: path of the file in that repository",
        sha256="FILL IN: what sha256sum says of the file",
        mirror="SLUG/FILL IN: path of the file in the folder that SCALINGLAWS_MIRROR names",
    ),
]


def convert(path) -> pd.DataFrame:
    """FILL IN: what becomes of the file; it is given a path for each file of UPSTREAM."""
    raw = pd.read_csv(path)
    table = raw.rename(columns={"FILL IN: their name": "n_params"})
    return table[list(SOURCE["columns"])]
'''
