"""The program `lunarplan`, and `python -m lunarplan`: it can be interrupted from its first moment.

Nothing heavy is imported up here: until the command line is there to end in good order, an interrupt ends at once.
"""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, as in the background of a shell
        return _command_line()
    signal.signal(signal.SIGINT, _leave)
    try:
        return _command_line()
    except KeyboardInterrupt:  # before the command line looks after them, or a second one
        return _interrupted()
    finally:
        signal.signal(signal.SIGINT, _leave)  # threads are waited for at exit


def _command_line() -> int:
    from lunarplan.cli import main as run

    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _leave(signal_number: int, frame: FrameType | None) -> None:
    os._exit(_interrupted())


def _interrupted() -> int:
    try:
        os.write(2, b"lunarplan: interrupted\n")
    except OSError:  # standard error is closed
        pass
    return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
