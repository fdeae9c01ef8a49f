"""Fitting a law: robust losses, many starts, and convergence that is proved, not reported.

Read in this order: `losses`; `problem` (a law bound to data); `starts` (where to begin);
`solve` (the batched Newton method and the second algorithm); `estimate` (`fit`, the one call,
and `check`); `result` (what a fit is, Wald intervals). Then how sure it is: `resample`
(bootstrap, jackknife), `profile`, `extrapolation`, `comparison`. numpy and scipy on the CPU
only, so that digits never depend on a device.
"""

from scalinglaws.fitting.comparison import NestedTest, aicc, compare, leave_groups_out, nested_test
from scalinglaws.fitting.estimate import check, fit
from scalinglaws.fitting.extrapolation import Extrapolation, extrapolate
from scalinglaws.fitting.losses import Loss, huber, soft_l1, squared
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.profile import profile
from scalinglaws.fitting.resample import Bootstrap, Jackknife, bootstrap, jackknife
from scalinglaws.fitting.result import Fit, Proof, Status

__all__ = [
    "Bootstrap",
    "Extrapolation",
    "Fit",
    "FitError",
    "Jackknife",
    "Loss",
    "NestedTest",
    "Proof",
    "Status",
    "aicc",
    "bootstrap",
    "check",
    "compare",
    "extrapolate",
    "fit",
    "huber",
    "jackknife",
    "leave_groups_out",
    "nested_test",
    "profile",
    "soft_l1",
    "squared",
]
