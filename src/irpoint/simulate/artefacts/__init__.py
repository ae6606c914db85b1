"""Camera artefacts: what a delivered frame contains that is not the scene."""

from irpoint.simulate.artefacts.apply import STAGES, add_artefacts
from irpoint.simulate.artefacts.compression import compress_video
from irpoint.simulate.artefacts.hidden import hidden_share
from irpoint.simulate.artefacts.settings import Artefacts

__all__ = ["STAGES", "Artefacts", "add_artefacts", "compress_video", "hidden_share"]
