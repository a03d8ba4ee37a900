"""Chunks handed to any `concurrent.futures.Executor`, a few more at a time than it has workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Any

from lunarplan.errors import InputError, LunarplanError

_SPARE_CHUNKS = 3  # handed out beyond one per worker, so that none waits while results are put away


class ThisThread(Executor):
    """Does what it is given at once."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def most_at_a_time(executor: Executor) -> int:
    """Return how many chunks an executor should hold.

    Executors have no public word for their size: the pools of the standard library and those like them keep it in one
    attribute, dask's asks its client; another one is taken to have a worker per processor.
    """
    if isinstance(executor, ThisThread):
        return 1
    client = getattr(executor, "_client", None)
    workers = sum(client.ncores().values()) if client else getattr(executor, "_max_workers", os.cpu_count())
    return (workers or 1) + _SPARE_CHUNKS


def hand_out(
    submit: Callable[[int], Future[Any]],
    indices: Iterable[int],
    most: int,
    keep: Callable[[int, Any], None],
    report: Callable[[int], None],
) -> None:
    """Compute the chunks with these indices, at most so many at a time, and keep each as it comes.

    When anything goes wrong no more are begun, and those that are done are kept before the error goes on. An error
    waits for the chunks being computed, an interrupt from the keyboard does not.

    Raises InputError if the executor takes no work, LunarplanError if its workers died, and what the work raised.
    """
    pending: dict[Future[Any], int] = {}
    try:
        for index in indices:
            pending[_submitted(submit, index)] = index
            if len(pending) >= most:
                _collect(pending, keep, report)
        while pending:
            _collect(pending, keep, report)
    except BaseException as error:
        _wind_up(pending, keep, patient=isinstance(error, Exception))
        raise


def _submitted(submit: Callable[[int], Future[Any]], index: int) -> Future[Any]:
    try:
        return submit(index)
    except BrokenExecutor as error:
        raise _died(error) from error
    except RuntimeError as error:
        raise InputError(
            f"takes no work: {error}", where="executor", remedy="give one that is not shut down"
        ) from error


def _collect(pending: dict[Future[Any], int], keep: Callable[[int, Any], None], report: Callable[[int], None]) -> None:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        index = pending.pop(future)
        keep(index, _result(future, index))
        report(index)


def _result(future: Future[Any], index: int) -> Any:
    try:
        return future.result()
    except LunarplanError:
        raise
    except BrokenExecutor as error:
        raise _died(error) from error
    except Exception as error:  # what the executor itself has to say, e.g. that the job cannot be pickled
        what = f"chunk {index} did not come back: {type(error).__name__}: {error}"
        raise InputError(what, where="executor", remedy="see that the job can be pickled") from error


def _died(error: BrokenExecutor) -> LunarplanError:
    remedy = 'see that memory suffices, and that a script guards its work with `if __name__ == "__main__":`'
    return LunarplanError(f"a worker died: {error}", where="executor", remedy=remedy)


def _wind_up(pending: dict[Future[Any], int], keep: Callable[[int, Any], None], patient: bool) -> None:
    begun = {future: index for future, index in pending.items() if not future.cancel()}
    if patient:
        wait(begun)
    for future, index in begun.items():
        if future.done() and not future.cancelled() and future.exception() is None:
            keep(index, future.result())
