"""IsoFLOP curves from scratch: what the runs are judged on, and how they are planned."""

from __future__ import annotations

import numpy as np
import pytest

from replications.isoflop_from_scratch import projects
from scalinglaws.training import texts
from scalinglaws.training.held_out import split_by_project


def test_windows_of_the_isoflop_curves_share_nothing_with_the_text_trained_on():
    with texts.pinned():
        training, held_out, _ = projects.windows_of(texts.python_excerpt)
        text = b"".join(
            texts.END.join((t, b"")) for t in split_by_project(texts.python_excerpt(), 0.1)[0].documents
        )
    # The windows tile the text that they were cut from, each with its next byte.
    assert bytes(training[0].tolist()) + bytes(training[1, 1:].tolist()) == text[:129]
    assert held_out.shape == (projects.HELD_OUT_WINDOWS, 65)
    for window in held_out.cpu().numpy().astype(np.uint8):
        assert window[:64].tobytes() not in text and window[1:].tobytes() not in text


def test_a_count_model_reads_what_a_run_reads_and_no_more():
    with texts.pinned():
        few, more = (projects.counted_loss(tokens, 2, 0) for tokens in (2**12, 2**17))
        short = projects.counted_loss(2**17, 1, 0)
        with pytest.raises(ValueError, match="more than one pass"):
            projects.counted_loss(2**26, 2, 0)
    assert 1.5 < more < short < 3 and more < few < np.log(256)


def test_stretches_and_blanks_of_windows():
    windows = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    contexts, following = projects.grams(windows, 2, 1)
    assert contexts.tolist() == [[0, 1], [1, 2], [0, 4], [4, 5]] and following.tolist() == [2, 3, 5, 6]
