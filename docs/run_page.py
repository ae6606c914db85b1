"""Execute the shell and Python blocks of a page, in order, in a temporary folder.

    python docs/run_page.py docs/tutorial.md

Blocks marked ``bash`` and ``python`` run; others are text. The first block that fails stops the
page. ``irpoint`` is that of the interpreter's own environment.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_page(page: Path) -> int:
    """Run every block of ``page``; returns the exit code of the block that failed, or 0."""
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for number, (language, code) in enumerate(blocks, 1):
            print(f"--- block {number} of {len(blocks)}\n{code}", flush=True)
            command = (
                [sys.executable, "-c", code]
                if language == "python"
                else ["bash", "-euo", "pipefail", "-c", code]
            )
            done = subprocess.run(command, cwd=folder, env=environment, check=False)
            if done.returncode:
                print(f"{page}: block {number} failed", file=sys.stderr)
                return done.returncode
    print(f"--- {page}: {len(blocks)} blocks in {time.monotonic() - started:.0f} s")
    return 0


def main() -> None:
    """Read the arguments and run the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("page", type=Path)
    sys.exit(run_page(parser.parse_args().page))


if __name__ == "__main__":
    main()
