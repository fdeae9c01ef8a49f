"""What Gadre et al. (2024) print in Table 6: the coefficients of both laws."""

from __future__ import annotations

import numpy as np

#: Training set -> E, a, b, eta of the loss law; epsilon, k, gamma of the error law.
TABLE6 = {
    "C4": (1.51, 141, 190, 0.121, 0.850, 2.08, 0.756),
    "RedPajama": (1.84, 212, 367, 0.136, 0.857, 2.21, 0.715),
    "RefinedWeb": (1.73, 157, 246, 0.127, 0.865, 2.21, 0.707),
}
#: Half a unit of the last digit of each.
HALF = np.array([0.005, 0.5, 0.5, 0.0005, 0.0005, 0.005, 0.0005])
