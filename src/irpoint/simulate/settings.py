"""Everything that decides what a simulated scene looks like: :class:`SceneSettings`."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from irpoint.errors import SettingsError, first_error

SceneKind = Literal["clear", "clouds", "sea", "land", "clutter", "mixed"]
Snr = Annotated[float, Field(gt=0, le=200)]
Sigma = Annotated[float, Field(ge=0.3, le=5)]
Count = Annotated[int, Field(ge=0, le=1000)]

# A camera with an 8-bit output digitises at 14 bits and compresses afterwards.
_ADC_BITS_BEHIND_8 = 14


class SceneSettings(BaseModel):
    """Settings of a simulated infrared camera and what it looks at.

    The signal-to-noise ratio of a target is **the signal in its peak pixel** (at its true sub-pixel
    position, above the background) **over the standard deviation of the temporal noise of that
    pixel without the target**: sqrt(background electrons + read noise²). This is the point-source
    SNR of sensor engineering (target irradiance × ensquared energy of the peak pixel / noise of a
    pixel, as in the EOIR model of the Systems Tool Kit), with the target's own shot noise, fixed
    pattern and quantisation left out. Clutter does not enter it: the ratio to noise and local
    clutter together is stated beside it for every target (``Target.scnr``).

    Attributes:
        width, height: pixels, 16..8192.
        scene: ``clear`` sky, ``clouds``, ``sea`` or ``land`` under a horizon, ``clutter`` (the bare
            isotropic power-law field), or ``mixed``: one of the first four, drawn for each frame.
        beta: exponent of the background's power spectrum, P(f) ∝ 1/f^beta, 0..5; infrared clouds
            and terrain lie at 2..3.5.
        clutter_to_noise: standard deviation of the background over that of the temporal noise.
        targets: fewest and most targets a frame, drawn uniformly.
        snr: lowest and highest signal-to-noise ratio, drawn log-uniformly.
        dark_fraction: share of targets colder than their background.
        psf_sigma: least and greatest standard deviation of the point spread function in pixels.
        min_separation: least distance between two targets in pixels.
        well_electrons: charge that fills a pixel, in electrons.
        well_fill: mean background over the full well.
        read_noise: standard deviation in electrons.
        column_noise, pixel_noise: fixed pattern left after non-uniformity correction, as a multiple
            of the temporal noise (σ_h/σ_tvh and σ_vh/σ_tvh of the three-dimensional noise model,
            D'Agostino and Webb, Proc. SPIE 1488, 1991).
        bad_pixels: share of hot and dead pixels, half of each.
        bits: 8 (compressed by automatic gain control), or 12, 14, 16 linear bits in 16.

    Raises:
        pydantic.ValidationError: for a value out of range; :meth:`checked` turns it into one line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(512, ge=16, le=8192)
    height: int = Field(512, ge=16, le=8192)
    scene: SceneKind = "mixed"
    beta: float = Field(3.0, ge=0, le=5)
    clutter_to_noise: float = Field(15.0, ge=0, le=200)
    targets: tuple[Count, Count] = (1, 4)
    snr: tuple[Snr, Snr] = (5.0, 20.0)
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

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in ("targets", "snr", "psf_sigma"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: {low} is above {high}; give the lower value first")
        swing = (4 * self.clutter_to_noise + self.snr[1]) * self.noise_electrons
        mean = self.well_fill * self.well_electrons
        if mean - swing < 0 or mean + swing > self.well_electrons:
            raise ValueError(
                "clutter_to_noise and snr: the scene does not fit in the well; lower them, "
                "raise well_electrons or bring well_fill nearer to 0.5"
            )
        return self

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """Settings from ``values``.

        Raises:
            SettingsError: one line that names the first setting that is wrong, and its range.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError(first_error(error)) from None

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
        """Bits of the converter behind the detector."""
        return _ADC_BITS_BEHIND_8 if self.bits == 8 else self.bits

    @property
    def electrons_per_count(self) -> float:
        """Gain: a full well is the converter's full scale."""
        return float(self.well_electrons / (2**self.adc_bits - 1))
