"""The command line of the fuzz program."""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from experiments.common import argument_parser
from experiments.fuzz.cases import Case
from experiments.fuzz.judge import LINE, RESULT, Outcome
from experiments.fuzz.kinds import KINDS
from experiments.fuzz.workers import Limits, run_cases
from irpoint.errors import SettingsError

Outcomes = Iterable[tuple[Case, Outcome]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    import experiments.fuzz as program

    parser = argument_parser("fuzz", program.__doc__)
    parser.add_argument("--count", type=int, default=1000, help="number of cases (1000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first case (0)")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random numbers (0)")
    parser.add_argument("--kind", nargs="+", default=list(KINDS), metavar="KIND",
                        help=f"only these kinds: {', '.join(KINDS)}")  # fmt: skip
    parser.add_argument("--case", nargs="+", metavar="KIND:NUMBER", help="only these cases")
    parser.add_argument("--jobs", type=int, default=1, help="number of processes (1)")
    parser.add_argument("--seconds", type=float, default=Limits.seconds, help="limit of a case")
    parser.add_argument("--memory", type=int, default=Limits.mebibytes, help="limit of a case, MiB")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), metavar="DIR",
                        help="folder for the inputs of faults (build/fuzz)")  # fmt: skip
    given = parser.parse_args(arguments)
    if given.case:
        cases = [_case(text, given.seed) for text in given.case]
    else:
        cases = list(make_cases(given.count, given.seed, given.kind, given.first))
    outcomes = run_cases(cases, Limits(given.seconds, given.memory), given.jobs)
    kept = list(_watch(outcomes, len(cases), verbose=bool(given.case)))
    print(table(kept))
    faults = [(case, outcome) for case, outcome in kept if not outcome.good]
    if faults:
        print(fault_list(faults, given.keep))
        sys.exit(1)


def make_cases(count: int, seed: int, kinds: Sequence[str], first: int = 0) -> Iterator[Case]:
    """``count`` cases, which take turns at the kinds.

    Raises:
        SettingsError: if there is no such kind.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise SettingsError(f"kind {kind}: choose from {', '.join(KINDS)}")
    for number in range(first, first + count):
        yield Case(kinds[number % len(kinds)], number // len(kinds), seed)


def _case(text: str, seed: int) -> Case:
    kind, _, number = text.rpartition(":")
    if kind not in KINDS or not number.isdecimal():
        raise SettingsError(f"case {text}: give KIND:NUMBER, such as tiff:12")
    return Case(kind, int(number), seed)


def _watch(outcomes: Outcomes, count: int, *, verbose: bool) -> Iterator[tuple[Case, Outcome]]:
    """The outcomes; prints them, or how many there are so far."""
    faults = 0
    for number, (case, outcome) in enumerate(outcomes, 1):
        faults += not outcome.good
        if not outcome.good and not verbose:
            print(f"{case}: {outcome.what}: {outcome.why[:200]}", file=sys.stderr)
        if verbose:
            print(f"{case}: {outcome.damaged}: {outcome.what}: {outcome.why}")
        elif sys.stderr.isatty():
            print(f"\r{number} of {count} cases, {faults} faults", end="", file=sys.stderr)
        yield case, outcome


def table(outcomes: Outcomes) -> str:
    """The number of cases by kind and outcome, as a Markdown table."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    for case, outcome in outcomes:
        for kind in (case.kind, "all"):
            counts[kind][outcome.what if outcome.good else "fault"] += 1
            slowest[kind] = max(slowest[kind], outcome.seconds)
    names = [*(name for name in KINDS if name in counts), "all"]
    rows = [
        f"| {name} | {counts[name].total()} | {counts[name][RESULT]} | {counts[name][LINE]} "
        f"| {counts[name]['fault']} | {slowest[name]:.2f} |"
        for name in names
    ]
    head = f"| kind | cases | {RESULT} | {LINE} | faults | slowest, s |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def fault_list(faults: Sequence[tuple[Case, Outcome]], keep: Path) -> str:
    """The faults, those of the same place together; writes their inputs below ``keep``."""
    groups: dict[str, list[tuple[Case, Outcome]]] = defaultdict(list)
    for case, outcome in faults:
        place = outcome.why.rpartition(" (")[2] if "(" in outcome.why else outcome.why[:80]
        groups[f"{case.kind} {outcome.what} {re.sub(r'[0-9]+ MiB', '', place)}"].append(
            (case, outcome)
        )
    lines = []
    for group in sorted(groups.values(), key=len, reverse=True):
        case, outcome = group[0]
        for other, _ in group[:3]:
            folder = keep / f"{other.kind}-{other.number}"
            shutil.rmtree(folder, ignore_errors=True)
            other.write(folder)
        lines += [
            "",
            f"{len(group)} x {outcome.what}: {outcome.why}",
            f"    {outcome.damaged}; inputs in {keep}/{case.kind}-{case.number}",
            f"    python -m experiments.fuzz --seed {case.seed} --case "
            + " ".join(str(other) for other, _ in group[:3]),
        ]
    return "\n".join(lines)
