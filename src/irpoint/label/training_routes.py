"""The routes of the web application that are about training."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from irpoint.defaults import DEFAULT_MODEL
from irpoint.label.session import LabelSession


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Start(_Body):
    """The model to train, null for the chosen one, and whether to compare it with the new one."""

    model: str | None = Field(None, max_length=200)
    compare: bool = True


class Answer(_Body):
    """Whether the new model proposes from now on, or the one before it."""

    use: bool


def training_routes(app: FastAPI, session: LabelSession) -> None:
    """Add the routes below ``/api/training``."""

    def base(model: str | None) -> str:
        return model or session.proposer.model or DEFAULT_MODEL

    @app.get("/api/training")
    def progress() -> dict[str, Any]:
        return asdict(session.trainer.progress()) | {
            "models": session.proposer.models(),
            "chosen": session.proposer.model,
            "processed": session.proposer.processed,
        }

    @app.get("/api/training/estimate")
    def estimate(
        model: Annotated[str | None, Query(max_length=200)] = None, compare: bool = True
    ) -> dict[str, Any]:
        return asdict(session.estimate(base(model), compare=compare))

    @app.post("/api/training")
    def train(start: Start) -> dict[str, Any]:
        return asdict(session.train(base(start.model), compare=start.compare))

    @app.post("/api/training/resume")
    def resume() -> dict[str, Any]:
        return asdict(session.trainer.resume())

    @app.post("/api/training/answer")
    def answer(given: Answer) -> dict[str, Any]:
        session.answer(use=given.use)
        return asdict(session.trainer.progress()) | {"chosen": session.proposer.model}

    @app.delete("/api/training")
    def stop() -> dict[str, Any]:
        return asdict(session.trainer.stop())
