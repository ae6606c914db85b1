"""``irpoint doctor`` and what it looks at."""

from __future__ import annotations

from pathlib import Path

from irpoint import Detector
from irpoint.benchmark import selftest
from irpoint.simulate import SceneSettings
from irpoint.system.extras import inspect_extras, version_of
from irpoint.system.machine import inspect_machine
from support.models import shipped_weights

# The blob filter needs wide, strong targets; a network does not.
WIDE = SceneSettings(
    width=512, height=512, scene="clear", targets=(4, 4), snr=(150, 150), psf_sigma=(2, 2),
    min_separation=60, bits=16,
)  # fmt: skip


def machine_of(tmp_path: Path, **files: str):
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_max", ".max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return inspect_machine(tmp_path)


def test_x86(tmp_path):
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


def test_arm(tmp_path):
    machine = machine_of(tmp_path, proc__cpuinfo="Features\t: fp asimd asimddp\n")
    assert machine.instruction_sets == {
        "NEON": True, "NEON dot product": True, "NEON BF16": False, "SVE": False
    }  # fmt: skip


def test_a_container_grants_less_than_the_machine_has(tmp_path, monkeypatch):
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


def test_a_system_that_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sysconf_names", {})
    machine = inspect_machine(tmp_path)
    assert machine.instruction_sets is None
    assert (machine.memory, machine.memory_free) == (None, None)
    assert machine.processor


def test_extras_are_those_of_the_package_and_nothing_is_imported(monkeypatch):
    requires = [
        "numpy>=1.26",
        "pytest>=8; extra == 'dev'",
        "nonsuch-library<3,>=2; extra == 'train'",
        "numpy>=1.26; extra == 'train'",
        'irpoint[train]; extra == "all"',
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: requires)
    (extra,) = inspect_extras()
    assert extra.name == "train"
    assert extra.versions == {"nonsuch-library": None, "numpy": version_of("numpy")}
    assert not extra.complete


def test_the_self_test_tells_right_from_wrong(model, monkeypatch):
    monkeypatch.setattr(selftest, "_SCENE", WIDE)
    good = selftest.self_test(Detector(model))
    assert (good.targets, good.found, good.false_points) == (4, 4, 0)
    assert good.passed
    assert 0 < good.milliseconds < 60_000
    deaf = selftest.self_test(Detector(model, threshold=100))
    assert (deaf.found, deaf.passed) == (0, False)
    jumpy = selftest.self_test(Detector(model, threshold=0.01))
    assert jumpy.false_points > 0
    assert not jumpy.passed


def test_doctor_says_what_works(cli, shipped, monkeypatch):
    monkeypatch.setattr(selftest, "_SCENE", WIDE)
    code, out, err = cli("doctor")
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    for part in ("irpoint 0.", "Python 3.", "numpy", "onnxruntime", "extra train", "cores", "MiB"):
        assert part in text
    assert "spire ✓" in text
    assert "4 of 4 targets found, 0 false points" in text
    assert len(out.splitlines()) <= 24


def test_doctor_fails_where_a_model_is_damaged(cli, shipped):
    shipped.write_bytes(shipped.read_bytes() + b"\0")
    code, out, err = cli("doctor")
    assert (code, err) == (1, "")
    assert "sha256 differs" in " ".join(out.split())


def test_doctor_fails_where_targets_are_missed(cli, write_model, shipped, monkeypatch):
    monkeypatch.setattr(selftest, "_SCENE", WIDE)
    write_model(shipped, name="spire", thresholds={"default": 50.0, "chosen": "too high"})
    code, out, _ = cli("doctor")
    assert code == 1
    assert "✗ spire on a simulated 512² frame: 0 of 4 targets" in " ".join(out.split())


def test_doctor_fails_where_no_model_ships(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("irpoint.zoo._SHIPPED", tmp_path)
    code, out, _ = cli("doctor")
    assert code == 1
    assert "none ships" in out


@shipped_weights
def test_the_shipped_model_passes(cli):
    code, out, err = cli("doctor")
    assert (code, err) == (0, "")
    assert "4 of 4 targets found, 0 false points" in " ".join(out.split())
