"""The command line: `spillover VERB ...`.

Data go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed,
2 bad input. Everything heavy is imported inside the verbs, so `--help` is quick.
"""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; never shows a traceback unless asked for."""
    from spillover.cli.app import app
    from spillover.errors import InputError, ModelError, SpilloverError

    try:
        app()
    except (InputError, ModelError) as e:
        _say(e, 2)
    except SpilloverError as e:
        _say(e, 1)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as e:
        if os.environ.get("SPILLOVER_DEBUG"):
            raise
        place = f"{e.filename}: " if e.filename else ""
        print(f"{place}{e.strerror or e}", file=sys.stderr)
        sys.exit(1)
    except Exception as e:
        if os.environ.get("SPILLOVER_DEBUG"):
            raise
        text = f"{type(e).__name__}: {e}"
        print(
            f"spillover: an error of the program, not of your case: {text}\n"
            "Set SPILLOVER_DEBUG=1 to see where, and report it.",
            file=sys.stderr,
        )
        sys.exit(1)


def _say(error: Exception, code: int) -> None:
    from spillover.errors import InputError

    faults = error.faults if isinstance(error, InputError) else ()
    if len(faults) > 1:
        print(f"{len(faults)} faults:", file=sys.stderr)
    print(error, file=sys.stderr)
    if os.environ.get("SPILLOVER_DEBUG"):
        raise error
    sys.exit(code)
