"""The Lightning module: a network, its moving average, one loss, judged on the validation split."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn

from irpoint.decoding.peaks import decode
from irpoint.errors import SettingsError
from irpoint.evaluation import EvaluatedFrame, evaluate, sweep
from irpoint.frames.scale import pad
from irpoint.methods import find_method, find_target_map
from irpoint.methods.blocks.loss import response_loss
from irpoint.points import Points
from irpoint.runtime import CANDIDATE_SCORE
from irpoint.training.crops import Crops
from irpoint.training.distributed import over_whole_batch
from irpoint.training.network_frames import NetworkFrame
from irpoint.training.optimizer import MuonAdamW, adamw
from irpoint.training.settings import TrainSettings
from irpoint.training.teachers import Teachers

_FALSE_ALARM_SCORE = 0.2
_FOUND_SCORE = 0.5  # a label is missed where nothing scores this much
_APART = 12.0  # network px from a false alarm to the nearest label, and the other way round
_MINED_SHARE = 3  # each search goes through one frame in three


def network_input(image: Tensor) -> Tensor:
    """Normalised frames (B, 1, H, W), 0..1 → what the network is trained on (B, 3, H, W), −1..1."""
    three = (2 * image - 1).expand(-1, 3, -1, -1)
    return three.contiguous(memory_format=torch.channels_last)


def channels_last(network: nn.Module) -> nn.Module:
    """The layout in which CPUs convolve quickest."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


class ResponseModule(L.LightningModule):
    """Trains a response map from crops; validates on whole frames and mines them for errors."""

    def __init__(
        self, settings: TrainSettings, crops: Crops, checked: Sequence[NetworkFrame]
    ) -> None:
        super().__init__()
        self.settings = settings
        self.crops = crops
        self.checked = checked
        method = find_method(settings.method)
        self.stride = method.stride
        self.map_offset = find_target_map(settings.target_map, method).map_offset
        self.network = over_whole_batch(channels_last(method.build(settings.width)))
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self._start: dict[str, Tensor] = {}
        self._teachers = Teachers(settings.teachers, network_input)
        self._seen: list[EvaluatedFrame] = []
        self._resumed = False

    def start_from(self, state: dict[str, Tensor]) -> None:
        """Begin with given weights instead of random ones."""
        self.network.load_state_dict(state)
        self.average.load_state_dict(state)
        self._start = copy.deepcopy(self.average.state_dict())

    def forward(self, image: Tensor) -> Tensor:
        """Normalised frames (B, 1, H, W) → response of the averaged network (B, 1, H/4, W/4)."""
        response: Tensor = self.average(network_input(image))
        return response

    def on_fit_start(self) -> None:
        for teacher in self._teachers.networks:
            channels_last(teacher).to(self.device)
        self._start = {name: value.to(self.device) for name, value in self._start.items()}
        # Compiled code cannot wait for other processes in the middle of a network.
        if self.settings.compile and self.trainer.world_size == 1:
            for network in (self.network, *self._teachers.networks):
                network.compile(dynamic=False)  # code for each shape of crops: it is quicker
        if self.settings.init and self.settings.mine_every and not self._resumed:
            self._mine(range(_MINED_SHARE))

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        image, target = batch
        if self._teachers.networks:
            taught = self._teachers(image, self.global_step)
            target = target.lerp(taught, self.settings.teachers_share)
        image = network_input(image)
        loss = response_loss(self.network(image).float(), target, self.settings.foreground)
        if not torch.isfinite(loss):
            raise SettingsError(
                f"the loss is no longer finite in epoch {self.current_epoch + 1}: "
                f"lower learning_rate (it is {self.settings.learning_rate:g})"
            )
        # Of several processes the first logs its own part: to gather it would stop at the
        # progress bar, which only the first has.
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Moving average, quick at first so that it does not remember random initial weights.

        Of given ones it keeps the share that it is told to: where the network went on to learn
        something else, their mean knows both (Wortsman et al., arXiv 2109.01903).
        """
        step, share = self.global_step, self.settings.initial_weight_share
        decay = min(self.settings.ema_decay, (1 + step) / (10 + step))
        means, current = self.average.state_dict(), self.network.state_dict()
        names = [name for name, value in means.items() if value.is_floating_point()]
        now = [current[name] for name in names]
        if share:
            now = list(torch._foreach_lerp(now, [self._start[name] for name in names], share))
        torch._foreach_lerp_([means[name] for name in names], now, 1 - decay)

    def validation_step(self, index: int, _: int) -> None:
        frame = self.checked[index]
        points = self.find(frame, CANDIDATE_SCORE)
        xy = frame.placement.to_frame(points.xy)
        found = Points(xy.astype(np.float32), points.score)
        self._seen.append(EvaluatedFrame.of(frame.label, found))

    def on_validation_epoch_end(self) -> None:
        threshold, f1 = sweep(self._seen).best_f1()
        pooled = evaluate(self._seen, threshold=threshold)
        error = pooled.localisation_error
        self.log("val_f1", f1, prog_bar=True)
        figures = {
            "val_precision": pooled.precision,
            "val_recall": pooled.recall,
            "val_error_px": error.mean if error else math.nan,
            "val_threshold": threshold,
        }
        for name in sorted({frame.dataset for frame in self._seen}):
            own = [frame for frame in self._seen if frame.dataset == name]
            figures[f"val_f1_{name}"] = evaluate(own, threshold=threshold).f1
        self.log_dict(figures)
        self._seen = []

    def on_train_epoch_end(self) -> None:
        every, epoch = self.settings.mine_every, self.current_epoch + 1
        if every and epoch % every == 0 and epoch < self.settings.epochs:
            first = not self.settings.init and epoch == every
            self._mine(range(_MINED_SHARE) if first else [epoch // every % _MINED_SHARE])

    @torch.inference_mode()
    def find(self, frame: NetworkFrame, threshold: float) -> Points:
        """Points of the averaged network in network pixels."""
        image = torch.from_numpy(pad(frame.image.astype(np.float32), self.stride)).to(self.device)
        image = image[None, None]
        half = self.settings.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            response = self(image)
        cells = response[0, 0].float().cpu().numpy()
        return decode(cells, threshold, stride=self.stride, map_offset=self.map_offset)

    def _mine(self, thirds: Sequence[int]) -> None:
        """Renew what is known of thirds of the training frames: false alarms, missed labels."""
        crops = self.crops
        false_alarms, missed = (
            [known[~np.isin(known[:, 0] % _MINED_SHARE, thirds)]]
            for known in (crops.false_alarms, crops.missed)
        )
        for index, frame in enumerate(crops.frames):
            if index % _MINED_SHARE not in thirds:
                continue
            found = self.find(frame, _FALSE_ALARM_SCORE)
            gaps = np.linalg.norm(found.xy[:, None] - frame.xy[None], axis=2)
            wrong = gaps.min(axis=1, initial=np.inf) > _APART
            false = np.column_stack((found.xy[wrong], found.score[wrong])).astype(np.float64)
            sure = gaps[found.score >= _FOUND_SCORE]
            lost = frame.xy[sure.min(axis=0, initial=np.inf) > _APART]
            false_alarms.append(np.insert(false, 0, index, axis=1))
            missed.append(np.insert(lost, 0, index, axis=1))
        crops.false_alarms, crops.missed = np.concatenate(false_alarms), np.concatenate(missed)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["false_alarms"] = torch.from_numpy(self.crops.false_alarms)
        checkpoint["missed"] = torch.from_numpy(self.crops.missed)
        checkpoint["next_epoch"] = self.current_epoch + 1

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._resumed = True
        self.crops.false_alarms = checkpoint["false_alarms"].numpy()
        self.crops.missed = checkpoint["missed"].numpy()
        # Lightning draws the first numbers of a resumed run before it tells the sampler the epoch.
        self.crops.numbers.set_epoch(checkpoint["next_epoch"])

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """A short warm-up and a cosine."""
        settings = self.settings
        make = MuonAdamW if settings.optimizer == "muon" else adamw
        optimizer = make(self.network.parameters(), settings.learning_rate, settings.weight_decay)
        steps = settings.epochs * math.ceil(settings.crops_per_epoch / settings.batch)
        warm = min(200, max(1, steps // 20))

        def factor(step: int) -> float:
            if step < warm:
                return (step + 1) / warm
            return 0.01 + 0.99 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
