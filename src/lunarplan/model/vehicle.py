"""Vehicle, engines and the rocket equation.

A burn's delta-v here is the one the rocket equation knows, the integral of thrust over mass. A finite burn
spends more of it than an impulse to reach the same orbit; the difference is its gravity and steering loss.
"""

import math
from dataclasses import dataclass, replace
from difflib import get_close_matches

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import STANDARD_GRAVITY_M_S2


@dataclass(frozen=True)
class Engine:
    """A rocket engine at constant thrust.

    thrust_n : N;  isp_s : s, vacuum specific impulse
    """

    name: str
    thrust_n: float
    isp_s: float

    def __post_init__(self) -> None:
        _positive(self.thrust_n, "thrust", "N", self.name)
        _positive(self.isp_s, "isp", "s", self.name)

    @property
    def exhaust_speed_km_s(self) -> float:
        return self.isp_s * STANDARD_GRAVITY_M_S2 * 1e-3

    @property
    def mass_flow_kg_s(self) -> float:
        return self.thrust_n / (self.isp_s * STANDARD_GRAVITY_M_S2)

    def propellant_kg(self, delta_v_km_s: float, mass_kg: float) -> float:
        """Return the propellant, kg, that changes the speed of `mass_kg` by `delta_v_km_s`.

        Source: Tsiolkovsky 1903.
        """
        return -mass_kg * math.expm1(-delta_v_km_s / self.exhaust_speed_km_s)

    def delta_v_km_s(self, propellant_kg: float, mass_kg: float) -> float:
        """Return the delta-v, km/s, that burning `propellant_kg` out of `mass_kg` gives."""
        return -self.exhaust_speed_km_s * math.log1p(-propellant_kg / mass_kg)

    def burn_time_s(self, delta_v_km_s: float, mass_kg: float) -> float:
        """Return how long, s, the engine burns for `delta_v_km_s` starting at `mass_kg`."""
        return self.propellant_kg(delta_v_km_s, mass_kg) / self.mass_flow_kg_s


@dataclass(frozen=True)
class Vehicle:
    """A spacecraft at one moment: what is left in its one set of tanks, and its engines.

    dry_mass_kg : everything that is not usable propellant;  propellant_kg : usable propellant left
    """

    dry_mass_kg: float
    propellant_kg: float
    engines: tuple[Engine, ...] = ()

    def __post_init__(self) -> None:
        _positive(self.dry_mass_kg, "dry mass", "kg", "vehicle")
        if not (math.isfinite(self.propellant_kg) and self.propellant_kg >= 0.0):
            raise InputError(f"propellant {self.propellant_kg} kg", where="vehicle", allowed=">= 0 kg")

    @property
    def mass_kg(self) -> float:
        return self.dry_mass_kg + self.propellant_kg

    def engine(self, name: str) -> Engine:
        """Return an engine by name; raises InputError naming those there are."""
        for engine in self.engines:
            if engine.name == name:
                return engine
        names = [engine.name for engine in self.engines]
        close = get_close_matches(name, names, n=1)
        raise InputError(
            f"no engine {name[:40]!r}",
            allowed=", ".join(names) or "the vehicle has no engine",
            remedy=f'did you mean "{close[0]}"?' if close else "name one of the vehicle's engines",
        )

    def delta_v_left_km_s(self, engine: str) -> float:
        """Return the delta-v, km/s, the rest of the propellant gives through one engine."""
        return self.engine(engine).delta_v_km_s(self.propellant_kg, self.mass_kg)

    def burn(self, delta_v_km_s: float, engine: str, *, where: str = "vehicle") -> "Vehicle":
        """Return the vehicle after a burn.

        Raises InfeasibleError, saying by how much, if the tanks run dry first.
        """
        if not (math.isfinite(delta_v_km_s) and delta_v_km_s >= 0.0):
            raise InputError(f"delta-v {delta_v_km_s} km/s", where=where, allowed=">= 0 km/s")
        needed_kg = self.engine(engine).propellant_kg(delta_v_km_s, self.mass_kg)
        if needed_kg > self.propellant_kg:
            raise self._dry(delta_v_km_s, engine, needed_kg, where)
        return replace(self, propellant_kg=self.propellant_kg - needed_kg)

    def _dry(self, delta_v_km_s: float, engine: str, needed_kg: float, where: str) -> InfeasibleError:
        missing_m_s = (delta_v_km_s - self.delta_v_left_km_s(engine)) * 1e3
        return InfeasibleError(
            f"needs {needed_kg:.1f} kg of propellant for {delta_v_km_s * 1e3:.1f} m/s and "
            f"{self.propellant_kg:.1f} kg are left: short by {needed_kg - self.propellant_kg:.1f} kg, "
            f"{missing_m_s:.1f} m/s",
            where=where,
            remedy="carry more propellant, ask for a higher orbit, or use a better engine",
        )


def _positive(value: float, what: str, unit: str, where: str) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise InputError(f"{what} {value} {unit}", where=where, allowed=f"> 0 {unit}")
