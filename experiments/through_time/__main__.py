"""``python -m experiments.through_time``."""

from experiments.common import run
from experiments.through_time import main

if __name__ == "__main__":
    run(main)
