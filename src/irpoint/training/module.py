"""The Lightning module: a network, its moving average and a loss, validated on whole frames."""

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
from irpoint.points import Points
from irpoint.runtime import CANDIDATE_SCORE
from irpoint.training.compiling import compile_networks, respond
from irpoint.training.crops import Crops
from irpoint.training.distributed import over_whole_batch
from irpoint.training.lessons import Lessons
from irpoint.training.losses import find_loss
from irpoint.training.mining import THIRDS, search_errors
from irpoint.training.network_frames import NetworkFrame
from irpoint.training.optimizer import MuonAdamW, adamw
from irpoint.training.settings import TrainSettings
from irpoint.training.teachers import Teachers


def network_input(image: Tensor) -> Tensor:
    """Normalised frames (B, 1, H, W) in 0..1 → network input (B, 3, H, W) in −1..1."""
    three = (2 * image - 1).expand(-1, 3, -1, -1)
    return three.contiguous(memory_format=torch.channels_last)


def channels_last(network: nn.Module) -> nn.Module:
    """The network with its kernels in the memory layout in which CPUs convolve fastest."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


class ResponseModule(L.LightningModule):
    """Trains a network on crops, validates it, and searches the training frames for its errors.

    Args:
        settings: settings of the run.
        crops: training crops.
        validation_frames: frames of the validation split.

    Attributes:
        network: the network that is trained.
        average: moving average of its weights; the result of the run.
    """

    def __init__(
        self, settings: TrainSettings, crops: Crops, validation_frames: Sequence[NetworkFrame]
    ) -> None:
        super().__init__()
        self.settings = settings
        self.crops = crops
        self.validation_frames = validation_frames
        method = find_method(settings.method)
        self.stride = method.stride
        self.map_offset = find_target_map(settings.target_map, method).map_offset
        self.loss = find_loss(settings.loss, method)
        self.network = over_whole_batch(channels_last(method.build(settings.width)))
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.teachers = Teachers(settings.teachers, network_input)
        self._lessons = Lessons(settings.teachers_reuse, settings.seed)
        self._initial: dict[str, Tensor] = {}
        self._evaluated: list[EvaluatedFrame] = []
        self._resumed = False

    def start_from(self, state: dict[str, Tensor]) -> None:
        """Load initial weights."""
        self.network.load_state_dict(state)
        self.average.load_state_dict(state)
        self._initial = copy.deepcopy(self.average.state_dict())

    def forward(self, image: Tensor) -> Tensor:
        """Normalised frames (B, 1, H, W) → response of the averaged network (B, 1, H/4, W/4)."""
        response: Tensor = self.average(network_input(image))
        return response

    def on_fit_start(self) -> None:
        for teacher in self.teachers.networks:
            channels_last(teacher).to(self.device)
        self._initial = {name: value.to(self.device) for name, value in self._initial.items()}
        compile_networks(
            self.settings,
            (self.network, *self.teachers.networks),
            len(self.crops.sizes),
            self.trainer.world_size,
            self.print,
        )
        if self.settings.init and self.settings.mine_every and not self._resumed:
            self.mine(range(THIRDS))

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        image, target_map, taught = batch
        if self.teachers.networks and taught.any():
            response = self.teachers(image[taught], self.global_step)
            mixed = target_map[taught].lerp(response, self.settings.teachers_share)
            target_map = target_map.index_put((taught,), mixed)
        if self.settings.teachers_reuse > 1:
            # Autocast on a CPU refuses float16, in which taught crops are kept.
            with torch.autocast(image.device.type, enabled=False):
                image, target_map = self._lessons(image, target_map, self.global_step)
        image = network_input(image)
        response = respond(self.network, image)
        loss = self.loss(response.float(), target_map, self.settings.foreground)
        if not torch.isfinite(loss):
            raise SettingsError(
                f"the loss is no longer finite in epoch {self.current_epoch + 1}: "
                f"lower learning_rate (it is {self.settings.learning_rate:g})"
            )
        # The first of several processes logs the loss of its own part. Gathering all parts would
        # block forever, because only the first process has the progress bar that requests them.
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Update the moving average, faster at first, so that random weights are forgotten.

        If ``initial_weight_share`` is set, that share of the initial weights is mixed in, which
        preserves the abilities of the initial network (Wortsman et al., arXiv 2109.01903).
        """
        step, share = self.global_step, self.settings.initial_weight_share
        decay = min(self.settings.ema_decay, (1 + step) / (10 + step))
        means, current = self.average.state_dict(), self.network.state_dict()
        names = [name for name, value in means.items() if value.is_floating_point()]
        now = [current[name] for name in names]
        if share:
            now = list(torch._foreach_lerp(now, [self._initial[name] for name in names], share))
        torch._foreach_lerp_([means[name] for name in names], now, 1 - decay)

    def validation_step(self, index: int, _: int) -> None:
        frame = self.validation_frames[index]
        points = self.find(frame, CANDIDATE_SCORE)
        xy = frame.placement.to_frame(points.xy)
        predicted = Points(xy.astype(np.float32), points.score)
        self._evaluated.append(EvaluatedFrame.of(frame.label, predicted))

    def on_validation_epoch_end(self) -> None:
        threshold, f1 = sweep(self._evaluated).best_f1()
        pooled = evaluate(self._evaluated, threshold=threshold)
        error = pooled.localisation_error
        self.log("val_f1", f1, prog_bar=True)
        figures = {
            "val_precision": pooled.precision,
            "val_recall": pooled.recall,
            "val_error_px": error.mean if error else math.nan,
            "val_threshold": threshold,
        }
        for name in sorted({frame.dataset for frame in self._evaluated}):
            frames = [frame for frame in self._evaluated if frame.dataset == name]
            if any(len(frame.truth) for frame in frames):
                figures[f"val_f1_{name}"] = evaluate(frames, threshold=threshold).f1
        self.log_dict(figures)
        self._evaluated = []

    def on_train_epoch_end(self) -> None:
        every, epoch = self.settings.mine_every, self.current_epoch + 1
        if every and epoch % every == 0 and epoch < self.settings.epochs:
            first = not self.settings.init and epoch == every
            self.mine(range(THIRDS) if first else [epoch // every % THIRDS])

    @torch.inference_mode()
    def find(self, frame: NetworkFrame, threshold: float) -> Points:
        """Points that the averaged network finds, in network pixels."""
        image = torch.from_numpy(pad(frame.image.astype(np.float32), self.stride)).to(self.device)
        image = image[None, None]
        half = self.settings.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            response = self(image)
        cells = response[0, 0].float().cpu().numpy()
        return decode(cells, threshold, stride=self.stride, map_offset=self.map_offset)

    def mine(self, thirds: Sequence[int]) -> None:
        """Search thirds of the training frames for errors, which later crops will show."""
        crops = self.crops
        crops.false_alarms, crops.missed = search_errors(
            crops.frames, self.find, thirds, crops.false_alarms, crops.missed
        )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["false_alarms"] = torch.from_numpy(self.crops.false_alarms)
        checkpoint["missed"] = torch.from_numpy(self.crops.missed)
        checkpoint["next_epoch"] = self.current_epoch + 1

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._resumed = True
        self.crops.false_alarms = checkpoint["false_alarms"].numpy()
        self.crops.missed = checkpoint["missed"].numpy()
        # A resumed Lightning run draws its first crop numbers before it sets the sampler's epoch.
        self.crops.numbers.set_epoch(checkpoint["next_epoch"])

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Optimizer with a short warm-up followed by a cosine schedule."""
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
