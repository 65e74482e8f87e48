"""The table of truth: every number in the documentation, and the command that makes it.

`python -m truth` runs what is registered in `checks` and writes ``docs/truth.json`` and
the tables of ``docs/validation.md``; `python -m truth --short` asks the laws alone, with
fresh numbers. Nothing of the program imports this.
"""
