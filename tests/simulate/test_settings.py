"""Settings of the simulation that are out of range."""

from __future__ import annotations

import math

import pytest

from irpoint.errors import SettingsError
from irpoint.simulate import SceneSettings


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"snr": (9, 2)}, "snr"),
        ({"snr": (0, 2)}, "snr"),
        ({"bits": 10}, "bits"),
        ({"width": 8}, "width"),
        ({"beta": math.nan}, "beta"),
        ({"dark_fraction": 1.1}, "dark_fraction"),
        ({"scene": "moon"}, "scene"),
        ({"clutter": 3}, "clutter"),
        ({"clutter_to_noise": 200, "well_electrons": 1e4}, "well"),
    ],
)
def test_a_setting_out_of_range_is_named_in_one_line(values: dict, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        SceneSettings.checked(**values)
    assert "\n" not in str(caught.value)
