"""Settings of the camera artefacts: :class:`Artefacts`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from irpoint.system.overrides import checked

Side = Literal["left", "right", "top", "bottom"]
Rail = Literal["low", "high"]
Value = float | Rail
Reticle = Literal["crosshair", "box", "bars", "scale"]
Agc = Literal["linear", "percentile", "histogram", "plateau", "local"]
NodataShape = Literal["rectangles", "irregular", "scattered"]


def _listed(value: Any) -> Any:
    """``"left,top"``, as written on a command line, is ``("left", "top")``."""
    return tuple(value.split(",")) if isinstance(value, str) else value


Sides = Annotated[tuple[Side, ...], BeforeValidator(_listed)]
Reticles = Annotated[tuple[Reticle, ...], BeforeValidator(_listed)]
_ALL_SIDES: tuple[Side, ...] = ("left", "right", "top", "bottom")


class Artefacts(BaseModel):
    """What cameras, recorders and software put into a frame that is not the scene.

    By default, nothing. A ``value`` is a number in counts, or ``"low"`` or ``"high"``: the ends of
    the camera's range. These are 0 and 2^bits − 1 for integers. Floats have no such range; for them
    the ends are the minimum of the frame, and its maximum plus its span.

    Attributes:
        saturation: fraction of the frame that is saturated, 0..0.9: the warmest (or coldest) areas.
        saturation_rail: ``high`` or ``low``, the end of the range at which they saturate.
        sun: radius of the saturated disc of a sun at a random position, in pixels.
        sun_halo: how far its glare reaches beyond the disc, in radii. Glare adds to the scene.
        agc: automatic gain control to 8 bits: ``linear`` (minimum to maximum), ``percentile``,
            ``histogram`` equalisation, ``plateau`` (equalisation with a limit), or ``local``
            (contrast-limited, in tiles). In a simulated scene it replaces that of ``bits=8``.
        agc_tail: fraction of pixels that ``percentile`` clips at each end.
        agc_plateau: limit of ``plateau``: the pixels of a grey level that count, over all pixels.
        agc_gain: maximum grey levels per count, so that noise does not fill the range.
        agc_detail: amount of detail enhancement (unsharp masking) before the gain control.
        black_hot: invert the frame, as the palette *black hot* does. Warm targets become dark.
        kelvin_per_count: convert counts to float32 temperatures by this factor. Tau 2 has 0.04 or
            0.4, Boson and Lepton 0.01 or 0.1. 0 keeps the type of the frame. In a simulated scene
            with ``bits=8``, the counts are those before gain control.
        border: width in pixels of a constant border.
        border_sides: the sides that have it, such as ``left,right`` (pillarbox).
        border_value: value of border, rotation wedges and aperture.
        border_noise: standard deviation of noise in them, in counts, as a frame grabber has.
        rotation: angle in degrees by which a registered or stabilised frame was turned: wedges
            without scene are left at its edges. The scene itself is not turned.
        aperture: radius of a circular aperture over half the shorter side of the frame; 0 is none.
        edge_line: width in pixels of a line at the edge of the frame.
        edge_sides: the edges that have it.
        edge_value: value of the line.
        nodata: fraction of the frame without data, 0..0.9.
        nodata_shape: ``rectangles``, ``irregular`` areas, or ``scattered`` pixels.
        nodata_value: value of pixels without data, such as 0, 65535, -9999 or NaN. The last two
            need frames that can hold them; see ``kelvin_per_count``.
        nodata_tag: write ``nodata_value`` into the tag GDAL_NODATA of TIFF files. This concerns
            ``irpoint simulate``, not :func:`add_artefacts`.
        text: number of burnt-in texts, 0..8.
        text_size: height of the font in pixels; 0 is a 24th of the frame, at least 9.
        reticle: burnt-in symbols: ``crosshair``, ``box``, ``bars`` (heading tape and level bar),
            ``scale`` (the palette from dark to bright). Several are joined by ``,``.
        overlay_value: value of text and reticle.
        overlay_outline: surround text and reticle with a dark line (bright around dark ones).
        overlay_thickness: width of the reticle's lines in pixels.
        overlay_smooth: blend the edges of text with the scene, as video overlays do.
        telemetry: number of telemetry lines, 0..8. They replace lines of the scene.
        telemetry_side: edge at which they lie; left and right are columns.
        telemetry_fill: fraction of their words that is in use. The others are zero.
        video_range: squeeze 0..255 into 16..235, the luma of most video.
        jpeg: quality of JPEG compression, 1..100; 0 is none. Like the next, for 8-bit frames.
        h264: constant rate factor of H.264 compression, 1 (best) to 51; 0 is none. Cameras are at
            about 23 to 35. It needs the extra ``video``.

    Raises:
        pydantic.ValidationError: if a value is out of range. :meth:`checked` raises a
            :class:`SettingsError` of one line instead.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    saturation: float = Field(0.0, ge=0, le=0.9)
    saturation_rail: Rail = "high"
    sun: float = Field(0.0, ge=0, le=2000)
    sun_halo: float = Field(3.0, ge=0, le=20)
    agc: Agc | None = None
    agc_tail: float = Field(0.01, ge=0, le=0.4)
    agc_plateau: float = Field(0.0005, gt=0, le=1)
    agc_gain: float = Field(12.0, gt=0, le=255)
    agc_detail: float = Field(0.0, ge=0, le=10)
    black_hot: bool = False
    kelvin_per_count: float = Field(0.0, ge=0, le=10)
    border: int = Field(0, ge=0, le=4096)
    border_sides: Sides = _ALL_SIDES
    border_value: Value = 0.0
    border_noise: float = Field(0.0, ge=0, le=1e4)
    rotation: float = Field(0.0, ge=-45, le=45)
    aperture: float = Field(0.0, ge=0, le=2)
    edge_line: int = Field(0, ge=0, le=16)
    edge_sides: Sides = ("right",)
    edge_value: Value = "high"
    nodata: float = Field(0.0, ge=0, le=0.9)
    nodata_shape: NodataShape = "rectangles"
    nodata_value: Value = 0.0
    nodata_tag: bool = False
    text: int = Field(0, ge=0, le=8)
    text_size: int = Field(0, ge=0, le=200)
    reticle: Reticles = ()
    overlay_value: Value = "high"
    overlay_outline: bool = True
    overlay_thickness: int = Field(1, ge=1, le=32)
    overlay_smooth: bool = False
    telemetry: int = Field(0, ge=0, le=8)
    telemetry_side: Side = "bottom"
    telemetry_fill: float = Field(0.4, ge=0, le=1)
    video_range: bool = False
    jpeg: int = Field(0, ge=0, le=100)
    h264: int = Field(0, ge=0, le=51)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.agc and self.kelvin_per_count:
            raise ValueError("agc and kelvin_per_count: grey levels are no temperatures; set one")
        if self.nodata_tag and isinstance(self.nodata_value, str):
            raise ValueError("nodata_tag: give nodata_value as a number")
        return self

    @property
    def from_counts(self) -> bool:
        """Whether a stage needs the counts of the sensor, before any gain control."""
        return bool(self.agc or self.kelvin_per_count)

    @property
    def gdal_nodata(self) -> str | None:
        """Text of the tag GDAL_NODATA, if there is to be one."""
        return f"{self.nodata_value}" if self.nodata_tag else None

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """Create settings from ``values``.

        Raises:
            SettingsError: if a value is out of range; one line that names the setting.
        """
        return checked(cls, values, "artefacts.")
