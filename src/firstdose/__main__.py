"""``python -m firstdose``: the command line."""

from firstdose.faces.cli import main

if __name__ == "__main__":
    main(prog_name="firstdose")
