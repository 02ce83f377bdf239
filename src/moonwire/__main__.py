"""`python -m moonwire` is the `moonwire` command, for when its script is not on the path."""

from moonwire.cli import main

# Worker processes import this module too, under another name; they must not start over.
if __name__ == "__main__":
    main(prog_name="moonwire")
