"""Processor, instruction sets, cores and memory that this process may use."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

# Instruction sets that speed up a network, and their names in /proc/cpuinfo.
_INSTRUCTION_SETS = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "AVX-512 VNNI": ("avx512_vnni",),
    "AVX-512 BF16": ("avx512_bf16",),
    "AMX BF16": ("amx_bf16",),
    "AMX INT8": ("amx_int8",),
    "NEON": ("asimd", "neon"),
    "NEON dot product": ("asimddp",),
    "NEON BF16": ("bf16",),
    "SVE": ("sve",),
}
_X86 = ("AVX", "AMX")


@dataclass(frozen=True)
class Machine:
    """The processor and the resources that this process may use.

    Attributes:
        processor: name of the processor, or its architecture if the system does not report one.
        instruction_sets: whether the processor has each instruction set that speeds up a network;
            None if the system does not report them.
        cores: number of cores that this process may use.
        memory: bytes that this process may use in total; None if the system does not report it.
        memory_free: bytes available now; None if the system does not report it.
    """

    processor: str
    instruction_sets: dict[str, bool] | None
    cores: int
    memory: int | None
    memory_free: int | None


def inspect_machine(root: Path = Path("/")) -> Machine:
    """Inspect this machine; ``root`` is the folder that contains ``proc`` and ``sys``."""
    described = _text(root / "proc/cpuinfo")
    memory = _text(root / "proc/meminfo")
    cgroup = root / "sys/fs/cgroup"
    return Machine(
        processor=_field(described, "model name") or platform.processor() or platform.machine(),
        instruction_sets=_instruction_sets(described),
        cores=_cores(_text(cgroup / "cpu.max")),
        memory=_memory(memory, _text(cgroup / "memory.max")),
        memory_free=_kilobytes(memory, "MemAvailable"),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _field(text: str, name: str) -> str:
    match = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def _instruction_sets(described: str) -> dict[str, bool] | None:
    x86, arm = _field(described, "flags").split(), _field(described, "Features").split()
    if not x86 and not arm:
        return None
    flags = x86 or arm
    return {
        name: any(flag in flags for flag in names)
        for name, names in _INSTRUCTION_SETS.items()
        if name.startswith(_X86) == bool(x86)
    }


def _cores(quota: str) -> int:
    """Cores in the affinity of this process, or fewer if its container has a CPU quota."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    granted, _, period = quota.partition(" ")
    if granted.isdigit() and period.strip().isdigit():
        cores = min(cores, max(1, int(granted) // int(period)))
    return cores


def _memory(meminfo: str, limit: str) -> int | None:
    total = _kilobytes(meminfo, "MemTotal")
    if total is None and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if total is not None and limit.strip().isdigit():
        return min(total, int(limit))
    return total


def _kilobytes(meminfo: str, name: str) -> int | None:
    number = _field(meminfo, name).removesuffix("kB").strip()
    return 1024 * int(number) if number.isdigit() else None
