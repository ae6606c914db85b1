"""Damage valid files of every kind that irpoint reads, and check how it reads them.

    python -m experiments.fuzz --count 10000 --seed 0

Each case damages one file (cut, flipped bits, or a few other ways) and reads it in a separate
process with limits of time and memory. A case is good if it gives a result, or one line that
says what is wrong. Any other error, text on standard error, a crash, a hang or a large allocation
is a fault: it is printed with the command that repeats it, its input is kept, and the exit code is
1. The cases of a kind depend on --seed only. Needs Linux and the extras all and dev.
"""

from experiments.fuzz.command import main

__all__ = ["main"]
