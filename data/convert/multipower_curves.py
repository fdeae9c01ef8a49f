"""Losses along 27 training runs: three sizes of model under nine schedules of the learning rate."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

LOSS = {"unit": "nats per token", "min": 2.6, "max": 4.5, "missing": True}
SOURCE = {
    "title": "Loss along training of models of 25, 100 and 400 million parameters under nine learning-rate schedules",
    "paper": "Luo et al. (2025), A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules",
    "arxiv": "2503.12811",
    "repository": "thu-yao-01-luo/MultiPowerLaw",
    "commit": "8da9f1902602f3391b971a811e3cc51604541769",
    "licence": "MIT",
    "how_obtained": "all 6,265 recorded losses of the 27 curves; one row a schedule and recorded step, the sizes side by "
    "side, empty where a size has no record at that step; rates to seven digits",
    "columns": {
        "curve": {
            "unit": "name",
            "about": "schedule: cosine and constant with their steps; wsd and wsdld: constant to step 20,000, then "
            "exponential or linear decay to step 24,000; wsdcon_k: from step 8,000 on a rate of k x 1e-5",
        },
        "step": {
            "unit": "steps",
            "about": "steps done; the first 2,160 are warm-up",
            "min": 2160,
            "max": 72_000,
        },
        "lr": {"unit": "1 / step", "about": "learning rate at that step", "min": 2.9e-5, "max": 3.1e-4},
        "loss_25m": LOSS | {"about": "as recorded, to four decimals; model of 25 million parameters"},
        "loss_100m": LOSS | {"about": "the same, 100 million parameters"},
        "loss_400m": LOSS | {"about": "the same, 400 million parameters"},
    },
}

FILES = {
    (25, "cosine_24000"): "554e35f9efbe28a614c9ae1121b3bf55490df6b72a5898957f68a52770038e3a",
    (25, "constant_24000"): "5a7c0b440751e258e7199eeefe9f0ae58520a2f2d64c5f81524d8d375f75f0ce",
    (25, "wsdcon_9"): "b7579f38b5e175d9e9dc9b9598b409efdf2cba0a68819857ba28649c242c2bd8",
    (25, "constant_72000"): "99ee51a9be7b7fb71511d0af28edd6bc6221350d2ad26a66c615467cb5c83247",
    (25, "cosine_72000"): "af3b25a485966a0f7fc34824774cf8ec85af14848a6dc7b64d6a8d3d044befa5",
    (25, "wsd_20000_24000"): "8649b7de4b4b31db5c35f4ff0458af9472a50168177de6372c3ceb37ace9fc62",
    (25, "wsdld_20000_24000"): "8e3a9ae33ed586e5040a114fad215f4f245c6a2ff7d96f61cba02ccd8b74b3e7",
    (25, "wsdcon_3"): "3d37fcf82c237e5c1ba2ee34c4b9e606ecba781536d4fea9a7dde5463207fc3d",
    (25, "wsdcon_18"): "9b9bd40f519d20ecbf540d4c9451f6a01b7b379b1d335407ba4651025cc5926f",
    (100, "cosine_24000"): "dd544dc61a11fa138c98ac0b673d5512287062d2d2d2e9c2867976abc8c46e69",
    (100, "constant_24000"): "034a75e2415373a9be1097e9d406f98524344f4718d200d3a188dcbd5115103b",
    (100, "wsdcon_9"): "510256497a0ea9d4270919fb37c56140e1b4d07e50b96b46334891ba316f144e",
    (100, "constant_72000"): "52b5752009e1e4c396f15016e98897238fccb3816f58576ea944f03fe529dbc3",
    (100, "cosine_72000"): "2e637203b48b3e3a84063f49035cde2f6a40c69ecd15d95b6551774b9a279f44",
    (100, "wsd_20000_24000"): "e66df98c85dba705ebc85512c6a09a8ebec5675878a20d4d783c0bf80d031002",
    (100, "wsdld_20000_24000"): "0ef6b02e260ff5efa51a5885655ead8cf126a7e9c4ea3034d403e11852c06fe2",
    (100, "wsdcon_3"): "a1cbb8c730ae0628d69bb1d7aefadbad5cda5f6a92272f85203cd33d7b8f4912",
    (100, "wsdcon_18"): "33cfea673dc0efde9e4fd74cc47d8daabdebfdc6d5a2659835bd780347f6e651",
    (400, "cosine_24000"): "aa18c9dbad66610d2037249bbcbf08fdce0983aa486b876ba95c2e3fb6fc0dce",
    (400, "constant_24000"): "5d91536675592acdc40ea56f71ca24ee9026243e51a0a791ac25b631381c45ee",
    (400, "wsdcon_9"): "497aa4a60df8f520e11e212a990dcf70e8bfd89e814f295dc5476af630aac768",
    (400, "constant_72000"): "a453ef82f549470cc8250723917668801436dd835fd17bbf71e1fd77d00a3b6c",
    (400, "cosine_72000"): "347acbdc80042cb7cfe0dcb28580a2780718ccbad23443d4de76821f0a1ab41e",
    (400, "wsd_20000_24000"): "8a56dbd8f6b553b42ca8b3f4be9822cf5b7458a6c1b7ae0ddc6ac57b2893dea7",
    (400, "wsdld_20000_24000"): "7c5d5141d917955491732606e8817e7fdbd4bc2036e508e1610ab8bd252267dc",
    (400, "wsdcon_3"): "e1a896755ea1e1a6a4648a503be6a19eb62fc7ef12fbab3440a66f7a94197ac6",
    (400, "wsdcon_18"): "998aaf3fd14de43fe754c7250885d7f72e20e7a210b1ea205a8af37ea8b22951",
}
UPSTREAM = [
    Upstream(f"loss_curve_repo/csv_{size}/{curve}.csv", digest, f"multipowerlaw-curves/{size}M_{curve}.csv")
    for (size, curve), digest in FILES.items()
]


def convert(*paths) -> pd.DataFrame:
    """One row a schedule and recorded step, in the order of the files, a column of losses a size."""
    parts = [
        pd.read_csv(path).assign(size=f"loss_{size}m", curve=curve)
        for (size, curve), path in zip(FILES, paths, strict=True)
    ]
    table = pd.concat(parts)
    # Seven digits: what is cut off is noise of the formula that made the rates.
    table["lr"] = [float(f"{rate:.7g}") for rate in table.lr]
    wide = table.pivot_table("loss", ["curve", "step", "lr"], "size").reset_index().rename_axis(columns=None)
    if wide.duplicated(["curve", "step"]).any() or wide.filter(like="loss").notna().sum().sum() != len(table):
        raise ValueError("the sizes have other rates at equal steps, or a step twice")
    order = {curve: k for k, (_, curve) in enumerate(FILES)}
    wide = wide.sort_values(["curve", "step"], key=lambda c: c.map(order) if c.name == "curve" else c)
    return wide[list(SOURCE["columns"])]
