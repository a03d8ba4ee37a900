"""Pictures of results: (result, ax) -> ax; the only importer of matplotlib.

Each function draws on the axes it is given, or on those of a new figure, as wide as a column of a paper or, for what
goes by the day, as a page; `overview`, `launch_years` and `orbit_family` make a page of their own. Results are a Plan,
a Trajectory, launch Windows, Aborts or families of periodic orbits. `house_style()` lends the look to figures of your
own, of `COLUMN_IN` or `PAGE_IN` width.
"""

from lunarplan.plot.aborts import aborts as aborts
from lunarplan.plot.closeup import closeup as closeup
from lunarplan.plot.families import orbit_family as orbit_family
from lunarplan.plot.families import orbit_projection as orbit_projection
from lunarplan.plot.launch_years import launch_years as launch_years
from lunarplan.plot.launches import launch_calendar as launch_calendar
from lunarplan.plot.launches import launch_porkchop as launch_porkchop
from lunarplan.plot.overview import overview as overview
from lunarplan.plot.porkchop import porkchop as porkchop
from lunarplan.plot.profile import altitude as altitude
from lunarplan.plot.profile import speed as speed
from lunarplan.plot.style import COLUMN_IN as COLUMN_IN
from lunarplan.plot.style import PAGE_IN as PAGE_IN
from lunarplan.plot.style import house_style as house_style
from lunarplan.plot.views import inertial as inertial
from lunarplan.plot.views import rotating as rotating
