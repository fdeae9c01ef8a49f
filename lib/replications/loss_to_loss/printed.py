"""Numbers as they stand in the outputs of the authors' notebooks, for comparison and for dashed curves.

Source: KempnerInstitute/loss-to-loss-notebooks at 457ce81a, the notebooks and cells named below.
"""

#: Data set 0, data set 1 -> kappa and K of the curve between their losses (loss_relationships.ipynb,
#: cell 12), of whose digits eight decimals are kept.
CURVES = {
    ("FineWeb", "FineWeb-Edu"): (0.99936721, 0.98576644),
    ("FineWeb", "ProofPile 2"): (1.06535379, 0.59609873),
    ("FineWeb", "SlimPajama"): (0.96583982, 1.03952997),
    ("FineWeb", "SmolLM Corpus"): (1.00501247, 1.05481500),
    ("FineWeb", "StarCoder"): (1.09041407, 0.62303079),
    ("FineWeb-Edu", "FineWeb"): (1.00046890, 1.01443108),
    ("FineWeb-Edu", "ProofPile 2"): (1.06625801, 0.60488667),
    ("FineWeb-Edu", "SlimPajama"): (0.96977721, 1.05400158),
    ("FineWeb-Edu", "SmolLM Corpus"): (1.00621577, 1.07023201),
    ("FineWeb-Edu", "StarCoder"): (1.10023685, 0.63310162),
    ("ProofPile 2", "FineWeb"): (0.93729163, 1.62380176),
    ("ProofPile 2", "FineWeb-Edu"): (0.93658200, 1.60112475),
    ("ProofPile 2", "SlimPajama"): (0.90678537, 1.66221613),
    ("ProofPile 2", "SmolLM Corpus"): (0.94423892, 1.71938265),
    ("ProofPile 2", "StarCoder"): (1.03075377, 1.06295553),
    ("SlimPajama", "FineWeb"): (1.03507954, 0.96063623),
    ("SlimPajama", "FineWeb-Edu"): (1.03088086, 0.94719879),
    ("SlimPajama", "ProofPile 2"): (1.10168928, 0.57095482),
    ("SlimPajama", "SmolLM Corpus"): (1.03826383, 1.01330005),
    ("SlimPajama", "StarCoder"): (1.13358607, 0.59664565),
    ("SmolLM Corpus", "FineWeb"): (0.99492182, 0.94828290),
    ("SmolLM Corpus", "FineWeb-Edu"): (0.99368444, 0.93476523),
    ("SmolLM Corpus", "ProofPile 2"): (1.05787484, 0.56326324),
    ("SmolLM Corpus", "SlimPajama"): (0.96299411, 0.98735005),
    ("SmolLM Corpus", "StarCoder"): (1.08864621, 0.58801236),
    ("StarCoder", "FineWeb"): (0.91425613, 1.54068322),
    ("StarCoder", "FineWeb-Edu"): (0.90629350, 1.51282207),
    ("StarCoder", "ProofPile 2"): (0.96930945, 0.94201511),
    ("StarCoder", "SlimPajama"): (0.88074881, 1.57574416),
    ("StarCoder", "SmolLM Corpus"): (0.91631318, 1.62654135),
}
#: Data set -> shares of the variance of its losses that are explained by a law fitted to all its runs, by
#: laws translated from the other five (their mean), and by a law fitted to six to eight runs
#: (translation_experiment.ipynb, cell 24).
EXPLAINED = {
    "FineWeb": (0.992, 0.990, 0.961),
    "FineWeb-Edu": (0.992, 0.990, 0.953),
    "ProofPile 2": (0.988, 0.988, 0.928),
    "SlimPajama": (0.992, 0.991, 0.975),
    "SmolLM Corpus": (0.992, 0.991, 0.947),
    "StarCoder": (0.987, 0.986, 0.450),
}

#: Data set -> mean Huber loss, E, A, B, alpha and beta of the law that the authors fitted to six to eight
#: runs (translation_experiment.ipynb, cell 23).
ALONE = {
    "FineWeb": (1.030657e-07, 1.97622, 1.06499e08, 1.70846e09, 0.314513, 0.417465),
    "FineWeb-Edu": (6.582667e-07, 1.51827, 3.24514e08, 1.46948e09, 0.216277, 0.492428),
    "ProofPile 2": (8.791951e-07, 0.989341, 6.40964e07, 1.22572e08, 0.226139, 1.48564),
    "SlimPajama": (5.337978e-07, 1.8341, 1.08419e08, 1.27866e09, 0.314248, 0.470695),
    "SmolLM Corpus": (5.356558e-07, 1.48792, 7.35732e07, 1.80711e09, 0.436461, 0.405699),
    "StarCoder": (2.622455e-06, 0.798999, 5.00093e07, 9.26415e06, 0.441168, 0.25489),
}

#: Data set -> the same of the law that the authors fitted to the losses of these runs on HellaSwag
#: (translation_experiment.ipynb, cell 32).
HELLASWAG = {
    "FineWeb": (9.710108e-08, 1.99161, 6.20867e07, 1.09163e09, 0.4113, 0.489008),
    "ProofPile 2": (9.243212e-07, 1.46373, 1.99748e10, 1.20826e10, 0.149025, 0.3357),
    "SlimPajama": (6.159616e-07, 1.46818, 8.63226e08, 5.76918e08, 0.206745, 0.762442),
    "SmolLM Corpus": (7.040641e-07, 1.03717, 8.15679e09, 3.88792e08, 0.146897, 0.976698),
    "StarCoder": (5.263281e-07, 2.61346, 1.53911e08, 2.35125e09, 0.338616, 0.45247),
}

#: Test -> mean absolute errors in % at the large models on five data sets, of curves from the training loss
#: and from the same test's loss of a model of FineWeb-Edu, of laws of compute alone, of laws of size and
#: data, and of that test loss as it is (translation_experiment.ipynb, cell 35).
FORECASTS = {
    "hellaswag": (1.6, 1.2, 1.7, 2.1, 9.2),
    "arc_easy": (10.2, 17.6, 14.3, 16.8, 24.8),
    "mmlu_humanities": (2.8, 23.1, 4.4, 4.7, 11.0),
    "mmlu_stem": (6.4, 6.4, 5.9, 7.6, 11.5),
}


def parameters(row: tuple[float, ...]) -> dict[str, float]:
    """The parameters of a row of `ALONE` or `HELLASWAG` by their names in `scalinglaws.laws.kaplan_with_floor`."""
    return dict(zip(("E", "A", "B", "alpha", "beta"), row[1:], strict=True))
