"""Observations of the 27 nonlinear regression problems of NIST's Statistical Reference Datasets."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Observations of 27 nonlinear regression problems with certified answers",
    "paper": "NIST/ITL Statistical Reference Datasets: nonlinear regression",
    "arxiv": None,
    "repository": "lmfit/lmfit-py",
    "commit": "fe389bbbd1fe936cd73742bd81fc6fce7ac92858",
    "licence": "work of the US Government (NIST), redistributed in lmfit's repository; "
    "that it is in the public domain was not checked with NIST",
    "how_obtained": "the data lines of each problem's file, in their order; of the certified values see "
    "nist_strd_certified",
    "columns": {
        "problem": {"unit": "name", "about": "problem, as NIST calls it"},
        "y": {"unit": "as the problem has it", "about": "response", "min": -35, "max": 35000},
        "x": {
            "unit": "as the problem has it",
            "about": "predictor, or the first of two",
            "min": -5000,
            "max": 900,
        },
        "x2": {
            "unit": "as the problem has it",
            "about": "second predictor, of the problem Nelson only",
            "min": 180,
            "max": 275,
            "missing": True,
        },
    },
}
FILES = {
    "Bennett5": "e2be71fffe2a78821361ff3e71eef4549df7015911e3e8e893f3914829872ab4",
    "BoxBOD": "406992ecdd177696e45662e927ad26947d9f3b095e02537d50fc880f982d720a",
    "Chwirut1": "a934a583464358c8cb3f67d27a016c15ab90dadfbf5303079b33dd284134b55b",
    "Chwirut2": "968142c6f5427d87b1fed1e1bfc8cfce1f7ae8c6b89d3fbfb4960d7ced3c1e11",
    "DanWood": "e8d05d54bc3646796cf8d5291c5e39c826049df4771587263357d76c18c393c2",
    "ENSO": "f27b059fb680f986a0eb44a54fa4705bff1bd2ba4b0214bb680c19e2d66f2972",
    "Eckerle4": "b91c6505f0f0c8504e1b4c87b2a043368a8e18bd5ecb5efeb7a0fb346e9a3e10",
    "Gauss1": "c7ce799e2a6667ae682152a816e7105645d0ae50acf968339862ace9dd51e8f2",
    "Gauss2": "77182830681f7b4ec1eab70e44e2e63b793022a779a40e495201ee3a4a63f618",
    "Gauss3": "14c252a4d796a582af55f3a4fa5f4be3b32cd02798073a526cc5ced565117a03",
    "Hahn1": "251ab6520101c6a14d50a3f3b9472b4ab9f720852efbd735c7a3aee12a9c65f5",
    "Kirby2": "64f9f1c525a76d0ca56de05bf8f053dcced5f91a6eeb156051dbcb5b9b81c374",
    "Lanczos1": "42a9c2d11fd7cbfd88f9d1e56e25fc9ec8fe89a684f452feee74c0f59ede0efc",
    "Lanczos2": "4a3aaac05a11811d36c473bb505f8c9183b4060a3586a876813bedd81290116f",
    "Lanczos3": "1a9fc8e9adefdd5222ce99d71e640605b4093778af3b31f0f186bd1036cece09",
    "MGH09": "6913c6e6f158da10d70154b6288883e81bc17f69e6092ae87ad44977552d18bf",
    "MGH10": "f89e5ff39d3b77dcb8bd6df9c5f93ff9872350aadc902b68d718ee229c484fb4",
    "MGH17": "8f8c6156dce64a48fd475388401d0e51fd1ab08d55e2f72978b69e7256ae3674",
    "Misra1a": "45c8da1de19d1cd0bdcefe06e333dee7ec8b31fa5c58b4eada427a7777853650",
    "Misra1b": "521c50ed2063858bfa577c1413fbc07644c8425c8cd2819da004efc3c7b5c705",
    "Misra1c": "bf51450b3582c2bdc660fe4e7554db3210c8546b1b03429b092b6d57a5d48404",
    "Misra1d": "55a26f4017fe7580cc59692527068d29c94f95f27ca1f4472916d3ac29b663f8",
    "Nelson": "fc368adf8ac8c17658d3be390c73382398a17fd97786bcb83dd979e3c5946514",
    "Rat42": "a06bacb7113903cfbf607b5243d4525b58929172f60ac54c764a268525fdda83",
    "Rat43": "5bcbb16649254975701acb2e07a5658a2248ce90cc22bc6f52e35e2a4cc0ee9e",
    "Roszman1": "b62c19e840e9686ed11732bd45398e07efc240cb542ac11f1b7b77368f5a89e0",
    "Thurber": "b66224bd6ec25754af5ec16f00b25ce18ccc8c09b40ebe0acf8515d01abec0a4",
}
UPSTREAM = [
    Upstream(f"NIST_STRD/{name}.dat", digest, f"nist-strd/{name}.dat") for name, digest in FILES.items()
]


def convert(*paths):
    """The data lines of every file: response, then one predictor or two."""
    rows = []
    for name, path in zip(FILES, paths, strict=True):
        lines = path.read_text(encoding="ascii").splitlines()
        # "Data:" opens the description of the columns in the file's head, and then the data themselves.
        first = max(k for k, line in enumerate(lines) if line.startswith("Data:")) + 1
        values = [map(float, line.split()) for line in lines[first:] if line.strip()]
        rows += [{"problem": name} | dict(zip(("y", "x", "x2"), row, strict=False)) for row in values]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
