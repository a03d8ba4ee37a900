"""Pictures of results: (result, ax) -> ax; the only importer of matplotlib.

Each function draws on the axes it is given, or on those of a new figure, as wide as a column of a paper or, for what
goes by the day, as a page; `overview`, `launch_years`, `orbit_family`, `orbit_views` and `orbit_history` make a page of
their own. Results are a Plan, a Trajectory, launch Windows, Aborts, families of periodic orbits, orbits carried into
the real sky, or what orbits about the Moon come to. `house_style()` lends the look to figures of your own, of
`COLUMN_IN` or `PAGE_IN` width.
"""

from lunarplan.plot.aborts import aborts as aborts
from lunarplan.plot.closeup import closeup as closeup
from lunarplan.plot.descent import powered_flight as powered_flight
from lunarplan.plot.families import orbit_family as orbit_family
from lunarplan.plot.families import orbit_projection as orbit_projection
from lunarplan.plot.free_returns import correction_costs as correction_costs
from lunarplan.plot.free_returns import free_return_family as free_return_family
from lunarplan.plot.launch_phases import launch_phases as launch_phases
from lunarplan.plot.launch_years import launch_years as launch_years
from lunarplan.plot.launches import launch_calendar as launch_calendar
from lunarplan.plot.launches import launch_porkchop as launch_porkchop
from lunarplan.plot.long_orbits import eclipse_strip as eclipse_strip
from lunarplan.plot.long_orbits import orbit_views as orbit_views
from lunarplan.plot.long_orbits import perilune_history as perilune_history
from lunarplan.plot.long_orbits import upkeep_histogram as upkeep_histogram
from lunarplan.plot.low_energy import low_energy as low_energy
from lunarplan.plot.lunar_orbits import contact_strips as contact_strips
from lunarplan.plot.lunar_orbits import coverage as coverage
from lunarplan.plot.lunar_orbits import eccentricity_vector as eccentricity_vector
from lunarplan.plot.lunar_orbits import ground_track as ground_track
from lunarplan.plot.lunar_orbits import lifetimes as lifetimes
from lunarplan.plot.lunar_orbits import orbit_history as orbit_history
from lunarplan.plot.lunar_orbits import perilune_altitude as perilune_altitude
from lunarplan.plot.overview import overview as overview
from lunarplan.plot.porkchop import porkchop as porkchop
from lunarplan.plot.profile import altitude as altitude
from lunarplan.plot.profile import speed as speed
from lunarplan.plot.style import COLUMN_IN as COLUMN_IN
from lunarplan.plot.style import PAGE_IN as PAGE_IN
from lunarplan.plot.style import house_style as house_style
from lunarplan.plot.views import inertial as inertial
from lunarplan.plot.views import rotating as rotating
