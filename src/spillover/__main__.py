"""`python -m spillover`: the command line, where no script of it is on the path."""

from spillover.cli import main

if __name__ == "__main__":
    main()
