"""Measure recall by signal-to-noise and signal-to-clutter ratio, on simulated frames.

    python -m experiments.recall_by_snr spire p2p-lite
    python -m experiments.recall_by_snr --write-cards spire p2p-lite sshd
    python -m experiments.recall_by_snr --observer

The frames are 200 of clouds, sea and land each, 640x512 pixels at 16 bits, with targets of an SNR
of 8 to 40. Settings and seeds are fixed here, and no model is trained on these frames. For each
model, prints the detection probability Pd of each scene at one false alarm per million pixels, and
of each bin of SNR and SCNR (the ratio to noise and local clutter) at the same thresholds, with 95 %
intervals. ``--write-cards`` writes the figures into the cards of the models.

``--observer`` adds the best linear observer: a matched filter that is whitened with the spectrum of
the clean background around each pixel, which no real observer knows. Networks can be better,
because they are not linear. The frames of the first scene are also those of ``irpoint simulate
--frames 200 --size 640x512 --scene clouds --snr 8-40 --bits 16 --seed 24001``.
"""

from experiments.recall_by_snr.cards import in_a_cell, print_recall, write_recall
from experiments.recall_by_snr.command import main, measure_models

__all__ = ["in_a_cell", "main", "measure_models", "print_recall", "write_recall"]
