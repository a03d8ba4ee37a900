"""Who pays for which burn, and what is left in the tanks."""

from dataclasses import dataclass
from typing import Any

from lunarplan.config.launch import LAUNCHER
from lunarplan.model.vehicle import Vehicle
from lunarplan.plan.solution import Burn


@dataclass(frozen=True)
class BudgetRow:
    """One burn of the budget; the propellant of the launcher is not the vehicle's and is None."""

    name: str
    engine: str
    delta_v_km_s: float
    propellant_kg: float | None
    mass_after_kg: float

    @property
    def delta_v_m_s(self) -> float:
        return self.delta_v_km_s * 1e3

    @property
    def is_launcher(self) -> bool:
        return self.engine == LAUNCHER


@dataclass(frozen=True)
class Budget:
    """Delta-v and propellant of a plan; the launcher's burns stand apart from the vehicle's."""

    rows: tuple[BudgetRow, ...]
    propellant_loaded_kg: float
    propellant_left_kg: float
    delta_v_left_km_s: float

    @property
    def launcher_delta_v_km_s(self) -> float:
        return sum(row.delta_v_km_s for row in self.rows if row.is_launcher)

    @property
    def vehicle_delta_v_km_s(self) -> float:
        return sum(row.delta_v_km_s for row in self.rows if not row.is_launcher)

    @property
    def propellant_used_kg(self) -> float:
        return self.propellant_loaded_kg - self.propellant_left_kg

    @property
    def propellant_by_engine_kg(self) -> dict[str, float]:
        used: dict[str, float] = {}
        for row in self.rows:
            if row.propellant_kg is not None:
                used[row.engine] = used.get(row.engine, 0.0) + row.propellant_kg
        return used

    def to_dict(self) -> dict[str, Any]:
        """Return the budget in the units of the edge: m/s and kg."""
        rows = [
            {
                "name": row.name,
                "engine": row.engine,
                "delta_v_m_s": row.delta_v_m_s,
                "propellant_kg": row.propellant_kg,
                "mass_after_kg": row.mass_after_kg,
            }
            for row in self.rows
        ]
        return {
            "rows": rows,
            "launcher_delta_v_m_s": self.launcher_delta_v_km_s * 1e3,
            "vehicle_delta_v_m_s": self.vehicle_delta_v_km_s * 1e3,
            "delta_v_left_m_s": self.delta_v_left_km_s * 1e3,
            "propellant_loaded_kg": self.propellant_loaded_kg,
            "propellant_used_kg": self.propellant_used_kg,
            "propellant_left_kg": self.propellant_left_kg,
            "propellant_by_engine_kg": self.propellant_by_engine_kg,
        }


def budget(vehicle: Vehicle, burns: tuple[Burn, ...]) -> Budget:
    """Return the budget of burns made one after the other with the vehicle's propellant.

    Raises InfeasibleError, saying at which burn and by how much, if the tanks run dry.
    """
    rows: list[BudgetRow] = []
    left = vehicle
    for burn in burns:
        before, left = left, _after(left, burn)
        used = None if burn.engine == LAUNCHER else before.mass_kg - left.mass_kg
        rows.append(BudgetRow(burn.name, burn.engine, burn.delta_v_km_s, used, left.mass_kg))
    last = next((row.engine for row in reversed(rows) if not row.is_launcher), None)
    spare = left.delta_v_left_km_s(last) if last else 0.0
    return Budget(tuple(rows), vehicle.propellant_kg, left.propellant_kg, spare)


def _after(vehicle: Vehicle, burn: Burn) -> Vehicle:
    if burn.engine == LAUNCHER:
        return vehicle
    return vehicle.burn(burn.delta_v_km_s, burn.engine, where=burn.name)
