"""Write `data/runs/width_transfer_arms_small` from the store of a sweep that has not come to its end.

    PYTHONPATH=SWEEP/lib python draft_export.py STORE WIDEST OUTPUT

SWEEP is the checkout whose code made the runs, STORE a copy of its `store.sqlite` (with its log beside it),
WIDEST the largest width to keep (128: the grid of this branch) and OUTPUT the table's folder.
"""

import json
import sqlite3
import sys
from pathlib import Path

import pandas as pd

from replications.width_transfer import arms
from scalinglaws.sweeps.command import export

store, widest, output = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
rows = {}
for (payload,) in sqlite3.connect(store).execute("select payload from runs"):
    run = json.loads(payload)
    if run["status"] == "done":
        told = {"run_status": "done", "run_machine": run["machine"], "run_seconds": run["seconds"]}
        rows[json.dumps(run["config"], sort_keys=True)] = run["config"] | run["result"] | told
wanted = [config for config in arms.grid("ci") if config["width"] <= widest]
keys = [json.dumps(config, sort_keys=True) for config in wanted]
if missing := [key for key in keys if key not in rows]:
    sys.exit(f"{len(missing)} of {len(keys)} runs are not done yet, such as {missing[0]}")
export(arms, "ci", pd.DataFrame([rows[key] for key in keys]), output)
