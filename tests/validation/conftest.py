import pytest

from lunarplan.model.forces import ForceModel


@pytest.fixture
def point_masses(full_de440):
    """Return a function that makes the force model of a case: point masses, with its own constants."""

    def make(case, bodies=None, **changes):
        gm = {b: v for b, v in case.get("gm_km3_s2", {}).items() if b in (bodies or case["bodies"])}
        options = {"earth_zonal": 0, "moon_degree": 0, "gm_km3_s2": gm, "ephemeris": full_de440}
        return ForceModel(bodies=tuple(bodies or case["bodies"]), **(options | changes))

    return make
