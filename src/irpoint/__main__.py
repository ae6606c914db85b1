"""``python -m irpoint``: the command line, where the command ``irpoint`` is not on the path."""

from irpoint.cli import main

if __name__ == "__main__":
    main()
