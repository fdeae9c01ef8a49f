"""What the authors' repository prints of the two laws: coefficients of Figure 1, at commit 53454c5."""

import numpy as np

#: Factor (share of wrong answers, compute in GFLOPs), logarithm of the shift in GFLOPs, exponent, floor.
COEFFICIENTS = {
    "clip": (57.862083, 18.391321, 0.226604, 0.111169),
    "mammut": (125.356572, 19.289384, 0.255670, 0.101112),
}
#: The same as our laws have them, compute and shift in 1e9 GFLOPs; a row a family.
RELEASED = np.array([(A * 1e9**-a, np.exp(b) / 1e9, a, E) for A, b, a, E in COEFFICIENTS.values()])
#: Compute of L/14 at 12.8 billion samples, GFLOPs (scripts/fig6_optimal_samples.sh); accuracies in % that these models
#: have (README.md); and MaMMUT's prediction there. None of CLIP's is printed.
L14_COMPUTE, L14_MEASURED, L14_PRINTED = (2.14e12, 2.59e12), (79.2, 80.34), (None, 82.0)
