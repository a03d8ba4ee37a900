"""Artemis II from the day of its launch, and the ways out of it: home, and to a station at the Moon.

Writes artemis_2.png, artemis_2_home.png and artemis_2_station.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

from lunarplan import Mission
from lunarplan.plot import aborts as draw_aborts

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

plan = Mission.from_toml("artemis-2").plan()
plan.plot().savefig(out / "artemis_2.png", dpi=150)
for comparison in plan.expectations:
    print(comparison.expectation.what.label, "ok" if comparison.ok else "MISS")

home = plan.aborts(every_h=6.0)
upper, _ = draw_aborts(home, plan=plan)
upper.figure.savefig(out / "artemis_2_home.png", dpi=200)
print(home, f"in {home.fastest.duration_s.max() / 86_400.0:.1f} days at the most, with what is left in the tanks")

station = plan.aborts(every_h=12.0, to="L2 halo south 9:2", most_delta_v_m_s=1_500.0)
upper, _ = draw_aborts(station, plan=plan)
upper.figure.savefig(out / "artemis_2_station.png", dpi=200)
print(station, "to a station in the 9:2 orbit, for 1,500 m/s")
