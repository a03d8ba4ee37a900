"""lunarplan: plan missions to the Moon.

The public names, loaded when first used, so that `import lunarplan` costs nothing:

    Mission, Plan                       a mission file, and its plan
    propagate                           batches of your own states, with state-transition matrices
    fly, Trajectory                     one state with every step kept: fly(...).at(epoch), and arcs joined
    events                              when it passes an apsis, an altitude, a node, a shadow, ...
    ForceModel, SolarPressure, Thrust   what acts on them
    transfer_problem, direct_transfers  batches of transfers from a parking orbit to the Moon
    propagate_cr3bp                     the circular restricted three-body problem
    lambert, propagate_two_body         the two-body problem, from two places or from a state
    Ephemeris                           where the bodies are
    site, survey, Region, Terrain       where to land: verdicts by criteria, maps of margins, rankings
    criteria, criterion, Setting        sets of criteria, one of your own, and what places are judged with
    family, carry, eclipses, keep       periodic orbits, in the real sky for years, with their shadow and their upkeep
    orbit_history                       what becomes of orbits about the Moon: mean elements, apsides, lives
    State                               states that know their epoch, centre and axes
    tdb_seconds, utc_iso                epochs in and out
    LunarplanError, ...                 what can go wrong
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lunarplan.errors import (
    ConvergenceError,
    DataError,
    InfeasibleError,
    InputError,
    LunarplanError,
)

if TYPE_CHECKING:
    from lunarplan.model import events
    from lunarplan.model.cr3bp import propagate_cr3bp
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.epochs import tdb_seconds, utc_iso
    from lunarplan.model.forces import ForceModel, SolarPressure
    from lunarplan.model.propagation import Thrust, propagate
    from lunarplan.model.state import State
    from lunarplan.model.trajectory import Trajectory, fly
    from lunarplan.model.two_body import lambert, propagate_two_body
    from lunarplan.orbits.catalogue import family
    from lunarplan.orbits.eclipses import eclipses
    from lunarplan.orbits.history import orbit_history
    from lunarplan.orbits.long_orbit import carry
    from lunarplan.orbits.station_keeping import keep
    from lunarplan.plan.mission import Mission
    from lunarplan.plan.plan import Plan
    from lunarplan.sites.criteria import criteria
    from lunarplan.sites.criterion import criterion
    from lunarplan.sites.region import Region
    from lunarplan.sites.setting import Setting
    from lunarplan.sites.site import Site, site
    from lunarplan.sites.survey import Survey, survey
    from lunarplan.sites.verdict import Verdict
    from lunarplan.terrain.nested import Terrain
    from lunarplan.transfers.to_moon.direct import direct_transfers
    from lunarplan.transfers.to_moon.direct import problem as transfer_problem

    __version__: str

# Where a public name lives: a module, then the name it has there if it is another, or nothing for the module itself.
_HOME = {
    "Ephemeris": "lunarplan.model.ephemeris",
    "ForceModel": "lunarplan.model.forces",
    "SolarPressure": "lunarplan.model.forces",
    "Thrust": "lunarplan.model.propagation",
    "direct_transfers": "lunarplan.transfers.to_moon.direct",
    "events": "lunarplan.model.events:",
    "fly": "lunarplan.model.trajectory",
    "propagate_cr3bp": "lunarplan.model.cr3bp",
    "propagate_two_body": "lunarplan.model.two_body",
    "tdb_seconds": "lunarplan.model.epochs",
    "transfer_problem": "lunarplan.transfers.to_moon.direct:problem",
    "utc_iso": "lunarplan.model.epochs",
    "Mission": "lunarplan.plan.mission",
    "Plan": "lunarplan.plan.plan",
    "State": "lunarplan.model.state",
    "Trajectory": "lunarplan.model.trajectory",
    "carry": "lunarplan.orbits.long_orbit",
    "eclipses": "lunarplan.orbits.eclipses",
    "family": "lunarplan.orbits.catalogue",
    "keep": "lunarplan.orbits.station_keeping",
    "orbit_history": "lunarplan.orbits.history",
    "lambert": "lunarplan.model.two_body",
    "propagate": "lunarplan.model.propagation",
    "criteria": "lunarplan.sites.criteria",
    "criterion": "lunarplan.sites.criterion",
    "Region": "lunarplan.sites.region",
    "Setting": "lunarplan.sites.setting",
    "Site": "lunarplan.sites.site",
    "site": "lunarplan.sites.site",
    "Survey": "lunarplan.sites.survey",
    "survey": "lunarplan.sites.survey",
    "Verdict": "lunarplan.sites.verdict",
    "Terrain": "lunarplan.terrain.nested",
}

__all__ = [
    "ConvergenceError",
    "DataError",
    "Ephemeris",
    "ForceModel",
    "InfeasibleError",
    "InputError",
    "LunarplanError",
    "Mission",
    "Plan",
    "Region",
    "Setting",
    "Site",
    "SolarPressure",
    "State",
    "Survey",
    "Terrain",
    "Thrust",
    "Trajectory",
    "Verdict",
    "carry",
    "criteria",
    "criterion",
    "direct_transfers",
    "eclipses",
    "events",
    "family",
    "fly",
    "keep",
    "lambert",
    "orbit_history",
    "propagate",
    "propagate_cr3bp",
    "propagate_two_body",
    "site",
    "survey",
    "tdb_seconds",
    "transfer_problem",
    "utc_iso",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("lunarplan")
    if name not in _HOME:
        raise AttributeError(f"module 'lunarplan' has no attribute {name!r}")
    module, colon, own_name = _HOME[name].partition(":")
    value = import_module(module)
    if own_name or not colon:
        value = getattr(value, own_name or name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
