"""Settings that can be changed on the page while detection goes on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from irpoint.errors import SettingsError, first_error
from irpoint.live.engine import Engine
from irpoint.runtime.detector import Detector


@dataclass(frozen=True)
class Slider:
    """One setting.

    Attributes:
        name: of the setting.
        label: text on the page.
        help: tooltip.
        low, high: range of the slider; other values can still be set.
        logarithmic: whether the slider is.
    """

    name: str
    label: str
    help: str
    low: float
    high: float
    logarithmic: bool = False


THRESHOLD = Slider("threshold", "Threshold", "Minimum score of a point", 0.05, 1.5)
# To show another setting of the tracker, add a row; one that this tracker lacks is not shown.
OF_TRACKER = (
    Slider(
        "false_tracks_per_hour",
        "False tracks / h",
        "False tracks per hour that are accepted: more of them, and dimmer targets are found",
        0.1,
        1000.0,
        logarithmic=True,
    ),
)


class Sliders:
    """Reads and changes the settings of a detector and of the tracker of an engine."""

    def __init__(self, detector: Detector, engine: Engine) -> None:
        self._detector, self._engine = detector, engine
        fields = type(engine.settings).model_fields
        self._of_tracker = [row for row in OF_TRACKER if row.name in fields]

    def state(self) -> list[dict[str, Any]]:
        """Every slider with its value."""
        settings = self._engine.settings
        values = {row: getattr(settings, row.name) for row in self._of_tracker}
        all_values = {THRESHOLD: self._detector.threshold, **values}
        return [asdict(row) | {"value": value} for row, value in all_values.items()]

    def change(self, name: str, value: float) -> None:
        """Change a setting from the next frame on.

        Raises:
            SettingsError: if there is no such setting, or the value is out of range.
        """
        if name == THRESHOLD.name:
            if not value > 0:
                raise SettingsError(f"threshold {value:g}: must be positive")
            self._detector.threshold = value
            return
        if name not in {row.name for row in self._of_tracker}:
            raise SettingsError(f"{name}: is not a setting of the page")
        settings = self._engine.settings
        try:
            changed = type(settings).model_validate(settings.model_dump() | {name: value})
        except ValidationError as error:
            raise SettingsError(first_error(error)) from error
        self._engine.settings = changed
