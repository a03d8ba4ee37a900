"""Can Chang'e-7 land where it is said to? A verdict, its horizon and light, and the better spots nearby.

The place is published to 0.1 deg, three kilometres, and the terrain that comes with lunarplan has pixels of one: light
there is that of a slope a kilometre long. So the surroundings are surveyed too.

Writes change7_horizon.png, change7_calendar.png and change7_survey.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import lunarplan
from lunarplan.plot.site_calendar import light_calendar
from lunarplan.plot.site_horizon import horizon_panorama

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
span = ("2028-01-01", "2028-12-31")

site = lunarplan.site("Chang'e-7")
print(site.feasibility("change-7", *span))

around = lunarplan.survey("-88.8,123.4,5", "change-7", *span)
best = around.best[0].site("the best pixel within 5 km")
print(best.feasibility("change-7", *span))

evidence = best.evidence(*span)
horizon_panorama(evidence, title=best.name).figure.savefig(out / "change7_horizon.png", dpi=200)
light_calendar(evidence, title=best.name).figure.savefig(out / "change7_calendar.png", dpi=200)
around.plot().savefig(out / "change7_survey.png", dpi=200)
