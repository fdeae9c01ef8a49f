"""Held-out text: whole projects apart, and no stretch in common with the text trained on."""

from __future__ import annotations

import numpy as np
import pytest

from scalinglaws.training.held_out import project_of, seen, split_by_project, stretches
from scalinglaws.training.texts import Corpus, byte_tokens

PATHS = tuple(f"project{i}/part{k}.py" for i in range(60) for k in range(3))
SMALL = Corpus("small", "made up", "none", tuple(path.encode() * 9 for path in PATHS), PATHS)


@pytest.mark.parametrize(
    ("path", "project"),
    [
        ("json/encoder.py", "json"),
        ("decimal.py", "decimal"),
        ("_pydecimal.py", "decimal"),
        ("_strptime.py", "strptime"),
        ("__future__.py", "_future__"),
        ("_py.py", "_py"),
    ],
)
def test_a_project_is_the_topmost_folder_or_a_modules_own_name(path, project):
    assert project_of(path) == project


def test_a_project_is_on_one_side_and_stays_there():
    training, held_out = split_by_project(SMALL, 0.2)
    sides = [set(map(project_of, part.paths)) for part in (training, held_out)]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 60 and 4 <= len(sides[1]) <= 22
    assert sorted(training.documents + held_out.documents) == sorted(SMALL.documents)
    assert all(
        path.encode() in text
        for part in (training, held_out)
        for path, text in zip(part.paths, part.documents, strict=True)
    )
    # Another text and other neighbours change nothing.
    other = Corpus("other", "made up", "none", (b"x",) * 90, PATHS[90:])
    assert set(map(project_of, split_by_project(other, 0.2)[1].paths)) == sides[1] & set(
        map(project_of, PATHS[90:])
    )


def test_a_text_that_cannot_be_split_by_project_is_refused():
    with pytest.raises(ValueError, match="no paths"):
        split_by_project(Corpus("bare", "made up", "none", (b"a", b"b")), 0.1)
    with pytest.raises(ValueError, match="leaves a side empty"):
        split_by_project(Corpus("one", "made up", "none", (b"a",), ("a.py",)), 0.5)


@pytest.mark.parametrize("length", [1, 3, 8, 64])
def test_stretches_are_found_letter_for_letter(length):
    rng = np.random.default_rng(length)
    training = rng.integers(0, 3, 5000).astype(np.uint8)
    windows = rng.integers(0, 3, (40, 70)).astype(np.uint8)
    windows[::7, 3 : 3 + length] = training[100 : 100 + length]  # some that are surely there
    text = training.tobytes()
    by_hand = [any(w.tobytes()[i : i + length] in text for i in range(71 - length)) for w in windows]
    assert seen(windows, training, length).tolist() == by_hand
    assert any(by_hand)


def test_hashes_of_stretches_tell_their_order_and_their_first_byte():
    one, two = np.array([[0, 0, 1], [0, 1, 0]], np.uint8)
    assert stretches(one, 3) != stretches(two, 3)
    assert stretches(np.array([0, 5], np.uint8), 2) != stretches(np.array([5], np.uint8), 1)
    assert len(stretches(np.zeros(4, np.uint8), 9)) == 0


def test_a_text_is_as_long_as_its_documents_and_what_stands_between_them():
    assert byte_tokens(SMALL).size == SMALL.n_bytes + len(SMALL.documents)
