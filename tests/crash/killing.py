"""Letting a process work for a moment, and killing it."""

import multiprocessing
import os
import select
from collections.abc import Callable
from pathlib import Path

processes = multiprocessing.get_context("forkserver")
Work = Callable[[str, str, int, int], None]


def work_and_kill(work: Work, where: tuple[str, Path], begin: int, lines: int) -> bytes:
    """Let a process work until it told so many lines, kill it; what it told.

    `where` is a database's URL and a folder, `begin` what the work begins with.
    """
    reader, writer = os.pipe()
    url, folder = where
    worker = processes.Process(
        target=_run, args=(work, url, str(folder), begin, _Handed(writer)), daemon=True
    )
    worker.start()
    os.close(writer)
    told = bytearray()
    while told.count(b"\n") < lines:
        ready, _, _ = select.select([reader], [], [], 30)
        assert ready, "the worker hangs"
        part = os.read(reader, 65536)
        assert part, "the worker ended by itself"
        told += part
    worker.kill()
    while part := os.read(reader, 65536):
        told += part
    worker.join()
    os.close(reader)
    return bytes(told[: told.rfind(b"\n") + 1])


class _Handed:
    """A file descriptor on its way to the other process."""

    def __init__(self, number: int) -> None:
        from multiprocessing.reduction import DupFd

        self.number = number
        self._dup = DupFd

    def __reduce__(self) -> tuple[object, tuple[object]]:
        return _take, (self._dup(self.number),)


def _take(handed: "object") -> int:
    number: int = handed.detach()
    return number


def _run(work: Work, url: str, folder: str, begin: int, pipe: int) -> None:
    work(url, folder, begin, pipe)
