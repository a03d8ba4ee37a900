"""lunarplan: plan missions to the Moon.

The public names, loaded when first used, so that `import lunarplan` costs nothing:

    Mission, Plan            a mission file, and its plan
    propagate, ForceModel    trajectories of your own states
    Ephemeris                where the bodies are
    State, Trajectory        states that know their epoch, centre and axes; paths with dense output
    lambert                  the two-body boundary value problem
    LunarplanError, ...      what can go wrong
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
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.forces import ForceModel
    from lunarplan.model.propagation import propagate
    from lunarplan.model.state import State
    from lunarplan.model.trajectory import Trajectory
    from lunarplan.model.two_body import lambert
    from lunarplan.plan.mission import Mission
    from lunarplan.plan.plan import Plan

    __version__: str

_HOME = {
    "Ephemeris": "lunarplan.model.ephemeris",
    "ForceModel": "lunarplan.model.forces",
    "SolarPressure": "lunarplan.model.forces",
    "Thrust": "lunarplan.model.propagation",
    "direct_transfers": "lunarplan.transfers.direct",
    "fly": "lunarplan.model.trajectory",
    "propagate_cr3bp": "lunarplan.model.cr3bp",
    "transfer_problem": "lunarplan.transfers.direct",
    "Mission": "lunarplan.plan.mission",
    "Plan": "lunarplan.plan.plan",
    "State": "lunarplan.model.state",
    "Trajectory": "lunarplan.model.trajectory",
    "lambert": "lunarplan.model.two_body",
    "propagate": "lunarplan.model.propagation",
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
    "State",
    "Trajectory",
    "lambert",
    "propagate",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("lunarplan")
    if name not in _HOME:
        raise AttributeError(f"module 'lunarplan' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
