"""Text to train on: Python's own library, molecules; as bytes."""

from __future__ import annotations

import hashlib
import os
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from scalinglaws.tables.loading import load
from scalinglaws.tables.schema import TableError
from scalinglaws.text import counted
from scalinglaws.training.arrays import File, contents

#: Stands between documents, and is no part of any.
END = b"\0"


@dataclass(frozen=True)
class Corpus:
    """Documents with the hash of what was read.

    Attributes
    ----------
    name, source, licence
        What it is, where it comes from, and on which terms.
    documents
        The documents, none of which holds a NUL.
    paths
        Where each was found, with slashes, if the documents are files.
    """

    name: str
    source: str
    licence: str
    documents: tuple[bytes, ...]
    paths: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hash of the documents joined by NULs."""
        return hashlib.sha256(END.join(self.documents)).hexdigest()

    @property
    def n_bytes(self) -> int:
        """Bytes of all documents."""
        return sum(map(len, self.documents))

    def split(self, held_out: float) -> tuple[Corpus, Corpus]:
        """Training documents and held-out ones, chosen by the hash of each document.

        A document's side depends on its own text alone: not on the others, their order or a
        seed. So copies of a document are on one side, and a growing corpus leaks nothing.

        Parameters
        ----------
        held_out
            Fraction to hold out, by number of documents, on average.

        Raises
        ------
        ValueError
            If a side would be empty.
        """
        sides: tuple[list[bytes], list[bytes]] = ([], [])
        for text in self.documents:
            place = int.from_bytes(hashlib.sha256(text).digest()[:8], "big") / 2**64
            sides[place < held_out].append(text)
        if not all(sides):
            raise ValueError(
                f"holding out {held_out} of {counted(len(self.documents), 'document')} leaves a side empty"
            )
        return tuple(
            Corpus(f"{self.name}, {part}", self.source, self.licence, tuple(texts))
            for part, texts in zip(("training", "held out"), sides, strict=True)
        )


NAME_A_LIBRARY = "let SCALINGLAWS_PYTHON_LIBRARY name the folder of a Python's library, or unset it"


def refuse(error: OSError) -> None:
    """A folder that cannot be read is no empty one: its documents would be missing without a word."""
    raise TableError(f"{error.filename} cannot be read ({error.strerror}); {NAME_A_LIBRARY}") from error


def python_library() -> Corpus:
    """The source of this interpreter's standard library, tests left out: about 12 MB, always there.

    Other versions of Python have another text: its hash belongs to every result. To train on
    the text of another version, let SCALINGLAWS_PYTHON_LIBRARY name a copy of its folder, such
    as `python3.11`.

    Raises
    ------
    TableError
        If that folder is not there, cannot be read, or holds no library.
    """
    elsewhere = os.environ.get("SCALINGLAWS_PYTHON_LIBRARY")
    root = Path(elsewhere or sysconfig.get_paths()["stdlib"])
    apart = {"site-packages", "dist-packages", "test", "tests", "idle_test"}
    paths = []
    for folder, inner, files in os.walk(root, onerror=refuse):
        inner[:] = sorted(set(inner) - apart)
        paths += [Path(folder, name) for name in sorted(files) if name.endswith(".py")]
    # Build settings are written when an interpreter is compiled: they differ from machine to machine.
    kept = [path for path in paths if not path.name.startswith("_sysconfigdata")]
    texts = {path.relative_to(root).as_posix(): path.read_bytes() for path in kept}
    texts = {path: text for path, text in texts.items() if text and END not in text}
    if not texts:
        raise TableError(f"{root} holds no Python file; {NAME_A_LIBRARY}")
    version = sysconfig.get_config_var("py_version") or sysconfig.get_python_version()
    source = f"a copy of {root.name}" if elsewhere else f"Python {version}"
    return Corpus("python library", source, "PSF-2.0", tuple(texts.values()), tuple(texts))


@lru_cache(maxsize=1)
def python_excerpt() -> Corpus:
    """55 modules of Python 3.11.7's library, half a megabyte: carried along, so the same for ever."""
    table = load("python_excerpt")
    documents = tuple(text.encode() for text in table["text"])
    return Corpus("python excerpt", "Python 3.11.7, 55 modules", "PSF-2.0", documents, tuple(table["path"]))


_read: list[Callable[[], Corpus]] = [python_library]


def python_text() -> Callable[[], Corpus]:
    """What reads the text of experiments on Python's library: `python_library`, within `pinned` `python_excerpt`."""
    return _read[-1]


@contextmanager
def pinned() -> Iterator[None]:
    """Meanwhile experiments on Python's library, run in this process, train on the excerpt.

    For numbers that shall not change with the interpreter's patches: those of notebooks and
    of witnesses. Not for a sweep, whose rows would not say so.
    """
    _read.append(python_excerpt)
    try:
        yield
    finally:
        _read.pop()


MOSES_ADDRESS = (
    "https://media.githubusercontent.com/media/molecularsets/moses/"
    "b94468cab4590ced03a98c26a35d3c1e0647d9c9/moses/dataset/data/"
)
#: Part -> file. Held in the upstream repository's large-file storage, and the same in its package.
MOSES = {
    part: File(
        f"_datasets/smiles_moses/{part}.csv.xz", sha256, f"{MOSES_ADDRESS}{part}.csv.gz", packed, held, n
    )
    for part, n, sha256, packed, held in [
        (
            "train",
            58_408_794,
            "cc9d6e8e9534e25a7a36361529ae739ddda8036e9072b2fc5cea6930a0592144",
            "786f0313aa6b9ba5514df685f885742a70ea8d86f1a4fa48115f7f80a634265c",
            "b63ee737e13a32d07a959b6415601af19475a634a4bfc0ddf72fb2a4a4a47e0c",
        ),
        (
            "test",
            6_490_097,
            "0248e682a9c29ca7649184dd88a4edc83f48f0e84af6b923990069c3da4501b6",
            "f896fbf3764f88d94670b9959e5872c600c12152a18233823e820761b7a791b2",
            "469408b3db5cd8a60723426249ff7bbaa948e65d5475450350219b70d3c08731",
        ),
        (
            "test_scaffolds",
            6_551_982,
            "86c298db856515f4b31a90805de16a580c60a6adcc0ad700ae180d88ba0b9bce",
            "adffb2192c1bfe31ab0e13154d4af19a37dc18bdbf3cd7b4491e04405128adde",
            "6b031234f898afda1fe978c59012129cee46c79d376156e0f25495448dd4e27e",
        ),
    ]
}


@lru_cache(maxsize=1)
def molecules(part: str) -> Corpus:
    """SMILES strings of drug-like molecules, one a document; `train`, `test` or `test_scaffolds`.

    Source: MOSES (Polykovskiy et al. 2020, arXiv:1811.12823), with its own division into parts.

    Raises
    ------
    TableError
        If the part is unknown, cannot be had, or is not the published file.
    """
    if part not in MOSES:
        raise TableError(f"MOSES has no part {part!r}; there are: {', '.join(MOSES)}")
    header, *rows = contents(MOSES[part]).splitlines()
    column = header.split(b",").index(b"SMILES")
    documents = tuple(row.split(b",")[column] for row in rows)
    return Corpus(f"molecules, {part}", "molecularsets/moses@b94468ca", "MIT", documents)


def byte_tokens(corpus: Corpus) -> np.ndarray:
    """A corpus as bytes, a NUL after each document: uint8, vocabulary 256."""
    return np.frombuffer(END.join((*corpus.documents, b"")), np.uint8)
