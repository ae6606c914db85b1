"""Settings of the simulation: :class:`SceneSettings`."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from irpoint.simulate.artefacts import Artefacts
from irpoint.system.overrides import checked

SceneKind = Literal["clear", "clouds", "sea", "land", "clutter", "mixed"]
SCENE_KINDS: tuple[SceneKind, ...] = get_args(SceneKind)
Snr = Annotated[float, Field(gt=0, le=200)]
Sigma = Annotated[float, Field(ge=0.3, le=5)]
Count = Annotated[int, Field(ge=0, le=1000)]

# A camera with 8-bit output digitises at 14 bits before automatic gain control.
_ADC_BITS_BEHIND_8 = 14


class SceneSettings(BaseModel):
    """Settings of a simulated infrared camera and the scene in front of it.

    The signal-to-noise ratio of a target is **the signal in its peak pixel** (at its true sub-pixel
    position, above the background) **over the standard deviation of the temporal noise of that
    pixel without the target**: sqrt(background electrons + read noise²). This is the point-source
    SNR of sensor engineering: target irradiance × ensquared energy of the peak pixel / noise of a
    pixel, as in the EOIR model of the Systems Tool Kit. It leaves out the shot noise of the target,
    the fixed pattern, quantisation and clutter. ``Target.scnr`` is the ratio to noise and local
    clutter together.

    Attributes:
        width, height: size of the frame in pixels, 16..8192.
        scene: ``clear`` sky, ``clouds``, ``sea`` or ``land`` below a horizon, ``clutter`` (an
            isotropic power-law field), or ``mixed``: one of the first four, drawn per frame.
        beta: exponent of the background's power spectrum, P(f) ∝ 1/f^beta, 0..5. For infrared
            clouds and terrain it is 2..3.5.
        clutter_to_noise: standard deviation of the background over that of the temporal noise.
        targets: minimum and maximum number of targets per frame; drawn uniformly.
        snr: minimum and maximum signal-to-noise ratio; drawn log-uniformly.
        visibility: if given, the signal of a target is drawn by it instead of by ``snr``: minimum
            and maximum of its signal over what a filter of the target's width leaves of noise and
            local clutter; drawn log-uniformly. Targets below about 4 are found by chance only.
        dark_fraction: fraction of targets that are colder than their surroundings.
        psf_sigma: minimum and maximum standard deviation of the point spread function in pixels.
        min_separation: minimum distance between two targets in pixels.
        well_electrons: full well of a pixel in electrons.
        well_fill: mean background as a fraction of the full well.
        read_noise: standard deviation in electrons.
        column_noise, pixel_noise: fixed pattern left after non-uniformity correction, as a multiple
            of the temporal noise (σ_h/σ_tvh and σ_vh/σ_tvh of the three-dimensional noise model,
            D'Agostino and Webb, Proc. SPIE 1488, 1991).
        bad_pixels: fraction of hot and dead pixels together; half of them are hot, half dead.
        bits: bits per pixel: 8 (with automatic gain control), or 12, 14, 16 (linear, in uint16).
        artefacts: what camera and software add to the frame that is not scene; by default nothing.

    Raises:
        pydantic.ValidationError: if a value is out of range. :meth:`checked` raises a
            :class:`SettingsError` of one line instead.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(512, ge=16, le=8192)
    height: int = Field(512, ge=16, le=8192)
    scene: SceneKind = "mixed"
    beta: float = Field(3.0, ge=0, le=5)
    clutter_to_noise: float = Field(15.0, ge=0, le=200)
    targets: tuple[Count, Count] = (1, 4)
    snr: tuple[Snr, Snr] = (5.0, 20.0)
    visibility: tuple[Snr, Snr] | None = None
    dark_fraction: float = Field(0.0, ge=0, le=1)
    psf_sigma: tuple[Sigma, Sigma] = (0.8, 1.2)
    min_separation: float = Field(10.0, ge=0, le=200)
    well_electrons: float = Field(7e6, ge=1e4, le=1e8)
    well_fill: float = Field(0.45, ge=0.05, le=0.9)
    read_noise: float = Field(600.0, ge=0, le=1e5)
    column_noise: float = Field(0.25, ge=0, le=10)
    pixel_noise: float = Field(0.25, ge=0, le=10)
    bad_pixels: float = Field(0.0, ge=0, le=0.2)
    bits: Literal[8, 12, 14, 16] = 8
    artefacts: Artefacts = Artefacts()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in ("targets", "snr", "visibility", "psf_sigma"):
            low, high = getattr(self, name) or (0, 0)
            if low > high:
                raise ValueError(f"{name}: {low} is above {high}; give the lower value first")
        swing = (4 * self.clutter_to_noise + self.snr[1]) * self.noise_electrons
        mean = self.well_fill * self.well_electrons
        if mean - swing < 0 or mean + swing > self.well_electrons:
            raise ValueError(
                "clutter_to_noise and snr: the signal exceeds the full well; lower them, "
                "raise well_electrons, or set well_fill closer to 0.5"
            )
        return self

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """Create settings from ``values``.

        Raises:
            SettingsError: if a value is out of range; one line that names the setting.
        """
        return checked(cls, values)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def noise_electrons(self) -> float:
        """Standard deviation of the temporal noise at the mean background, in electrons."""
        return math.hypot(math.sqrt(self.well_fill * self.well_electrons), self.read_noise)

    @property
    def adc_bits(self) -> int:
        """Bits of the analogue-to-digital converter."""
        return _ADC_BITS_BEHIND_8 if self.bits == 8 else self.bits

    @property
    def electrons_per_count(self) -> float:
        """Gain of the converter, at which a full well is full scale."""
        return float(self.well_electrons / (2**self.adc_bits - 1))
