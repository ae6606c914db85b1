"""Processes that read the cases, each case with limits of time and memory."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path

from experiments.fuzz.cases import Case, seeds, write_files
from experiments.fuzz.judge import Outcome, address_space, judge
from experiments.fuzz.kinds import KINDS

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["experiments.fuzz.workers"])
_LOADED = "loaded"  # the answer of a worker once it has the libraries that a case needs
_LOAD_S = 300.0  # for that


@dataclass(frozen=True)
class Limits:
    """The limits of a case: time, and the growth of resident memory.

    The address space may grow by twice as much. An allocation beyond that fails, and counts as a
    fault even if the error is caught.
    """

    seconds: float = 60.0
    mebibytes: int = 1024


def run_cases(cases: Iterable[Case], limits: Limits, jobs: int) -> Iterator[tuple[Case, Outcome]]:
    """Read the cases in ``jobs`` processes; yields each with its outcome, in any order."""
    waiting = iter(cases)
    with tempfile.TemporaryDirectory(prefix="irpoint-fuzz-") as folder:
        workers = [_Worker(Path(folder) / str(k), limits) for k in range(jobs)]
        try:
            busy = [worker for worker in workers if worker.give(next(waiting, None))]
            while busy:
                ready = wait([worker.answers for worker in busy], timeout=1.0)
                for worker in busy:
                    outcome = worker.take(answered=worker.answers in ready)
                    if outcome is not None and worker.case is not None:
                        yield worker.case, outcome
                        worker.give(next(waiting, None))
                busy = [worker for worker in busy if worker.case is not None]
        finally:
            for worker in workers:
                worker.stop()


class _Worker:
    """A process, which is started again after a crash or a hang."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self.case: Case | None = None
        folder.mkdir()
        self._noise = folder / "stderr"
        self._start()

    def _start(self) -> None:
        self._noise.write_bytes(b"")
        self.answers, theirs = _CONTEXT.Pipe()
        arguments = (theirs, self.limits, self.folder)
        self._process = _CONTEXT.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def give(self, case: Case | None) -> bool:
        """Send the next case; False if there is none."""
        self.case = case
        if case is not None:
            self._deadline = time.monotonic() + _LOAD_S
            with suppress(OSError):  # if it has just died, that is seen when its answer is taken
                self.answers.send(case)
        return case is not None

    def take(self, *, answered: bool) -> Outcome | None:
        """The outcome of the case; None if it is not finished yet."""
        if answered:
            try:
                answer: Outcome | str = self.answers.recv()
            except (EOFError, ConnectionError):
                self._process.join()
                answer = Outcome("crash", f"{_signal(self._process.exitcode)}; {self._stack()}")
                self._restart()
            if isinstance(answer, Outcome):
                return answer
            self._deadline = time.monotonic() + self.limits.seconds
        if time.monotonic() < self._deadline:
            return None
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGUSR1)  # it writes its stack to standard error
        self._process.join(1.0)
        outcome = Outcome("hang", f"over {self.limits.seconds:g} s; {self._stack()}")
        self._restart()
        return outcome

    def _stack(self) -> str:
        """The stack that the faulthandler wrote, innermost frames first."""
        lines = self._noise.read_text(errors="replace").splitlines()
        return " < ".join(line.strip() for line in lines if line.startswith("  File"))[:600]

    def _restart(self) -> None:
        self.stop()
        self._start()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self.answers.close()


def _signal(code: int | None) -> str:
    with suppress(ValueError):
        return signal.Signals(-(code or 0)).name
    return f"exit code {code}"


def _work(requests: Connection, limits: Limits, folder: Path) -> None:
    """The main function of a worker: read cases until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    noise = folder / "stderr"
    os.dup2(os.open(noise, os.O_WRONLY | os.O_APPEND), 2)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    loaded: set[str] = set()
    while True:
        try:
            case: Case = requests.recv()
        except (EOFError, ConnectionError):
            return
        if case.kind not in loaded:
            _load(case.kind, folder)
            loaded.add(case.kind)
        requests.send(_LOADED)
        requests.send(_read(case, limits, folder))


def _load(kind: str, folder: Path) -> None:
    """Load the libraries that a kind needs, by reading a valid input of it."""
    with _emptied(folder / "valid") as valid:
        path = write_files(dict(seeds(kind)[0].files), seeds(kind)[0].opened, valid)
        judge(KINDS[kind].reads, path, 0, folder / "stderr")


def _read(case: Case, limits: Limits, folder: Path) -> Outcome:
    with _emptied(folder / "case") as inputs:
        path, damaged = case.write(inputs)
        start = time.process_time()
        with _limited_memory(limits.mebibytes):
            outcome = judge(KINDS[case.kind].reads, path, limits.mebibytes, folder / "stderr")
        return replace(outcome, damaged=damaged, seconds=time.process_time() - start)


@contextmanager
def _limited_memory(mebibytes: int) -> Iterator[None]:
    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    limit = address_space() + 2 * mebibytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, unlimited[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, unlimited)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """An empty folder, removed at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
