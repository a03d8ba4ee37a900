"""When can a lander leave Florida for the lunar south? Half a year of launch windows, and why other days are closed.

Writes launch_calendar.png, launch_porkchop.png and windows.nc to the current folder, or to the one given.
"""

import sys
from pathlib import Path

from lunarplan import Mission

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

mission = Mission.from_dict(
    {
        "mission": {"name": "Morning lander"},
        "vehicle": {
            "dry_mass": "700 kg",
            "propellant": "1200 kg",
            "engines": [{"name": "main", "thrust": "3000 N", "isp": "320 s"}],
        },
        "launch": {
            "site": "ksc",
            "earliest": "2027-01-01",
            "latest": "2027-06-30",
            "parking_orbit": {"altitude": "185 km"},
        },
        "phase": [
            {"type": "translunar", "tof": ["4 days", "6 days"]},
            {"type": "insertion", "perilune": "100 km", "inclination": "90 deg", "engine": "main",
             "burns": [{"apolune": "100 km"}]},
        ],
        "windows": {
            "azimuth": ["72 deg", "108 deg"],
            "eclipse": "90 min",
            "landing": {"latitude": "-80 deg", "longitude": "0 deg", "after": "2 days",
                        "sun_elevation": ["4 deg", "12 deg"], "sun_side": "east"},
        },
    }
)  # fmt: skip
windows = mission.windows()

for first, last in windows.runs:
    print(f"open {first} to {last}")
print(f"cheapest: {windows.best.delta_v_m_s:.0f} m/s; a day that is closed, 1 March: {windows.day('2027-03-01').miss}")

windows.plot_calendar().savefig(out / "launch_calendar.png", dpi=200)
windows.plot_porkchop().savefig(out / "launch_porkchop.png", dpi=200)
windows.to_netcdf(out / "windows.nc")
