"""What can go wrong, as one tree::

    LunarplanError                 exit code
    |-- InputError                 2   a value, key, unit, epoch or file the user gave is not usable
    |-- InfeasibleError            3   the question is well posed and has no answer within its limits
    |-- ConvergenceError           4   a solver stopped before it met its tolerance
    `-- DataError                  5   a data file is missing, corrupt or does not cover the request

Every message says what is wrong, where it stands, the allowed range and what to do about it.
"""


class LunarplanError(Exception):
    """Any error lunarplan raises on purpose.

    what    : the finding, with the offending value and its unit
    where   : file and dotted key, argument name, or body; empty if the finding says it
    allowed : the admissible range or set
    remedy  : what the user can do
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", allowed: str = "", remedy: str = "") -> None:
        self.what, self.where, self.allowed, self.remedy = what, where, allowed, remedy
        text = f"{where}: {what}" if where else what
        if allowed:
            text += f" (allowed: {allowed})"
        if remedy:
            text += f"; {remedy}"
        super().__init__(text)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by fields, so that the error survives the way back from a worker process."""
        return _rebuild, (type(self), self.what, self.where, self.allowed, self.remedy)


def _rebuild(kind: type[LunarplanError], what: str, where: str, allowed: str, remedy: str) -> LunarplanError:
    return kind(what, where=where, allowed=allowed, remedy=remedy)


class InputError(LunarplanError):
    """A value, key, unit, epoch or file the user gave is not usable."""

    exit_code = 2


class InfeasibleError(LunarplanError):
    """The question is well posed and has no answer within its limits."""

    exit_code = 3


class ConvergenceError(LunarplanError):
    """A solver stopped before it met its tolerance."""

    exit_code = 4


class DataError(LunarplanError):
    """A data file is missing, corrupt or does not cover the request."""

    exit_code = 5
