"""How far OpenVINO's points lie from ONNX Runtime's: ``experiments/backends.py MODEL DATA…``."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from irpoint import Detector
from irpoint.datasets import load_dataset, pool
from irpoint.frames import read_frame

_EVERY = 4  # validation frames


def main() -> None:
    """Compare every point above the card's threshold on every fourth validation frame."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("data", nargs="+", type=Path)
    given = parser.parse_args()
    one, other = (Detector(given.model, backend=b) for b in ("onnxruntime", "openvino"))
    score, place, lost = [], [], 0
    for frame in pool([load_dataset(folder, "val") for folder in given.data])[::_EVERY]:
        pixels = read_frame(frame.image)
        points, near = one(pixels), other(pixels, threshold=0.8 * one.threshold)
        for xy, own in zip(points.xy, points.score, strict=True):
            gaps = np.linalg.norm(near.xy - xy, axis=1)
            if not len(gaps) or gaps.min() > 3:
                lost += 1
                continue
            score.append(abs(float(near.score[gaps.argmin()] - own)))
            place.append(float(gaps.min()))
    print(f"{len(score) + lost} points of {given.model}, {other.precision}; {lost} lost")
    for name, values, limit in (("score", score, 0.01), ("px", place, 0.1)):
        within = 100 * np.mean(np.array(values) <= limit)
        print(f"{name}: {within:.0f} % within {limit:g}, at most {max(values):.3f}")


if __name__ == "__main__":
    main()
