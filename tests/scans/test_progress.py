import math
import time

import pytest

from lunarplan.scans.progress import Meter, Progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", clock)
    return clock


def test_an_earlier_run_does_not_count_towards_the_rate(clock: Clock) -> None:
    told: list[Progress] = []
    meter = Meter(told.append, 1000, 900)
    clock.now += 2.0
    meter.add(20)
    clock.now += 6.0
    meter.add(80)
    assert told == [
        Progress(900, 1000, 0.0, math.inf),
        Progress(920, 1000, 10.0, 8.0),
        Progress(1000, 1000, 12.5, 0.0),
    ]


def test_nothing_left_to_do(clock: Clock) -> None:
    told: list[Progress] = []
    Meter(told.append, 5, 5)
    Meter(told.append, 0, 0)
    assert told == [Progress(5, 5, 0.0, 0.0), Progress(0, 0, 0.0, 0.0)]


def test_nobody_listens() -> None:
    Meter(None, 5, 0).add(5)
