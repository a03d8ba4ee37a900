"""The nine candidate regions of Artemis III: which parts of them pass, and the verdict of the best spot of each.

Writes landing_artemis_map.png and landing_artemis_margins.png to the current folder, or to the one given.
"""

import sys
from pathlib import Path

import lunarplan
from lunarplan.plot import maps
from lunarplan.plot.style import new_figure
from lunarplan.plot.survey import survey_map
from lunarplan.plot.terrain_map import terrain_map
from lunarplan.sites import catalogue

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
span = ("2028-01-01", "2028-12-31")

pole = lunarplan.Terrain.packaged().stereographic(-90.0, 0.0, 215_000.0)
polar_map = terrain_map(pole, title="Artemis III candidate regions, October 2024")
margins = new_figure(11.0, 9.0)
spots = []

for panel, entry in zip(margins.subplots(3, 3).flat, catalogue.group("artemis_2024"), strict=True):
    survey = lunarplan.survey(entry.name, "nasa-human-landing", *span, count=5)
    best = survey.best[0]
    print(best.site(f"{entry.name}, its best pixel").feasibility(survey.criteria, *span), "\n")
    survey_map(survey, panel, title=entry.name)
    maps.outline(polar_map, pole.grid, entry.corners_deg)
    spots.append((best.latitude_deg, best.longitude_deg, entry.name))

maps.places(polar_map, pole.grid, *zip(*spots, strict=True))
margins.subplots_adjust(left=0.02, right=0.93, bottom=0.02, top=0.96, wspace=0.35, hspace=0.15)
margins.savefig(out / "landing_artemis_margins.png", dpi=150)
polar_map.figure.savefig(out / "landing_artemis_map.png", dpi=200)
