"""Which of several training processes writes files and prints; without importing PyTorch."""

from __future__ import annotations

import os


def is_leader() -> bool:
    """Whether this process is the first one of its run. Can be called before training starts."""
    return int(os.environ.get("RANK") or os.environ.get("LOCAL_RANK") or 0) == 0
