from experiments.common import run
from experiments.measuring import main

if __name__ == "__main__":
    run(main)
