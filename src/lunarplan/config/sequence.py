"""Which phase may follow which: a mission goes from place to place, and a phase leads from one to another."""

from lunarplan.config.distant import DistantOrbit
from lunarplan.config.phases import AnyPhase, Translunar
from lunarplan.config.table import Place, Rejected
from lunarplan.errors import InputError
from lunarplan.model.epochs import utc_iso

# place -> what may happen there -> where that leads; a translunar phase goes by the name of its transfer
STEPS: dict[str, dict[str, str]] = {
    "parking orbit": {
        "direct": "approach",
        "powered_flyby": "flyby",
        "free_return": "way home",
        "earth_orbit": "high orbit",
        "earth_rendezvous": "target's orbit",
        "low_energy": "slow approach",
    },
    "high orbit": {"free_return": "way home"},
    "approach": {"insertion": "low orbit"},
    "flyby": {"distant_orbit": "distant orbit"},
    "slow approach": {"insertion": "low orbit", "distant_orbit": "distant orbit"},
    "low orbit": {"lunar_orbit": "low orbit, stayed", "landing": "ground"},
    "low orbit, stayed": {"landing": "ground", "return": "way home"},
    "ground": {"ascent": "low orbit, before a docking"},
    "low orbit, before a docking": {"docking": "low orbit, docked"},
    "low orbit, docked": {"lunar_orbit": "low orbit, stayed", "return": "way home"},
    "distant orbit": {"return": "way home", "sortie": "distant orbit"},
    "way home": {"entry": "home"},
    "home": {},
    "target's orbit": {"deorbit": "way home"},
    "under way": {"distant_orbit": "distant orbit"},
}
START, UNLAUNCHED = "parking orbit", "under way"  # where a mission begins, with a launch and without
_EPOCHS = {"epoch_tdb": "epoch", "until_tdb": "until"}
_TRANSFERS = {"direct", "powered_flyby", "free_return", "low_energy"}
_ON_THE_WAY = {START, UNLAUNCHED, "approach", "flyby", "way home", "high orbit", "slow approach"}


def step_name(phase: AnyPhase) -> str:
    """Return what a phase is called in `STEPS`: its type, of a translunar phase its transfer."""
    return phase.transfer if isinstance(phase, Translunar) else phase.type


def check_sequence(phases: tuple[AnyPhase, ...], *, launched: bool = True) -> None:
    """Raise Rejected unless every phase begins where the one before it ends, and the last ends where one can stay."""
    where = START if launched else UNLAUNCHED
    if not launched and step_name(phases[0]) not in STEPS[where]:
        wanted = " or ".join(f'"{name}"' for name in STEPS[where])
        what = f'required table is missing: only {wanted} begins a mission without a launch, not "{phases[0].type}"'
        raise Rejected(InputError(what, remedy="add [launch]"), ("launch",))
    for number, phase in enumerate(phases):
        follows = STEPS[where]
        if step_name(phase) not in follows:
            place: Place = ("phase", number, "type") if follows else ("phase", number)
            raise _out_of_order(f'"{phase.type}"', where, place)
        where = follows[step_name(phase)]
    if where in _ON_THE_WAY:
        raise _out_of_order("nothing", where, ("phase",), "add it")


def check_epochs(phases: tuple[AnyPhase, ...]) -> None:
    """Raise Rejected unless the epochs that phases are told come one after the other."""
    told: list[tuple[float, int, str]] = []
    for number, phase in enumerate(phases):
        for name, key in _EPOCHS.items():
            epoch: float | None = getattr(phase, name, None)
            if epoch is None or isinstance(phase, DistantOrbit):  # whose epoch is where it begins
                continue
            if told and epoch <= told[-1][0]:
                before, earlier, its_key = told[-1]
                what = f"{utc_iso(epoch, 0)} is not after phase[{earlier}].{its_key}, {utc_iso(before, 0)}"
                raise Rejected(InputError(what, remedy="change one or the other"), ("phase", number, key))
            told.append((epoch, number, key))


def _out_of_order(what: str, where: str, place: Place, remedy: str = "reorder them") -> Rejected:
    names = dict.fromkeys("translunar" if name in _TRANSFERS else name for name in STEPS[where])
    wanted = " or ".join(f'"{name}" belongs' if n == len(names) else f'"{name}"' for n, name in enumerate(names, 1))
    problem = f"phases out of order: {what} where {wanted or 'nothing may follow'}"
    return Rejected(InputError(problem, remedy=remedy), place)
