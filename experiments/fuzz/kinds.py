"""The table of kinds. To add a kind, write its seeds and add a row."""

from __future__ import annotations

from experiments.fuzz import (
    frame_seeds,
    label_seeds,
    model_seeds,
    read_frames,
    read_others,
)
from experiments.fuzz.kind import Kind

_FRAMES = (read_frames.detect, read_frames.label)

KINDS: dict[str, Kind] = {
    "png": Kind(frame_seeds.png, (*_FRAMES, read_frames.one_image)),
    "picture": Kind(frame_seeds.pictures, (*_FRAMES, read_frames.one_image)),
    "tiff": Kind(frame_seeds.tiff, (*_FRAMES, read_frames.one_image)),
    "tiff-pages": Kind(frame_seeds.tiff_pages, (*_FRAMES, read_frames.detect_in_batches)),
    "npy": Kind(frame_seeds.npy, (*_FRAMES, read_frames.one_image)),
    "npz": Kind(frame_seeds.npz, _FRAMES),
    "raw": Kind(frame_seeds.raw, (read_frames.detect_raw,)),
    "video": Kind(frame_seeds.video, _FRAMES),
    **{
        name: Kind(seeds, (read_others.dataset, read_others.catalogue))
        for name, seeds in label_seeds.LAYOUTS.items()
    },
    "predictions": Kind(label_seeds.predictions, (read_others.predictions,)),
    "heat-maps": Kind(label_seeds.heat_maps, (read_others.heat_maps,)),
    "card": Kind(model_seeds.card, (read_others.model,)),
    "onnx": Kind(model_seeds.onnx, (read_others.model,)),
    "openvino": Kind(model_seeds.openvino, (read_others.model,)),
    "safetensors": Kind(model_seeds.safetensors, (read_others.safetensors,)),
    "checkpoint": Kind(model_seeds.checkpoint, (read_others.checkpoint,)),
    "run": Kind(model_seeds.run_folder, (read_others.run_folder,)),
    "result": Kind(model_seeds.result, (read_others.result,)),
    "journal": Kind(model_seeds.journal, (read_others.journal,)),
    "simulated": Kind(model_seeds.simulated, (read_others.simulated,)),
    "label-file": Kind(model_seeds.label_file, (read_others.label_file,)),
}
