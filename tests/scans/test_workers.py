import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from lunarplan.errors import InputError
from lunarplan.scans.workers import ThisThread, hand_out, most_at_a_time


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def hand(executor: Executor, work: Callable[[int], Any], count: int, kept: dict[int, Any], most: int = 5) -> list[int]:
    reported: list[int] = []
    hand_out(lambda index: executor.submit(work, index), range(count), most, kept.__setitem__, reported.append)
    return reported


@pytest.mark.parametrize("count", [0, 1, 100])
def test_every_chunk_is_kept_and_reported_once(threads: ThreadPoolExecutor, count: int) -> None:
    for executor in (threads, ThisThread()):
        kept: dict[int, Any] = {}
        reported = hand(executor, lambda index: index**2, count, kept)
        assert kept == {index: index**2 for index in range(count)}
        assert sorted(reported) == list(range(count))


def test_never_more_at_a_time_than_asked(threads: ThreadPoolExecutor) -> None:
    kept: dict[int, Any] = {}
    ahead: list[int] = []

    def submit(index: int) -> Future[int]:
        ahead.append(index + 1 - len(kept))
        return threads.submit(int, index)

    hand_out(submit, range(200), 4, kept.__setitem__, lambda index: None)
    assert max(ahead) == 4


def test_an_error_lets_what_is_begun_end_and_begins_no_more(threads: ThreadPoolExecutor) -> None:
    failed = threading.Event()

    def work(index: int) -> int:
        if index == 0:
            failed.set()
            raise InputError("no")
        failed.wait()
        return index

    kept: dict[int, Any] = {}
    with pytest.raises(InputError, match="no"):
        hand(threads, work, 1000, kept)
    assert 1 in kept
    assert len(kept) < 10
    assert threads.submit(int, 5).result() == 5


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("from whoever watches")])
def test_what_is_done_is_kept_when_the_watcher_stops_it(threads: ThreadPoolExecutor, error: BaseException) -> None:
    kept: dict[int, Any] = {}

    def report(index: int) -> None:
        threads.submit(int, 0).result()  # everything before it in the queue is done
        raise error

    with pytest.raises(type(error)):
        hand_out(lambda index: threads.submit(int, index), range(9), 4, kept.__setitem__, report)
    assert set(kept) == {0, 1, 2, 3}


def test_an_interrupt_does_not_wait(threads: ThreadPoolExecutor) -> None:
    gate = threading.Event()

    def work(index: int) -> int:
        if index == 0:
            raise KeyboardInterrupt
        gate.wait()
        return index

    kept: dict[int, Any] = {}
    with pytest.raises(KeyboardInterrupt):
        hand(threads, work, 9, kept)
    gate.set()
    assert kept == {}


def test_an_executor_that_takes_no_work() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(InputError, match=r"executor: takes no work.*shut down"):
        hand(executor, int, 1, {})


def test_what_the_executor_has_to_say_names_the_chunk(threads: ThreadPoolExecutor) -> None:
    def work(index: int) -> int:
        raise TypeError("cannot pickle 'generator' object")

    with pytest.raises(InputError, match="executor: chunk 0 did not come back: TypeError: cannot pickle"):
        hand(threads, work, 1, {})


class Client:
    def ncores(self) -> dict[str, int]:
        return {"tcp://a": 4, "tcp://b": 8}


def test_executors_are_kept_busy_with_little_in_store() -> None:
    dask_like, unknown = Executor(), Executor()
    dask_like._client = Client()  # type: ignore[attr-defined]
    assert most_at_a_time(ThisThread()) == 1
    assert most_at_a_time(ThreadPoolExecutor(7)) == 10
    assert most_at_a_time(dask_like) == 15
    assert most_at_a_time(unknown) == (os.cpu_count() or 1) + 3
