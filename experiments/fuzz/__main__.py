from experiments.common import run
from experiments.fuzz import main

if __name__ == "__main__":
    run(main)
