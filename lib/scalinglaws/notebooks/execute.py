"""Run notebooks headlessly: papermill underneath, nothing half-written or left behind, one failure alone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from scalinglaws import processes
from scalinglaws.errors import UserError
from scalinglaws.notebooks import files, scratch
from scalinglaws.notebooks.formats import NotebookNode
from scalinglaws.notebooks.keeper import START_TIMEOUT

#: Beginnings of variables by which people set up Python, Jupyter and matplotlib for themselves.
SETTINGS = ("PYTHON", "IPYTHON", "JUPYTER", "JPY_", "MPL", "MATPLOTLIB", "PAPERMILL", "PYDEVD")
#: Variables that say how a person's terminal looks.
TERMINAL = {"COLUMNS", "LINES", "PAGER", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}
#: Variables that name places; a kernel's working directory is another one than ours.
PLACES = ("PYTHONPATH", "SCALINGLAWS_MIRROR", "SCALINGLAWS_PYTHON_LIBRARY")
#: Folders of the repository that no run writes its outputs to.
SOURCES = ("notebooks", "data", "lib", "tests", ".git", ".github")
#: The processes that run notebooks now.
LIVE: set[subprocess.Popen] = set()


class ExecutionError(UserError):
    """A notebook that did not run to its end, with the cell and the reason."""


@dataclass
class Outcome:
    """What became of one notebook, after so many seconds by the clock.

    Exactly one of `notebook` and `error` is set.
    """

    name: str
    seconds: float
    notebook: NotebookNode | None = None
    error: str | None = None

    @property
    def cpu_seconds(self) -> float:
        """Seconds on processors, all processes together: load of the machine does not swell them."""
        return self.notebook.metadata["cpu_seconds"]

    @property
    def record(self) -> dict[str, Any]:
        """The verdict record of the run."""
        return files.records(self.notebook)[-1]


def environment(jobs: int, folder: Path) -> dict[str, str]:
    """The environment of a kernel: no setting of the user's, so that the same run gives the same bytes.

    Parameters
    ----------
    jobs
        How many kernels run at the same time: one BLAS thread when several do, or they crawl.
    folder
        Scratch, where Jupyter and IPython find what they look for elsewhere otherwise.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS) and k not in TERMINAL}
    for name in PLACES:
        if value := os.environ.get(name):
            kept[name] = os.pathsep.join(os.path.abspath(part) for part in value.split(os.pathsep) if part)
    if jobs > 1:
        kept |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    jupyter = folder / "jupyter"
    return kept | {
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_DATA_DIR": str(jupyter),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PATH": str(jupyter),
        "JUPYTER_RUNTIME_DIR": str(jupyter / "runtime"),
        "MPLCONFIGDIR": str(matplotlib_folder(folder)),
    }


def matplotlib_folder(folder: Path) -> Path:
    """Where matplotlib keeps its list of fonts, apart from the user's own settings; scratch if need be."""
    place = Path(platformdirs.user_cache_dir("scalinglaws")) / "matplotlib"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return folder
    return place if os.access(place, os.W_OK) else folder


def this_interpreter(folder: Path) -> None:
    """Put the kernel where Jupyter looks first: this interpreter, whatever kernels are installed."""
    place = folder / "jupyter" / "kernels" / "python3"
    place.mkdir(parents=True)
    words = [sys.executable, "-m", "scalinglaws.notebooks.kernel", "-f", "{connection_file}"]
    spec = {"argv": words, "display_name": "Python 3", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def stop(child: subprocess.Popen, patience: float = 15.0) -> None:
    """End a notebook's process, which takes its kernel and all that the cells forked with it."""
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()


def refuse_sources(place: Path) -> None:
    """See that outputs go to no folder of sources, where they would overwrite them.

    Raises
    ------
    ExecutionError
        If they would.
    """
    root = files.folder().parent.resolve()
    if any(place.resolve().is_relative_to(root / name) for name in SOURCES):
        raise ExecutionError(f"{place} holds sources, which outputs would overwrite: name another --output")


def execute(
    source: NotebookNode,
    keep: Path,
    parameters: dict[str, Any],
    timeout: float,
    jobs: int = 1,
    variables: Mapping[str, str] | None = None,
) -> NotebookNode:
    """Run a notebook in a fresh kernel and keep the executed copy.

    Parameters
    ----------
    source
        The notebook.
    keep
        Where the executed copy goes when it succeeded. A failed run goes beside it, as
        `NAME.failed.ipynb`; whatever was at `keep` before is then left alone.
    parameters
        Checked parameters (see `notebooks.given`).
    timeout
        Seconds that a single cell may take.
    jobs
        How many run at the same time.
    variables
        Environment variables of the kernel beside those of this process.

    Raises
    ------
    ExecutionError
        If a cell raised, ran out of time, or the kernel died; or if `keep` is among the sources.
    """
    keep = keep.absolute()
    refuse_sources(keep.parent)
    keep.parent.mkdir(parents=True, exist_ok=True)
    failed = keep.with_suffix(".failed.ipynb")
    # No cell may hold us longer than this, whatever became of the process that looks after it.
    limit = START_TIMEOUT + (len(source.cells) + 1) * (timeout + 60)
    with scratch.folder(keep.parent, keep.stem) as folder:
        files.save(source, folder / "in.ipynb")
        this_interpreter(folder)
        request = {"parameters": parameters, "timeout": timeout, "runner": os.getpid()}
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        # To a file: a daemon that a cell forks would hold a pipe open, and us with it.
        with (folder / "log.txt").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "scalinglaws.notebooks.keeper", folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment(jobs, folder) | dict(variables or {}),
                start_new_session=True,
            )
        LIVE.add(child)
        try:
            child.wait(limit)
        except BaseException as error:
            stop(child)
            if isinstance(error, subprocess.TimeoutExpired):
                raise ExecutionError(f"took longer than {limit:.0f} s as a whole") from error
            raise
        finally:
            LIVE.discard(child)
        reason, cost = outcome_of(folder, child.returncode)
        if reason is not None:
            said = ""
            with contextlib.suppress(files.NotebookError):
                files.save(files.read(folder / "out.ipynb"), failed)
                said = f"; what had run is in {failed}"
            raise ExecutionError(reason + said)
        executed = files.read(folder / "out.ipynb")
    executed.metadata["cpu_seconds"] = cost
    files.save(executed, keep)
    failed.unlink(missing_ok=True)
    return executed


def outcome_of(folder: Path, status: int) -> tuple[str | None, float]:
    """Why a notebook's process failed, None if it did not; and its seconds on processors."""
    ended = folder / "ended.json"
    if ended.is_file():
        found = json.loads(ended.read_text(encoding="utf-8"))
        return found["reason"], found["cpu_seconds"]
    log = folder / "log.txt"
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.is_file() else ""
    return f"papermill stopped ({status}): {said}", float("nan")


@contextlib.contextmanager
def ending_cleanly() -> Iterator[None]:
    """Turn a request to end into SystemExit, so that what was begun is cleaned up; in the main thread."""

    def leave(signum: int, _: Any) -> None:
        raise SystemExit(128 + signum)

    wanted = [s for s in processes.ENDING if s != signal.SIGINT]  # Python's own KeyboardInterrupt serves
    if threading.current_thread() is not threading.main_thread():
        wanted = []
    # One that is ignored stays so: nohup asks for it.
    wanted = [s for s in wanted if signal.getsignal(s) == signal.SIG_DFL]
    before = {signum: signal.signal(signum, leave) for signum in wanted}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextlib.contextmanager
def outcomes(
    tasks: dict[str, tuple[NotebookNode, Path, dict[str, Any]]],
    jobs: int,
    timeout: float,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Iterator[Outcome]]:
    """Run notebooks side by side and give each outcome as it comes; a failure stops no other.

    Parameters
    ----------
    tasks
        Name -> notebook, where to keep the executed copy, parameters.
    jobs
        How many kernels at a time.
    timeout
        Seconds that a single cell may take.
    variables
        Environment variables of the kernels beside those of this process.

    Notes
    -----
    When the block is left early, by SIGINT, SIGTERM or SIGHUP too, the notebooks that run are ended.
    """

    def work(name: str) -> Outcome:
        started = time.perf_counter()
        try:
            executed = execute(*tasks[name], timeout, jobs, variables)
        except Exception as error:
            message = str(error) if isinstance(error, ExecutionError) else f"{type(error).__name__}: {error}"
            return Outcome(name, time.perf_counter() - started, error=message)
        return Outcome(name, time.perf_counter() - started, notebook=executed)

    with ending_cleanly(), ThreadPoolExecutor(jobs) as pool:
        futures: list[Future[Outcome]] = [pool.submit(work, name) for name in tasks]
        try:
            yield (future.result() for future in as_completed(futures))
        finally:
            for future in futures:
                future.cancel()
            while wait(futures, timeout=0.1).not_done:
                for child in tuple(LIVE):
                    stop(child)
