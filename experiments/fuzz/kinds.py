"""The table of kinds. To add a kind, write its seeds and add a row."""

from __future__ import annotations

from experiments.fuzz import (
    array_seeds,
    bomb_seeds,
    frame_seeds,
    label_seeds,
    model_seeds,
    read_frames,
    read_others,
    tool_seeds,
)
from experiments.fuzz.kind import Kind

_FRAMES = (read_frames.detect, read_frames.label, read_frames.serve)

_LABELS = (read_others.dataset, read_others.catalogue)

KINDS: dict[str, Kind] = {
    "png": Kind(frame_seeds.png, (*_FRAMES, read_frames.one_image)),
    "picture": Kind(frame_seeds.pictures, (*_FRAMES, read_frames.one_image)),
    "tiff": Kind(frame_seeds.tiff, (*_FRAMES, read_frames.one_image)),
    "tiff-pages": Kind(frame_seeds.tiff_pages, (*_FRAMES, read_frames.detect_in_batches)),
    "netpbm": Kind(frame_seeds.netpbm, _FRAMES),
    "radiometric": Kind(frame_seeds.radiometric, (*_FRAMES, read_frames.one_image)),
    "npy": Kind(array_seeds.npy, (*_FRAMES, read_frames.one_image)),
    "npz": Kind(array_seeds.npz, _FRAMES),
    "fits": Kind(array_seeds.fits, _FRAMES),
    "mat": Kind(array_seeds.mat, _FRAMES),
    "hdf5": Kind(array_seeds.hdf5, _FRAMES),
    "bomb": Kind(bomb_seeds.bombs, (*_FRAMES, read_frames.one_image)),
    "raw": Kind(frame_seeds.raw, (read_frames.detect_raw,)),
    "video": Kind(frame_seeds.video, _FRAMES),
    "sirst-v2": Kind(label_seeds.sirst_v2, _LABELS),
    "masks": Kind(label_seeds.masks, _LABELS),
    "voc": Kind(label_seeds.voc, _LABELS),
    "coco": Kind(label_seeds.coco, _LABELS),
    "coco-tools": Kind(tool_seeds.coco, _LABELS),
    "cvat": Kind(tool_seeds.cvat, _LABELS),
    "label-studio": Kind(tool_seeds.label_studio, _LABELS),
    "labelme": Kind(tool_seeds.labelme, _LABELS),
    "via": Kind(tool_seeds.via, _LABELS),
    "fiftyone": Kind(tool_seeds.fiftyone, _LABELS),
    "yolo": Kind(label_seeds.yolo, _LABELS),
    "yolo-tools": Kind(tool_seeds.yolo, _LABELS),
    "yolo-beside": Kind(tool_seeds.yolo_beside, _LABELS),
    "csv": Kind(label_seeds.csv, _LABELS),
    "csv-tools": Kind(tool_seeds.csv, _LABELS),
    "predictions": Kind(label_seeds.predictions, (read_others.predictions,)),
    "heat-maps": Kind(label_seeds.heat_maps, (read_others.heat_maps,)),
    "card": Kind(model_seeds.card, (read_others.model,)),
    "onnx": Kind(model_seeds.onnx, (read_others.model,)),
    "openvino": Kind(model_seeds.openvino, (read_others.model,)),
    "safetensors": Kind(model_seeds.safetensors, (read_others.safetensors,)),
    "checkpoint": Kind(model_seeds.checkpoint, (read_others.checkpoint,)),
    "last-checkpoint": Kind(model_seeds.last_checkpoint, (read_others.last_checkpoint,)),
    "run": Kind(model_seeds.run_folder, (read_others.run_folder,)),
    "result": Kind(model_seeds.result, (read_others.result,)),
    "journal": Kind(model_seeds.journal, (read_others.journal,)),
    "simulated": Kind(model_seeds.simulated, (read_others.simulated,)),
    "label-file": Kind(model_seeds.label_file, (read_others.label_file,)),
}
