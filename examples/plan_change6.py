"""Plan Chang'e-6 from its mission file: print the budget, draw the flight.

Writes change6_overview.png, change6_moon.pdf and change6.oem to the current folder, or to the one given.
"""

import sys
from pathlib import Path

from lunarplan import Mission, plot

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

plan = Mission.from_toml("change-6").plan()

for event in plan.timeline:
    print(f"{event.epoch_utc[:19]}  {event.name:32}", f"{event.delta_v_m_s:8.1f} m/s" if event.delta_v_m_s else "")
print(f"propellant left: {plan.budget.propellant_left_kg:.0f} kg")

plan.plot().savefig(out / "change6_overview.png", dpi=200)
plot.closeup(plan).figure.savefig(out / "change6_moon.pdf")
plan.to_oem(out / "change6.oem")
