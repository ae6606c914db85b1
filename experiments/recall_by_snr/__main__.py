from experiments.common import run
from experiments.recall_by_snr import main

if __name__ == "__main__":
    run(main)
