"""``irpoint doctor``."""

from __future__ import annotations

from irpoint.benchmark import selftest
from support.models import shipped_weights
from support.scenes import WIDE_TARGETS


def test_doctor_reports_installation_machine_and_self_test(cli, shipped, monkeypatch):
    monkeypatch.setattr(selftest, "SCENE", WIDE_TARGETS)
    code, out, err = cli("doctor")
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    for part in ("irpoint 0.", "Python 3.", "numpy", "onnxruntime", "extra train", "cores", "MiB"):
        assert part in text
    assert "glint ✓, spire ✓" in text
    assert "4 of 4 targets found, 0 false points" in text
    assert len(out.splitlines()) <= 30


def test_doctor_fails_if_a_model_is_damaged(cli, shipped):
    shipped.write_bytes(shipped.read_bytes() + b"\0")
    code, out, err = cli("doctor")
    assert (code, err) == (1, "")
    assert "sha256 differs" in " ".join(out.split())


def test_doctor_fails_if_targets_are_missed(cli, write_model, shipped, monkeypatch):
    monkeypatch.setattr(selftest, "SCENE", WIDE_TARGETS)
    write_model(shipped, name="glint", thresholds={"default": 50.0, "chosen": "too high"})
    code, out, _ = cli("doctor")
    assert code == 1
    assert "✗ glint on a simulated 512² frame: 0 of 4 targets" in " ".join(out.split())


def test_doctor_fails_if_no_model_ships(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("irpoint.zoo._SHIPPED", tmp_path)
    code, out, _ = cli("doctor")
    assert code == 1
    assert "no model ships" in out


@shipped_weights
def test_the_shipped_model_passes(cli):
    code, out, err = cli("doctor")
    assert (code, err) == (0, "")
    assert "4 of 4 targets found, 0 false points" in " ".join(out.split())
