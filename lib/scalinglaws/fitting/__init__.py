"""Fitting a law: robust losses, many starts, and convergence that is proved, not reported.

Read in this order: `law` (what is fitted) and `derivatives`; `losses`; `problem` (a law bound to data),
`binding` (what it is given, checked), `examine` (the law put to the test), `tied` (parameters shared
or one a group) and `causes` (data that mislead); `starts` (where to begin); `solve` (the batched Newton method and the second algorithm),
`exact` (losses with a corner) and `descent` (which of them); `boundary` (optima at a bound);
`estimate` (`fit`, the one call, and `check`); `result` (what a fit is) and `stored` (as a file). Then how sure it is:
`wald`, `resample` (bootstrap, jackknife), `redrawn` (many sets of y at once), `profile`, `likelihood`, `extrapolation`, `comparison`. numpy and scipy on the CPU
only, so that digits never depend on a device. Only the runner of mutated notebooks asks for `remembered`.
"""

from scalinglaws.fitting.causes import FitWarning
from scalinglaws.fitting.comparison import aicc, aicc_of, compare, leave_groups_out
from scalinglaws.fitting.estimate import check, fit
from scalinglaws.fitting.extrapolation import Extrapolation, extrapolate
from scalinglaws.fitting.jackknife import Jackknife, jackknife
from scalinglaws.fitting.likelihood import HuberLikelihood, best_scale, huber_likelihood
from scalinglaws.fitting.losses import Loss, absolute, huber, quantile, soft_l1, squared
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.profile import profile
from scalinglaws.fitting.redrawn import redrawn
from scalinglaws.fitting.resample import Bootstrap, bootstrap
from scalinglaws.fitting.result import Fit, Proof, Status

__all__ = [
    "Bootstrap",
    "Extrapolation",
    "Fit",
    "FitError",
    "FitWarning",
    "HuberLikelihood",
    "Jackknife",
    "Loss",
    "Proof",
    "Status",
    "absolute",
    "aicc",
    "aicc_of",
    "best_scale",
    "bootstrap",
    "check",
    "compare",
    "extrapolate",
    "fit",
    "huber",
    "huber_likelihood",
    "jackknife",
    "leave_groups_out",
    "profile",
    "quantile",
    "redrawn",
    "soft_l1",
    "squared",
]
