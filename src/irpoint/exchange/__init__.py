"""Points as other libraries hold them: supervision, napari and FiftyOne, and back.

The libraries are imported when a function needs them; irpoint does not install them. Files of
datasets are the business of :func:`irpoint.datasets.convert`.
"""

from irpoint.exchange.fiftyone import to_fiftyone
from irpoint.exchange.napari import to_napari, to_napari_tracks
from irpoint.exchange.supervision import from_supervision, to_supervision, to_supervision_keypoints

__all__ = [
    "from_supervision",
    "to_fiftyone",
    "to_napari",
    "to_napari_tracks",
    "to_supervision",
    "to_supervision_keypoints",
]
