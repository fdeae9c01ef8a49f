"""Run notebooks headlessly: papermill underneath, nothing half-written, one failure alone."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from scalinglaws import notebooks

START_TIMEOUT = 120


class ExecutionError(RuntimeError):
    """A notebook that did not run to its end, with the cell and the reason."""


@dataclass
class Outcome:
    """What became of one notebook.

    Exactly one of `notebook` and `error` is set.
    """

    name: str
    seconds: float
    notebook: NotebookNode | None = None
    error: str | None = None

    @property
    def record(self) -> dict[str, Any]:
        """The verdict record of the run."""
        return notebooks.records(self.notebook)[-1]


def environment(jobs: int) -> dict[str, str]:
    """The environment of a kernel: one BLAS thread when several run, or they crawl."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return os.environ | dict.fromkeys(names, "1") if jobs > 1 else dict(os.environ)


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
        If a cell raised, ran out of time, or the kernel died.
    """
    keep = keep.absolute()
    keep.parent.mkdir(parents=True, exist_ok=True)
    failed = keep.with_suffix(".failed.ipynb")
    with tempfile.TemporaryDirectory(dir=keep.parent, prefix=f".{keep.stem}.") as scratch:
        before, after = Path(scratch) / "in.ipynb", Path(scratch) / "out.ipynb"
        notebooks.save(source, before)
        # A process of its own: papermill changes the working directory of the whole process.
        child = subprocess.run(
            [
                sys.executable,
                "-m",
                "scalinglaws.execution",
                before,
                after,
                json.dumps(parameters),
                str(timeout),
            ],
            capture_output=True,
            text=True,
            cwd=scratch,
            env=environment(jobs) | dict(variables or {}),
        )
        if child.returncode:
            if after.is_file():
                os.replace(after, failed)
                said = f"; what had run is in {failed}"
            else:
                said = ""
            reason = child.stdout.strip() or f"papermill stopped ({child.returncode}): {child.stderr[-2000:]}"
            raise ExecutionError(reason + said)
        executed = notebooks.read(after)
    notebooks.save(executed, keep)
    failed.unlink(missing_ok=True)
    return executed


def papermill_one(before: str, after: str, parameters: str, timeout: str) -> str | None:
    """Run a notebook in this process; the reason if it failed."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    try:
        papermill.execute_notebook(
            before,
            after,
            parameters=json.loads(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=float(timeout),
        )
    except papermill.PapermillExecutionError as error:
        return f"cell [{error.exec_count}] raised {error.ename}: {error.evalue}"
    except DeadKernelError:
        return "the kernel died (killed, or out of memory); run it again"
    except CellTimeoutError:
        return f"a cell took longer than {float(timeout):.0f} s; give more with --timeout"
    return None


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
    """

    def work(name: str) -> Outcome:
        started = time.perf_counter()
        try:
            executed = execute(*tasks[name], timeout, jobs, variables)
        except Exception as error:
            message = str(error) if isinstance(error, ExecutionError) else f"{type(error).__name__}: {error}"
            return Outcome(name, time.perf_counter() - started, error=message)
        return Outcome(name, time.perf_counter() - started, notebook=executed)

    with ThreadPoolExecutor(jobs) as pool:
        futures: list[Future[Outcome]] = [pool.submit(work, name) for name in tasks]
        try:
            yield (future.result() for future in as_completed(futures))
        finally:
            for future in futures:
                future.cancel()


if __name__ == "__main__":
    if failure := papermill_one(*sys.argv[1:]):
        print(failure)
        sys.exit(1)
