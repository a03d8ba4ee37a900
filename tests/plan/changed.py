"""Chang'e-6 with some entries of its file changed."""

import copy

from lunarplan import Mission
from lunarplan.config import library

BASE = library.read(library.find("change-6")) | {"expect": {}}
DROP = object()
FREE_ARRIVAL = (("phase", 1, "epoch"), DROP)
IMPULSIVE = (("phase", 1, "finite"), False)


def mission(*changes):
    """The mission with some entries changed: (path of keys, value)."""
    table = copy.deepcopy(BASE)
    for path, value in changes:
        place = table
        for key in path[:-1]:
            place = place[key]
        if value is DROP:
            place.pop(path[-1])
        else:
            place[path[-1]] = value
    return Mission.from_dict(table)


def parking(**orbit):
    return ("launch", "parking_orbit"), {"altitude": "200 km", **orbit}


def launching(earliest, latest):
    return (("launch", "earliest"), earliest), (("launch", "latest"), latest)


def arriving(epoch):
    return ("phase", 1, "epoch"), epoch


def flying(*tof):
    return ("phase", 0, "tof"), list(tof) if len(tof) > 1 else tof[0]


def cost(solution):
    """What the choice is made by: TLI, and an impulse into the first orbit at perilune."""
    return solution.burn("TLI").delta_v_km_s + solution.leg("insertion").burns[0].delta_v_km_s
