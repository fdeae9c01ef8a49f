"""The kernel that notebooks run in: it ends with its runner, and bounds what a cell may print.

`execution` starts it as `python -m scalinglaws.notebooks.kernel` by this very interpreter.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from traitlets import default

from scalinglaws.processes import die_with

#: Characters that a cell's stdout and its stderr keep, each.
PRINTED = 1_000_000
#: Characters of one representation of a displayed object; a figure of 7 MB has as many.
DISPLAYED = 10_000_000


def note(kept: int) -> str:
    """What stands where output was cut."""
    return f"\n[only the first {kept:,} characters are kept]\n"


class BoundedStream(OutStream):
    """stdout or stderr of the cells; what a cell prints past the bound is dropped as it comes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.left: dict[Any, int] = {}
        super().__init__(*args, **kwargs)

    def write(self, string: str) -> int | None:
        """Write as much as the cell may still print."""
        if not isinstance(string, str):
            return super().write(string)  # which raises as any text stream does
        cell = self.parent_header.get("msg_id")
        left = self.left.get(cell, PRINTED)
        self.left[cell] = left - len(string)
        if left >= len(string):
            super().write(string)
        elif left >= 0:
            super().write(string[:left] + note(PRINTED))
            self.left[cell] = -1
        return len(string)


class BoundedSession(Session):
    """The kernel's voice: cuts what a single message shows."""

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Send a message, its displayed data and its error within the bounds."""
        shown = msg_or_type.get("content") if isinstance(msg_or_type, dict) else content
        if isinstance(shown, dict):
            self.bound(shown)
        return super().send(stream, msg_or_type, content, *args, **kwargs)

    @staticmethod
    def bound(content: dict[str, Any]) -> None:
        """Cut long text, and leave out whatever else is long: half a picture is none."""
        data = content.get("data")
        for kind in [k for k, v in data.items() if long(v)] if isinstance(data, dict) else []:
            text = data.pop(kind)
            data["text/plain"] = (text[:PRINTED] if kind == "text/plain" else kind) + note(PRINTED)
        if long(content.get("evalue")):
            content["evalue"] = content["evalue"][:PRINTED] + note(PRINTED)
        if isinstance(content.get("traceback"), list):
            content["traceback"] = [
                line[:PRINTED] + note(PRINTED) if long(line) else line for line in content["traceback"]
            ]


def long(value: Any) -> bool:
    """Whether a text is longer than what may be displayed."""
    return isinstance(value, str) and len(value) > DISPLAYED


class Shell(ZMQInteractiveShell):
    """IPython's shell without a memory of all that was ever printed, which no bound would reach."""

    def _tee(self, channel: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Kernel(IPythonKernel):
    """IPython's kernel with that shell."""

    shell_class = Shell


class KernelApp(IPKernelApp):
    """IPython's kernel as a program, with bounded outputs."""

    kernel_class = Kernel
    outstream_class = "scalinglaws.notebooks.kernel.BoundedStream"

    @default("session")
    def _bounded_session(self) -> Session:
        return BoundedSession(parent=self)


if __name__ == "__main__":
    if keeper := os.environ.get("JPY_PARENT_PID"):
        die_with(int(keeper), signal.SIGKILL)
    KernelApp.launch_instance()
