"""The record of measured quantities, and how points carry it."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint import Flag, Measurement, Points


def measurement(count: int, **changed: np.ndarray) -> Measurement:
    ramp = np.arange(count, dtype=float)
    names = ["x_std", "y_std", "amplitude", "background", "snr", "scr", "width", "flux", "chi2"]
    values = {name: ramp + 1 + k for k, name in enumerate(names)}
    values |= {"network_xy": np.column_stack((ramp, -ramp)), "xy_cov": -ramp / 10}
    return Measurement(**(values | {"flags": ramp.astype(np.uint8)} | changed))


def points(count: int) -> Points:
    return Points(np.zeros((count, 2)), np.linspace(1, 0.5, count), measured=measurement(count))


def test_selected_points_keep_their_measurements() -> None:
    chosen = points(3)[np.array([2, 0])]
    assert chosen.measured == measurement(3)[np.array([2, 0])]
    assert chosen.measured.snr.tolist() == [7, 5]


def test_joined_points_are_measured_if_all_are() -> None:
    both = Points.joined([points(2), points(3)])
    assert both.measured == Measurement.joined([measurement(2), measurement(3)])
    assert Points.joined([points(2), Points.labels([[1, 2]])]).measured is None
    assert Points.joined([]) == Points.empty()


def test_points_differ_if_their_measurements_do() -> None:
    assert points(2) == points(2)
    other = measurement(2, chi2=np.array([np.nan, 1]))
    assert other == measurement(2, chi2=np.array([np.nan, 1]))
    assert points(2) != Points(np.zeros((2, 2)), [1, 0.5], measured=other)
    assert points(2) != Points(np.zeros((2, 2)), [1, 0.5])


def test_a_measurement_of_other_points_is_refused() -> None:
    with pytest.raises(ValueError, match="2 positions but 3 measured points"):
        Points(np.zeros((2, 2)), [1, 1], measured=measurement(3))
    with pytest.raises(ValueError, match="2 places but 3 values of snr"):
        measurement(2, snr=np.ones(3))


def test_a_place_without_uncertainty_is_refused() -> None:
    with pytest.raises(ValueError, match="must be finite"):
        measurement(2, x_std=np.array([np.nan, 1]))


def test_covariance_holds_variances_and_covariance() -> None:
    assert measurement(2).covariance[1].tolist() == [[4, -0.1], [-0.1, 9]]


def test_flags_are_written_and_read_as_text() -> None:
    flags = Flag.BORDER | Flag.BLENDED
    assert flags.text == "border|blended"
    assert Flag.parse(flags.text) == flags
    assert Flag.parse("") == Flag(0)
    assert Flag(0).text == ""
    with pytest.raises(ValueError, match="no such flag: 'blurred'"):
        Flag.parse("blurred")
    assert measurement(3).has(Flag.SATURATED).tolist() == [False, False, True]


@pytest.mark.parametrize("value", [0, 3, 28])
def test_an_element_of_the_array_of_flags_is_a_flag(value: int) -> None:
    """Whether or not these flags were used before, as numbers of Python."""
    (element,) = np.array([value], np.uint8)
    Flag._value2member_map_.pop(value, None)
    assert Flag(element) == value
    assert Flag.parse(Flag(element).text) == value
