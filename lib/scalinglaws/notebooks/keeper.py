"""The process that runs one notebook: papermill, which starts the kernel; ends with the runner, and takes all along.

`execution` starts it as `python -m scalinglaws.notebooks.keeper SCRATCH`. It is a process of its own because
papermill changes the working directory of the whole process, and because whatever a cell forks,
daemons included, becomes its child and is ended with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from scalinglaws import processes
from scalinglaws.notebooks import offspring
from scalinglaws.notebooks.formats import without_grammar
from scalinglaws.repository import write_atomically

START_TIMEOUT = 120
DIED = "the kernel died (killed, or out of memory); run it again"
#: Seconds that papermill may go on for after the last process that it started has ended.
PATIENCE = 20.0


def papermill_one(folder: Path, parameters: dict[str, Any], timeout: float) -> str | None:
    """Run `in.ipynb` of a folder to `out.ipynb`; the reason if it failed."""
    with without_grammar():
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

    try:
        papermill.execute_notebook(
            folder / "in.ipynb",
            folder / "out.ipynb",
            parameters=parameters,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=timeout,
        )
    except papermill.PapermillExecutionError as error:
        return f"cell [{error.exec_count}] raised {error.ename}: {error.evalue}"
    except DeadKernelError:
        return DIED
    except CellTimeoutError:
        return f"a cell took longer than {timeout:.0f} s; give more with --timeout"
    return None


def warm(matplotlib: Path) -> None:
    """Have matplotlib list its fonts before a cell does: what it says of that belongs to no notebook."""
    if not any(matplotlib.glob("fontlist*.json")):
        import matplotlib.font_manager


def report(folder: Path, reason: str | None) -> None:
    """Say in `ended.json` why the notebook failed, None if it did not, and what it cost."""
    cost = round(sum(os.times()[:4]), 1)  # of this process, and of all that it started and that has ended
    write_atomically(folder / "ended.json", json.dumps({"reason": reason, "cpu_seconds": cost}))


def watch(folder: Path, over: threading.Event) -> None:
    """Report a dead kernel, and leave, where papermill waits on for one that no longer runs.

    Rarely its client misses the death. Why is not known; perhaps it waits for a heartbeat that was
    under way when the kernel was killed.
    """
    last_seen = None
    while not over.wait(PATIENCE / 5):
        if offspring.descendants():
            last_seen = time.monotonic()
        elif last_seen and time.monotonic() - last_seen > PATIENCE:
            report(folder, DIED)
            os._exit(0)


def main(folder: Path) -> None:
    """Run what `request.json` asks for and say in `ended.json` why it failed, and what it cost."""

    def leave(signum: int, _: Any) -> None:
        offspring.end_descendants()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + signum)

    asked = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    for signum in processes.ENDING:
        signal.signal(signum, leave)
    offspring.adopt_orphans()
    processes.die_with(asked["runner"], signal.SIGTERM)
    warm(Path(os.environ["MPLCONFIGDIR"]))
    over = threading.Event()
    threading.Thread(target=watch, args=(folder, over), daemon=True).start()
    reason = papermill_one(folder, asked["parameters"], asked["timeout"])
    over.set()
    offspring.end_descendants()
    report(folder, reason)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
