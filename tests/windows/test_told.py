"""Rules are told alike in every run, and told apart where they differ."""

import json
import subprocess
import sys
from functools import partial

import numpy as np

from lunarplan.windows import constraints as rules
from lunarplan.windows import crew, distant, ellipse
from lunarplan.windows.told import told

SCRIPT = """
import hashlib, json
from tests.windows.test_told import RULES
from lunarplan.windows.told import told
print(hashlib.sha256(json.dumps([told(rule.margin) for rule in RULES], sort_keys=True).encode()).hexdigest())
"""


def limited(transfers, most):
    return most - 1e3 * transfers.tli_delta_v_km_s


def below(most):
    return lambda transfers: most - 1e3 * transfers.tli_delta_v_km_s


RULES = (
    rules.tli_delta_v(3200.0),
    rules.c3(at_most_km2_s2=-1.0),
    rules.eclipse_in_coast(5400.0),
    rules.sun_at_landing(-88.8, 123.4, at_least_deg=1.0, direction="east"),
    rules.station_contact("tli", "DSN"),
    rules.arrival_phase(10.0, passages=[0.0, 1e5, 2e5]),
    crew.splashdown_daylight([(25.0, 28.0)], 30.0, -118.0),
    ellipse.tli_from_ellipse(2800.0, perigee_altitude_km=185.0, apogee_altitude_km=1806.0, perigee_arc_deg=30.0),
    distant.arrival_delta_v(400.0),
    distant.station_phase(90.0, within_deg=20.0),
    rules.user("a lambda", below(3000.0)),
    rules.user("a partial", partial(limited, most=3000.0)),
)


def test_two_runs_tell_the_same():
    runs = {
        subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(runs) == 1
    assert " at 0x" not in json.dumps([told(rule.margin) for rule in RULES])


def test_limits_codes_and_what_is_closed_over_are_told_apart():
    pairs = (
        (rules.tli_delta_v(3200.0), rules.tli_delta_v(3201.0)),
        (rules.tli_delta_v(3200.0), rules.user("TLI delta-v", below(3200.0))),
        (rules.user("x", below(3000.0)), rules.user("x", below(3001.0))),
        (rules.user("x", partial(limited, most=1.0)), rules.user("x", partial(limited, most=2.0))),
        (rules.user("x", lambda t: t.c3_km2_s2 + 1.0), rules.user("x", lambda t: t.c3_km2_s2 + 2.0)),
        (rules.user("x", lambda t: t.c3_km2_s2), rules.user("x", lambda t: t.coast_s)),
        (distant.station_phase(90.0, within_deg=20.0), distant.station_phase(91.0, within_deg=20.0)),
    )
    for one, other in pairs:
        assert told(one.margin) != told(other.margin)


def test_numbers_that_are_not_finite_are_text():
    assert json.dumps(told(rules.tli_delta_v(3200.0).margin), allow_nan=False)
    assert told((np.inf, True, None, 3)) == ["inf", True, None, 3]
