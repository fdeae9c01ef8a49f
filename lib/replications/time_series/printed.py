"""The laws (constant / x)^exponent of the legends in the authors' released notebooks, at commit d157a26."""

import pandas as pd

SETS = ("LSF", "Monash", "ID")
FAMILIES = ("encoder", "decoder")
#: By figure and family: exponent and constant for LSF, Monash and ID.
_LEGENDS = {
    ("size", "encoder"): ((0.026, 0.023, 0.029), (1.4e31, 6.7e36, 3.7e16)),
    ("size", "decoder"): ((0.016, 0.017, 0.015), (2.9e47, 1.5e48, 2.0e34)),
    ("data", "encoder"): ((0.029, 0.023, 0.094), (9.6e30, 1.0e39, 5.3e12)),
    ("data", "decoder"): ((0.019, 0.030, 0.090), (1.1e44, 4.4e31, 9.9e13)),
    ("compute", "encoder"): ((0.020, 0.020, 0.024), (3.9e26, 2.8e29, 1.5e7)),
    ("compute", "decoder"): ((0.017, 0.013, 0.014), (1.9e33, 1.4e47, 6.0e23)),
}
#: A row a line: `exponent`, and `constant` in parameters, time points or PF-days.
LEGENDS = pd.DataFrame(
    {
        (figure, family, name): {"exponent": exponent, "constant": constant}
        for (figure, family), laws in _LEGENDS.items()
        for name, exponent, constant in zip(SETS, *laws, strict=True)
    }
).T.rename_axis(["figure", "family", "eval_set"])
