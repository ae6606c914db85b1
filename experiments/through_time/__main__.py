"""``python -m experiments.through_time``."""

from experiments.common import run
from experiments.through_time.command import main

run(main)
