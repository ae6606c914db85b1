"""What is read of the processor, cores and memory, from made-up ``/proc`` and ``/sys`` files."""

from __future__ import annotations

from irpoint.system.machine import inspect_machine


def machine_of(tmp_path, **files: str):
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_max", ".max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return inspect_machine(tmp_path)


def test_features_of_an_x86_processor(tmp_path):
    machine = machine_of(
        tmp_path,
        proc__cpuinfo="processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 avx512f\n",
        proc__meminfo="MemTotal:       2048 kB\nMemAvailable:   1024 kB\n",
    )
    assert machine.processor == "Some CPU"
    assert machine.instruction_sets == {
        "AVX2": True, "AVX-512": True, "AVX-512 VNNI": False, "AVX-512 BF16": False,
        "AMX BF16": False, "AMX INT8": False,
    }  # fmt: skip
    assert (machine.memory, machine.memory_free) == (2 * 2**20, 2**20)
    assert machine.cores >= 1


def test_features_of_an_arm_processor(tmp_path):
    machine = machine_of(tmp_path, proc__cpuinfo="Features\t: fp asimd asimddp\n")
    assert machine.instruction_sets == {
        "NEON": True, "NEON dot product": True, "NEON BF16": False, "SVE": False
    }  # fmt: skip


def test_limits_of_a_container_count(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(64), raising=False)
    assert inspect_machine(tmp_path).cores == 64
    machine = machine_of(
        tmp_path,
        proc__meminfo="MemTotal: 1000000 kB\n",
        sys__fs__cgroup__cpu_max="250000 100000\n",
        sys__fs__cgroup__memory_max="4096\n",
    )
    assert (machine.cores, machine.memory) == (2, 4096)
    machine = machine_of(
        tmp_path, sys__fs__cgroup__cpu_max="max 100000\n", sys__fs__cgroup__memory_max="max\n"
    )
    assert (machine.cores, machine.memory) == (64, 1024 * 1_000_000)


def test_a_system_without_proc_files_reports_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sysconf_names", {})
    machine = inspect_machine(tmp_path)
    assert machine.instruction_sets is None
    assert (machine.memory, machine.memory_free) == (None, None)
    assert machine.processor
