"""The files of a page, and those that all pages share."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

_SHARED = Path(__file__).parent / "static"


def mount_static(app: FastAPI, folder: Path) -> None:
    """Serve the files of a page under ``/static``, and the shared ones under ``/shared``."""
    app.mount("/static", StaticFiles(directory=folder), name="static")
    app.mount("/shared", StaticFiles(directory=_SHARED), name="shared")
