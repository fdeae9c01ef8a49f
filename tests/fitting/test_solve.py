"""Newton's method: which matrices are positive definite, and the damping that makes them so."""

import numpy as np
import pytest

from scalinglaws.fitting.solve import definite, lacked


def symmetric(rng, size):
    half = rng.normal(size=(200, size, size))
    return half + half.swapaxes(1, 2)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_positive_definite_is_what_the_eigenvalues_say(size):
    matrices = symmetric(np.random.default_rng(size), size)
    matrices[::2] = matrices[::2] @ matrices[::2] + 0.1 * np.eye(size)
    expected = np.linalg.eigvalsh(matrices).min(1) > 0
    assert 0 < expected.sum() < len(expected)
    np.testing.assert_array_equal(definite(matrices), expected)
    # All at once are told by another way than some are.
    assert definite(matrices[expected]).all()


def test_the_least_damping_is_the_edge_of_definiteness():
    rng = np.random.default_rng(0)
    bent, free = symmetric(rng, 4), rng.random((200, 4)) < 0.8
    both = free[:, :, None] & free[:, None, :]
    ridge = symmetric(rng, 4)
    ridge = ridge @ ridge + 0.1 * np.eye(4)
    least = lacked(bent, ridge, both)

    def at(damping):
        return definite(np.where(both, bent + damping[:, None, None] * ridge, np.eye(4)))

    some = least > 0
    assert some.sum() > 100
    assert at(least * (1 + 1e-6) + 1e-9).all() and not at(least * (1 - 1e-6))[some].any()
    bent[3, 0, 0] = np.nan
    assert lacked(bent, ridge, both)[3] == 0
