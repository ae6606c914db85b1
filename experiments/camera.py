"""Check pixels → angles for every camera model, and draw their axes.

    python -m experiments.camera [--draws N] [--picture docs/camera.png]

For each model, prints the largest error of pixel → angle → pixel over a 640 × 512 frame, and how
often the true angles lie within one and two stated deviations, if a place of known covariance is
drawn N times.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from experiments.common import argument_parser, run
from irpoint.measurement import Measurement
from irpoint.measuring.camera import Camera
from irpoint.measuring.camera.lenses import Fisheye, Lens, Pinhole
from irpoint.measuring.camera.readout import Readout
from irpoint.points import Points

Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT = 640, 512
LENSES: dict[str, tuple[Lens, float]] = {  # and the focal length in pixels
    "no distortion": (Pinhole(), 800),
    "`plumb_bob`, barrel": (Pinhole((-0.3, 0.1, 1e-3, -2e-3, 0.02)), 800),
    "`plumb_bob`, pincushion": (Pinhole((0.25, -0.1, -2e-3, 1e-3, 0.02)), 800),
    "`rational_polynomial`": (Pinhole((0.5, -0.2, 1e-3, 1e-3, 0.05, 0.6, -0.1, 0.02)), 400),
    "`equidistant`": (Fisheye((0.01, -0.02, 0.003, -0.001)), 300),
}
COVARIANCE = np.array([[0.04, 0.012], [0.012, 0.01]])  # px²: deviations 0.2 and 0.1
BLUE, RED, GREY, BLACK = "#1f6fb2", "#c0392b", "#8a8f98", "#22262b"


def make_camera(lens: Lens, focal: float) -> Camera:
    """A camera of 640 × 512 pixels."""
    matrix = np.array([[focal, 0, 325], [0, focal, 250], [0, 0, 1]])
    return Camera(matrix, lens, Readout((WIDTH, HEIGHT)))


def check(camera: Camera, draws: int, rng: np.random.Generator) -> tuple[float, Floats]:
    """The largest error in px, and the shares within 1σ and 2σ of azimuth and elevation (2, 2)."""
    grid = np.stack(np.meshgrid(np.arange(0, WIDTH, 5.0), np.arange(0, HEIGHT, 5.0)), axis=-1)
    pixels = grid.reshape(-1, 2)
    angles = camera.angles(pixels)
    error = np.abs(camera.project(angles.azimuth, angles.elevation) - pixels).max()
    truth = rng.uniform((0, 0), (WIDTH - 1, HEIGHT - 1), (draws, 2))
    true = camera.angles(truth)
    stated = camera.angles(measured(truth + rng.multivariate_normal((0, 0), COVARIANCE, draws)))
    off = np.abs([stated.azimuth - true.azimuth, stated.elevation - true.elevation])
    off /= [stated.azimuth_std, stated.elevation_std]
    return float(error), np.stack([(off <= 1).mean(axis=1), (off <= 2).mean(axis=1)], axis=1)


def measured(xy: Floats) -> Points:
    """Points at ``xy`` with :data:`COVARIANCE`."""
    ones = np.ones(len(xy))
    rest = ("amplitude", "background", "snr", "scr", "width", "flux", "chi2")
    columns: dict[str, Any] = dict.fromkeys(rest, ones)
    columns |= {"x_std": 0.2 * ones, "y_std": 0.1 * ones, "xy_cov": COVARIANCE[0, 1] * ones}
    measurement = Measurement(xy, **columns, flags=np.zeros(len(xy), np.uint8))
    return Points(xy.astype(np.float32), ones.astype(np.float32), measured=measurement)


def draw_axes(file: Path) -> None:
    """Draw the angles in a picture, and the rotations of a platform from three sides."""
    figure = plt.figure(figsize=(12, 6.6), layout="constrained", facecolor="white")
    grid = figure.add_gridspec(2, 3, width_ratios=(1.9, 1, 1))
    draw_picture(figure.add_subplot(grid[:, 0]))
    sides = [figure.add_subplot(grid[row, column]) for row in (0, 1) for column in (1, 2)]
    draw_turn(sides[0], "platform, from above", "forward", "right", 30, "yaw, azimuth")
    draw_turn(sides[1], "platform, from its right", "up", "forward", -25, "pitch, elevation", 90)
    draw_turn(sides[2], "platform, from behind", "up", "right", 25, "roll")
    draw_turn(sides[3], "north-east-down, from above", "north", "east", 60, "yaw, azimuth")
    figure.savefig(file, dpi=100)
    plt.close(figure)


def draw_picture(axes: Axes) -> None:
    """Lines of equal azimuth and elevation in a frame of a barrel lens."""
    camera = make_camera(Pinhole((-0.3, 0.1, 0, 0, 0)), 500)
    steps = np.linspace(-60, 60, 241)
    for angle in range(-30, 31, 10):
        strong = 1.8 if angle == 0 else 0.9
        for colour, (azimuth, elevation) in ((BLUE, (angle, steps)), (RED, (steps, angle))):
            x, y = camera.project(azimuth, elevation).T
            axes.plot(x, y, color=colour, linewidth=strong)
        x, y = camera.project(angle, 0)[0]
        axes.text(x + 4, y - 5, f"{angle:+d}°" if angle else "0°", color=BLUE)
        x, y = camera.project(0, angle)[0]
        if angle and 20 < y < HEIGHT:
            axes.text(x + 4, y - 5, f"{angle:+d}°", color=RED)
    arrow(axes, (0, 0), (90, 0), BLACK)
    arrow(axes, (0, 0), (0, 90), BLACK)
    axes.text(96, 14, "x", va="center", size=12)
    axes.text(8, 100, "y", va="center", size=12)
    axes.plot(325, 250, "o", color=BLACK)
    axes.set(
        xlim=(-0.5, WIDTH - 0.5),
        ylim=(HEIGHT - 0.5, -0.5),
        aspect="equal",
        title="camera: azimuth (blue), elevation (red)",
        xticks=[],
        yticks=[],
    )


def draw_turn(
    axes: Axes, title: str, up: str, right: str, angle: float, name: str, start: float = 0
) -> None:
    """Two axes, and a positive rotation by ``angle``, clockwise from ``start``, seen from above."""
    arrow(axes, (0, 0), (0, 1), GREY)
    arrow(axes, (0, 0), (1, 0), GREY)
    axes.text(0, 1.08, up, ha="center", color=GREY)
    axes.text(1.0, -0.16, right, ha="center", color=GREY)
    along = np.radians(start + np.linspace(0, angle, 50))
    end = np.array([np.sin(along[-1]), np.cos(along[-1])])
    arrow(axes, (0, 0), 0.95 * end, BLUE)
    axes.plot(0.6 * np.sin(along), 0.6 * np.cos(along), color=BLUE)
    arc = 0.6 * np.column_stack([np.sin(along), np.cos(along)])
    arrow(axes, arc[-6], arc[-1], BLUE)
    axes.text(float(end[0]) + 0.02, float(end[1]), f"+ {name}", color=BLUE, va="center")
    axes.set(xlim=(-0.25, 1.75), ylim=(-0.3, 1.25), aspect="equal", title=title)
    axes.axis("off")


def arrow(axes: Axes, start: Any, end: Any, colour: str) -> None:
    """An arrow between two places."""
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=tuple(end), xytext=tuple(start), arrowprops=style)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("camera", __doc__)
    parser.add_argument("--draws", type=int, default=100_000, metavar="N", help="places drawn")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="PNG to write")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(1)
    print("| model | largest error px | azimuth in 1σ, 2σ % | elevation in 1σ, 2σ % |")
    print("|---|---|---|---|")
    for name, (lens, focal) in LENSES.items():
        error, shares = check(make_camera(lens, focal), options.draws, rng)
        cells = [f"{100 * one:.1f}, {100 * two:.1f}" for one, two in shares]
        print(f"| {name} | {error:.0e} | {cells[0]} | {cells[1]} |")
    if options.picture is not None:
        draw_axes(options.picture)


if __name__ == "__main__":
    run(main)
