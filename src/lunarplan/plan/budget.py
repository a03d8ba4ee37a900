"""Who pays for which burn, and what is left in the tanks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lunarplan.config.launch import LAUNCHER
from lunarplan.errors import InfeasibleError
from lunarplan.model.vehicle import Vehicle
from lunarplan.plan.solution import VEHICLE, Burn, Separation


@dataclass(frozen=True)
class BudgetRow:
    """One burn of the budget; the propellant of the launcher is not the craft's and is None."""

    name: str
    engine: str
    delta_v_km_s: float
    propellant_kg: float | None
    mass_after_kg: float
    craft: str = VEHICLE

    @property
    def delta_v_m_s(self) -> float:
        return self.delta_v_km_s * 1e3

    @property
    def is_launcher(self) -> bool:
        return self.engine == LAUNCHER

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "craft": self.craft,
            "engine": self.engine,
            "delta_v_m_s": self.delta_v_m_s,
            "propellant_kg": self.propellant_kg,
            "mass_after_kg": self.mass_after_kg,
        }


@dataclass(frozen=True)
class Budget:
    """Delta-v and propellant of a plan: every craft with its own tanks, the launcher's burns apart.

    rows : of all craft, in the order of time; the totals are those of the vehicle
    delta_v_left_km_s : through the engine it burned last, or its first
    """

    rows: tuple[BudgetRow, ...]
    propellant_loaded_kg: float
    propellant_left_kg: float
    mass_left_kg: float
    delta_v_left_km_s: float

    @property
    def launcher_delta_v_km_s(self) -> float:
        return sum(row.delta_v_km_s for row in self.rows if row.is_launcher)

    @property
    def vehicle_delta_v_km_s(self) -> float:
        return sum(row.delta_v_km_s for row in self._own)

    @property
    def propellant_used_kg(self) -> float:
        return self.propellant_loaded_kg - self.propellant_left_kg

    @property
    def propellant_by_engine_kg(self) -> dict[str, float]:
        used: dict[str, float] = {}
        for row in self._own:
            used[row.engine] = used.get(row.engine, 0.0) + (row.propellant_kg or 0.0)
        return used

    @property
    def _own(self) -> tuple[BudgetRow, ...]:
        """The burns of the vehicle with its own engines."""
        return tuple(row for row in self.rows if row.craft == VEHICLE and not row.is_launcher)

    def to_dict(self) -> dict[str, Any]:
        """Return the budget in the units of the edge: m/s and kg."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "launcher_delta_v_m_s": self.launcher_delta_v_km_s * 1e3,
            "vehicle_delta_v_m_s": self.vehicle_delta_v_km_s * 1e3,
            "delta_v_left_m_s": self.delta_v_left_km_s * 1e3,
            "propellant_loaded_kg": self.propellant_loaded_kg,
            "propellant_used_kg": self.propellant_used_kg,
            "propellant_left_kg": self.propellant_left_kg,
            "propellant_by_engine_kg": self.propellant_by_engine_kg,
        }


def budget(craft: Mapping[str, Vehicle], burns: Sequence[Burn], separations: Sequence[Separation] = ()) -> Budget:
    """Return the budget of burns and separations, in the order of time, of craft by name; one is the vehicle.

    Raises InfeasibleError, saying at which burn and by how much, if the tanks run dry.
    """
    rows: list[BudgetRow] = []
    left = dict(craft)
    for step in _in_time(burns, separations):
        before = left[step.craft]
        after = left[step.craft] = _after(before, step)
        if isinstance(step, Burn):
            used = None if step.engine == LAUNCHER else before.mass_kg - after.mass_kg
            rows.append(BudgetRow(step.name, step.engine, step.delta_v_km_s, used, after.mass_kg, step.craft))
    vehicle = left[VEHICLE]
    own = [row.engine for row in rows if row.craft == VEHICLE and not row.is_launcher]
    engines = own[-1:] or [engine.name for engine in vehicle.engines[:1]]
    spare = vehicle.delta_v_left_km_s(engines[0]) if engines else 0.0
    return Budget(tuple(rows), craft[VEHICLE].propellant_kg, vehicle.propellant_kg, vehicle.mass_kg, spare)


def remaining(
    craft: Mapping[str, Vehicle], burns: Sequence[Burn], separations: Sequence[Separation] = ()
) -> dict[str, Vehicle]:
    """Return what burns and separations leave of each craft; raises as `budget`."""
    left = dict(craft)
    for step in _in_time(burns, separations):
        left[step.craft] = _after(left[step.craft], step)
    return left


def _in_time(burns: Sequence[Burn], separations: Sequence[Separation]) -> list[Burn | Separation]:
    return sorted((*separations, *burns), key=lambda s: s.ignition_tdb if isinstance(s, Burn) else s.epoch_tdb)


def _after(vehicle: Vehicle, step: Burn | Separation) -> Vehicle:
    return _parted(vehicle, step) if isinstance(step, Separation) else _burnt(vehicle, step)


def _burnt(vehicle: Vehicle, burn: Burn) -> Vehicle:
    if burn.engine == LAUNCHER:
        return vehicle
    return vehicle.burn(burn.delta_v_km_s, burn.engine, where=burn.name)


def _parted(vehicle: Vehicle, separation: Separation) -> Vehicle:
    dry_kg = vehicle.dry_mass_kg - separation.mass_kg
    if dry_kg <= 0.0:
        what = f"{separation.mass_kg:.1f} kg leave a dry mass of {vehicle.dry_mass_kg:.1f} kg"
        raise InfeasibleError(what, where=separation.name, remedy="count what is carried in dry_mass")
    return replace(vehicle, dry_mass_kg=dry_kg)
