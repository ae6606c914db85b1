"""The extras of the package, and which of their libraries are installed."""

from __future__ import annotations

from irpoint.system.extras import inspect_extras, version_of


def test_extras_are_read_from_the_metadata_of_the_package(monkeypatch):
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
