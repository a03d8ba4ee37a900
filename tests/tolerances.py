"""Every tolerance a test may use: a physical quantity with its reason.

Import as ``from tests.tolerances import EPOCH_RESOLUTION_S``. Units are in the name.
"""

# Epochs
EPOCH_RESOLUTION_S = 1.2e-7  # one float64 step of TDB seconds between 2017 and 2034
TDB_SERIES_INTERPOLATION_S = 2e-10  # cubic between daily sums of the TDB - TT series
TDB_TWO_TERM_FORMULA_S = 3.5e-5  # what the two-term TDB - TT formulas (CSPICE, Orekit) leave out of the series

# Ephemeris and frames
DE_EVALUATION_KM = 1e-6  # two orders of summation at 10 au differ by some roundings: 1 mm
DE_EVALUATION_KM_S = 1e-12  # likewise for velocities: 1 nm/s
MOON_EVALUATION_KM = 2e-9  # the same at the Moon's distance: 2 um
GRANULE_REEXPANSION_KM = 1e-6  # promised by Ephemeris.granules: 1 mm
MOON_QUATERNION = 1e-14  # promised by Ephemeris.granules
MOON_VS_OREKIT_KM = 4e-4  # Orekit's Chebyshev re-fit of DE440, 0.300 m at one of two epochs
MOON_VS_OREKIT_KM_S = 3e-9
MOON_VS_GMAT_KM = 1e-4  # 0.028 m, of which 30 us of TDB - TT make 0.03 m
ORIENTATION_VS_CSPICE = 1e-11  # psi beyond 4000 rad carries 1e-12
IAU_MOON_POLE_KM = 0.22  # Orekit's IAU rotation model at 1.5 to 5 Earth radii from the Moon: 57 to 201 m
ROTATION_RATE_RAD_S = 1e-15  # five-point differences of rotations 20 s apart
ITRF_POLE_MOTION_RAD_S = 1e-11  # precession and nutation in longitude, left out of the rate
ITRF_VS_ASTROPY_KM = 1e-5  # celestial pole offsets of 0.3 mas at 7700 km: 1 cm
SERIES_ROUNDING = 1e-13  # roundings of nine terms of order 1, and of their second derivative

# Launch sites
APOLLO_PLANE_DEG = 0.02  # cos i = cos(latitude) sin(heading) on the rounded figures of Apollo by the Numbers

# Files
OEM_POSITION_KM = 1e-9  # decimals written: a micrometre
OEM_VELOCITY_KM_S = 1e-12
OEM_EPOCH_S = 6e-7  # decimals written: a microsecond, and the resolution of float64
OEM_INTERPOLATION_KM = 1e-5  # what a reader who interpolates an exported trajectory may be off
TURN_ROUNDING_KM = 1e-9  # two rotations of 1e5 km
TURN_ROUNDING_KM_S = 1e-13  # two rotations of the 20 km/s that 1e5 km have in ITRF
SUN_CENTRED_TURN_KM_S = 1e-8  # epochs of 0.1 us do not matter, but 1.5e8 km in ITRF move at 11,000 km/s
UT1_INTERPOLATION_S = 1e-4  # Bulletin A against B, and linear interpolation over a day

# Propagation: against others
REFERENCE_MARGIN = 3.0  # times the miss of an independent integration of the same case
ORACLE_KM = 1e-8  # scipy's DOP853 at rtol 2.3e-14 over some days: 10 um; up to 3.6 um seen
WRONG_TIME_SCALE_KM = (1.2, 1.6)  # 32 to 37 s of lunar motion, a day later
GMAT_ELAPSED_TIME_S = 1e-6  # GMAT's epochs are days of a Julian date, resolved to 0.6 us
GMAT_ACROSS_KM = 5e-9  # what is left across the motion: integration errors, 5 um
APOLLO_8_KM = 5e-8  # agreement JEOD claims
APOLLO_8_KM_S = 2e-9  # JEOD's Moon is 2.7 s elsewhere
TABULATED_ORBIT = {"inclination_deg": 0.02, "eccentricity": 1e-4, "c3_km2_s2": 2e-3}  # rounding of the table's inputs
PERICYNTHION_NMI = 300.0  # the printed injection allows no better: 110 nmi a foot per second
PERICYNTHION_S = 900.0
PERICYNTHION_SLOPE = 0.10  # relative
ARTEMIS_RESIDUAL_KM = 0.1  # printed digits of the independent residual
OEM_PRINTED_KM = 1e-8  # digits kept of the trajectory files
B_PLANE_EPHEMERIS_KM = 0.012  # GMAT's older ephemeris: 8.0 m and 5.2 m
C3_KM2_S2 = 1.4e-6  # the same

# Kernels
DOP853_CONDITION = 1e-14  # weights of size 10 rounded to float64, summed over twelve stages
COARSE_LOG2 = 0.01  # promised by lanes.log2_coarse
COARSE_EXP2 = 3.2e-3  # 0.3 per cent, promised by lanes.exp2_coarse
COARSE_POWER = 0.08  # a chord for the mantissa: 6 per cent, at exponents of a step controller
RSQRT_ROUNDING = 3.4e-16  # a bit and a half
FMA_ROUNDING = 1.8e-15  # two roundings of numbers up to 8
STAGE_SUM_ROUNDING = 1e-15  # of the sum of the weights' sizes
SHADOW_FRACTION = 6e-4  # discs in a plane against rays counted on a sphere; 4.2e-4 seen beside a disc of 67 deg
LENS_AREA = 1e-12  # roundings of arc cosines
HARMONIC_ROUNDING = 1e-13  # of the acceleration of the harmonics: recursions of 100 steps; 3e-14 seen
HARMONIC_GRADIENT = 5e-11  # of the gradient: eighth-order differences of exact accelerations; 1.5e-11 seen

# Two-body motion
KEPLER_RELATIVE = 1e-12  # promised for every conic, relative to the end's distance and speed
KEPLER_PARTIALS = 1e-12  # of the largest partial; hyperbolas amplify roundings
KEPLER_TWO_LEGS = 1e-11  # the same for a product of two matrices with a perigee between them
KEPLER_VS_OREKIT_M = 2e-6  # roundings over 1.5 revolutions; an independent script was 0.48 um away
KEPLER_INVARIANT = 3e-14  # relative drift of energy and angular momentum, of the size of their terms
KEPLER_THERE_AND_BACK = 1e-12  # relative closure of going and coming back
STM_DETERMINANT = 1e-10  # |det - 1| asked of every transition matrix
STM_SYMPLECTICITY = 1e-9  # likewise
LAMBERT_CLOSURE_KM = 1e-6  # printed cases, propagated to the second place
LAMBERT_CLOSURE = 1e-10  # random geometries: miss relative to the larger radius
LAMBERT_RELATIVE = 2e-14  # velocities against 60 digits; a fast departure from 1/60 of the distance has 1.3e-14
LAMBERT_TIME = 8e-15  # relative time of flight against 60 digits, where 1 + x keeps its digits
PLANE_ROUNDING = 4e-16  # direction of the plane per unit of 1 / sin(transfer angle)
ELEMENTS_ROUND_TRIP = 3e-15  # relative, per 1 + r / p: some roundings
ELEMENTS_ANGLE_DEG = 1e-10
B_PLANE_ROUNDING = 1e-11  # relative, of B, its partials and times of flight
LANES_ROUNDING = 1e-13  # velocities from kernels of different width: fused or not fused
ACCELERATION_VS_ORACLE = 1e-12  # relative: places of bodies to some micrometres, orientation to 1e-11 of 1e-4
NUTATION_2000B = 2e-11  # relative, in low orbit: a milliarcsecond of pole in a term of 1e-3
GRADIENT_VS_ORACLE = 1e-8  # fourth-order differences over 0.2 per cent of the distance
ACCELERATION_ROUNDING = 1e-13  # relative: fused against separate multiplications and additions
ZONAL_ROUNDING = 1e-13  # relative
UNFELT_KM_S2 = 1e-18  # ten times what one degree may be when it is dropped, for the sum of all above it
LOCAL_ORDER = 0.8  # of the slope of error against step, over half an octave
KEPLER_REVOLUTION = 3.0  # error after a revolution in units of the tolerance of a step; 0.2 to 0.9 seen
TIGHTEST_KEPLER = 3e-13  # roundings of some ten steps; 5e-14 seen
ROCKET_ROUNDING = 1e-12
STM_SYMPLECTIC = 1e-9
STM_CLOSURE = 1e-12  # of the product of the norms of a matrix and of the one back
STEERED_ORACLE = 1e-11  # scipy's DOP853 at rtol 1e-13
STEERED_PARTIALS = 1e-8  # fourth-order differences of that
SINE_SERIES = 2e-13  # promised by angles.sine_cosine
DOP853_REVOLUTION = 200.0  # as KEPLER_REVOLUTION: its lower-order estimates see less; 13 to 96 seen

# Plots
CENTRE_CHANGE_ROUNDING_KM = 3e-10  # a few roundings at the distance of the Moon
DRAWN_RELATIVE = 1e-14  # roundings of turned and scaled places
LABEL_PLACE_PT = 1e-9  # roundings of places on paper
LIBRATION_POINT_DIGITS = 6e-7  # in Earth-Moon distances: they are given to six digits

# Propagation: against itself
CLOSURE_KM = 1e-5  # a centimetre, in five days; micrometres seen
ORIGIN_CHANGE_KM = 2e-8  # after a lunar flyby; micrometres before
BATCH_ROUNDING_KM = 5e-9  # last bits of reciprocal roots, grown over three days: micrometres
SHARED_CLOCK_KM = 5e-8  # the tolerance asked for, 1e-12, grown over three days
ENERGY = 1e-12  # relative, after up to 60 revolutions
DIFFERENCES_OF_ORACLE = 1e-7  # relative to the largest of a column
DIFFERENCES_OF_ENGINE = 1e-7  # fourth-order differences, relative to the largest of a column
UNFELT_HARMONICS_KM = 1e-9  # lanes of a block share the degree of the lane nearest to the Moon

# Force model
POWER_SERIES_KM = 2e-6  # powers instead of Chebyshev polynomials at 1e8 km: some roundings
QUATERNION_ROTATION = 1e-13
DENSE_OUTPUT_KM = 5e-7  # where an end is an epoch: they resolve 0.12 us, 0.1 mm at 1 km/s, twice at perilune
RETAKEN_STEP_KM = 1e-8  # a step cut short against a flight of its own: integration alone; 2 um seen after a flyby
NODE_BYTES = 80  # of a flight kept: eight numbers and an origin, 72 bytes
FLIGHT_BYTES = 2500  # of a flight besides its nodes: the objects, and what flies it
JOINT_ROUNDING = 1e-12  # km and km/s: the last step of an arc taken again; 0.06 us of thrust at 3 g would be 2e-9 km/s

# Transfers
NEWTON_SOLUTION = 1e-12
CONIC_ANGLE_RAD = 1e-9  # arc sines near the highest latitude
CONIC_KM = 1e-3  # a metre after some days, from 60 bisections of an eccentricity near one
CONIC_TIME_S = 1e-4

# Three-body problem, dimensionless
CR3BP_CLOSURE = 1e-11  # a period; JPL's printed digits leave up to 7e-12
JACOBI = 1e-12  # constants printed with 15 digits
JACOBI_DRIFT = 1e-12  # no nearer than 30,000 km to either body
STABILITY_DIGITS = 2e-5  # printed digits
JPL_STABILITY = 2e-5  # JPL's own rounding: double eigenvalues at 1 split by its root
ORBIT_RADIUS_KM = 0.1  # printed digits
CR3BP_ORACLE = 1e-11  # scipy's DOP853 at rtol 1e-13
CR3BP_DIFFERENCES = 1e-8  # fourth-order differences, relative to the largest entry
CR3BP_BATCH = 1e-12  # lanes against scalars: fused or not fused, grown over a period
TRANSFER_CLOSURE_KM = 1e-3  # promised: a metre at perilune; some millimetres seen
TRANSFER_CLOSURE_KM_S = 1e-6
ARRIVAL_ALTITUDE_KM = 1e-4
ARRIVAL_RADIAL_KM_S = 1e-7
ARRIVAL_INCLINATION_RAD = 1e-8
SHOOTING_DIFFERENCES = 1e-5  # fourth-order differences of days of flight, relative to the largest of a column
OSCULATING_PLANE_RAD = 1e-3  # short-period terms of J2, against 0.02 rad of drift in three revolutions
OSCULATING_ARC_RAD = 1e-2  # and along the orbit, where they add up over the coast
SAME_INSTANT_S = 1e-4  # epochs solved to 10 us, twice
APOLLO_WINDOW_H = 0.4  # from day to day in a month the window lasts some 20 min more or less
CROSS_RANGE_DEG_PER_DAY = 0.3  # tesseral harmonics move the plane of a low orbit: 0.23 seen in a day, 0.87 in six
LAUNCH_TIE_RAD = 3e-8  # sidereal times of 2000B and 2006A, and seconds solved to 10 us

# Bad input: the same flight asked in other words
EPOCH_RESOLUTION_KM = 2e-6  # 0.12 us, of each of two epochs, times 8 km/s
LINEAR_DIGITS = 2e-9  # printed digits of the linear motion about L1 and L2
ROTATION_ROUNDING = 3e-13  # the sine series ends 2e-13 short at the longest step
THREE_BODY_ROUNDING = 1e-11  # fused against separate operations, grown past the smaller primary
GMAT_THIRD_BODY_KM = 2.2e-7  # what GMAT and STK agree to on third bodies in lunar orbit, three days

# Events
EVENT_S = 1.2e-6  # promised by events.find: a microsecond; and the resolution of epochs
GRAZED_S = 1e-3  # the middle of two crossings, where a radius changes by its rounding, 1e-11 km, in some milliseconds
RADIUS_ROUNDING_KM = 1e-10  # some roundings at 40,000 km
CONTACT_S = 1e-3  # a ten-millionth of the disc is uncovered 0.2 ms before the last contact

# Earth equator of date
EQUATOR_2000B_MAS = 3.0  # one milliarcsecond of nutation, and the precession of 2000 half a century on
MEEUS_SIDEREAL_S = 5e-3  # the nutation and sidereal time of 1980: some hundredths of a second of arc
EARTH_ANGLE_VS_ASTROPY_S = 1e-4  # 1.5 mas of the equation of the equinoxes
ROTATION_RATE_RELATIVE = 1e-7  # nutation in right ascension within a fortnight
TURN_BACK = 1e-15

# Insertion
IMPULSE_DIGITS_M_S = 0.6  # figures printed in whole m/s
ORBIT_REACHED_KM = 1e-4  # 1e-9 km2/s2 of energy and 1e-9 of eccentricity, at 6,000 km
PLANE_TURNED = 1e-5  # of the eccentricity vector, out of the plane of arrival; 7e-6 seen in half an hour
LINE_OF_APSIDES = 3e-9  # each component of the eccentricity vector is met to 1e-9
BURN_ORACLE_KM = 2e-6  # scipy's DOP853 at rtol 1e-13; epochs of ignition and cutoff resolve 0.12 us
BURN_ORACLE_KM_S = 2e-9
BURN_PARTIALS = 1e-8  # fourth-order differences
LOSS_LIMIT_KM_S = 2e-5  # what two thrusts extrapolate to
LOSS_ORDER = 0.15  # of the slope of loss against thrust
ROBBINS_LOSS = (0.8, 1.0)  # of the estimate for thrust fixed in space and short burns
APSIS_EPOCH_S = 1e-3

# Thrust
TWO_METHODS_KM = 2e-7  # Runge-Kutta against Nystrom after a day in low orbit; 7e-8 seen
MASS_AT_NODE_KG = 5e-8  # 0.18 kg/s over the resolution of epochs

# Plans
CLOSURE_M = 1e-3  # asked for: a metre; 1.2e-4 m seen
INDEPENDENT_CLOSURE_KM = 5e-5  # scipy: 25 mm, of which 22 are the nutation of 2000B against that of 2006/2000A
JOINT_KM = 1e-6  # a millimetre asked for; epochs resolve 0.12 us, 0.2 mm at perilune
JOINT_KM_S = 1e-9
PERILUNE_KM = 1e-5  # a centimetre; after a finite burn, what 1e-9 of energy and eccentricity are worth
ARRIVAL_INCLINATION_DEG = 1e-8
LAUNCH_PLANE_DEG = 1e-5  # asked for: 0.1; a milliarcsecond of the pole is 3e-7
COAST_ANGLE_DEG = 1e-4  # gravitational parameters in the eighth digit
SAME_PLAN_S = 1e-3
CHOICE_KM_S = 1e-4  # asked for: a free arrival within 0.1 m/s of the best about it
TERMS_KEPT_S = 1.0  # promised: launch dates and times of flight are kept to the second
SCAN_OVERHEAD_S = 1e-6  # promised by scans.scan for every cell, in chunks of 2048; 0.02 us seen
APPARENT_ARCSEC = 0.01  # promised: the square of the aberration is 0.002 arcsec
SKY_DEG = 1e-4  # promised on the Moon; the aberration of the parallax is 3e-5
GEOMETRIC_SKY_DEG = 1e-9  # roundings, in another formula
SUBPOINT_EXTREME_DEG = 0.01  # as the reference states it
GREATEST_ECLIPSE_S = 3.0  # the catalogue prints seconds and counts on ELP and VSOP
GAMMA_EARTH_RADII = 1.5e-4  # printed to 1e-4
SUNSET_DEG = 1.0  # the lander's horizon is terrain, and hours of daylight are printed whole: 0.5 deg each
ITRF_2000B_RAD = 1e-8  # two milliarcseconds
TOPOCENTRIC_VS_ASTROPY_DEG = 1e-5  # the series of astropy's Sun is good to some hundredths of a second of arc
STATION_KM = {"high": 0.02, "medium": 0.3}  # what the confidence of coordinates promises
STAY_S = 0.3  # promised: a second; the quintic between integration steps is 0.2 km off where the craft makes 0.3 km/s
SMALL_BATCH_STAY_S = 1e-3  # contacts are refined to this; lanes round otherwise than scalars
UMBRA_MIDDLE_S = 60.0  # between the middle of the Moon's passage and its least distance: the shadow narrows on the way
EDGE_SOLAR_RADII = 1e-5  # a table of 400 ratios, interpolated
UMBRA_RADIUS_KM = 1.5  # contacts printed to a second, at 1 km/s; 1.0 seen
LONG_STAY_KM = 5e-7  # a month in low orbit by other steps, 340 times round the Moon; 4e-8 seen

# Launch windows
SWEEP_S = 1e-5  # sums of whole hours since J2000
CELL_ALONE = 1e-9  # s, m/s, deg: lanes round otherwise than scalars; 1e-11 seen
CELL_ALONE_STAY_S = 1e-2  # contacts of shadows are refined to a millisecond; 3e-4 seen
LOW_PRECISION_MOON_DEG = 0.01  # the series of Meeus is good to 10 arcsec
LIFT_OFF_MIN = 15.0  # azimuths and hours of arrival are estimates: a degree is 5 to 20 min at the pad, an hour 1 to 4
MOST_DAYS_OPEN = 0.35  # light for a week after the landing leaves a third of the days; other rules of it a tenth
SYNODIC_MONTH_DAYS = (29, 30)  # 29.5 days, counted in whole ones
SIDEREAL_MONTH_DAYS = (27, 28)  # 27.3 days, counted in whole ones
ARTEMIS_LIFT_OFF_MIN = 6.0  # its plane had its node 1 deg east of where the pad was: 4 min; 4 to 5 seen
BURN_OF_SHORT_WINDOWS_M_S = 12.0  # impulses instead of 18 minutes of thrust, whole minutes of windows; 9 seen
APOLLO_AZIMUTH_MIN = 10.0  # a launch azimuth over the ground is an inertial one of 1.5 deg less to the side: 11 min
APOLLO_PLANE_MIN = 5.0  # hours of the arrival: 3.3 seen
CASSINI_POLE_DEG = 0.12  # librations of the axis in latitude: 0.1
LEAST_IMPULSE_KM_S = 1e-6  # a parabola through samples a degree apart
ARTEMIS_SPLASHDOWN_MIN = 60.0  # a return over the pole, not at 86 deg: 43 min seen
OPPOSITE_RAD = 1e-3  # precession in six days, UT1 for UTC
PUBLISHED_LIFT_OFF_S = 600.0  # flight times are tried every six hours, which is 20 to 60 min of lift-off; 8 min seen
CELL_CLOSURE_KM = 1e-3  # asked for: an open cell flown by another integrator closes within 10 m; 0.1 m seen
CELL_PLANE_RAD = 4e-6  # the Moon's pole, 5e-9 rad/s, is taken at the first guess of the arrival, up to 12 min away
SMALL_BATCH_CELL_M_S = 1e-8  # the targeter stops at micrometres; lanes round otherwise than scalars

# Returns and free returns
END_DIFFERENCES = 1e-8  # central differences with steps of 1e-6, in units of the radius
SAME_DIRECTION_RAD = 1e-9
RETURN_CLOSURE_KM = 1e-2  # asked for: 10 m
ENTRY_CLOSURE_KM = 1e-2
ENTRY_ANGLE_RAD = 1e-6  # asked for: 0.01 deg
ENTRY_NADIR_DEG = 0.2  # an ellipsoid's vertical is not the radius
LANES_BURN_KM_S = 1e-9
PUBLISHED_ENTRY_SPEED_KM_S = (10.95, 11.06)  # Apollo 11 11.03, Artemis I 10.97; from near and far Moons
FREE_RETURN_CLOSURE_KM = 1e-2
FREE_RETURN_ENTRY_KM = 10.0  # the Moon magnifies the micrometres of the targeter and of the integrators
LANES_FREE_RETURN_S = 1e-3
APOLLO_FREE_RETURN_H = 1.0  # the flight's return inclination is not published; a correction was flown after it
APOLLO_FREE_RETURN_C3 = 0.03
PLANAR_DAYS = 6e-5  # the last digit printed
PLANAR_C3 = 6e-5
PLANAR_PERIGEE_KM = 1e-3

# Between orbits at the Moon
FLIGHT_RATE_KM_S2 = 1e-8  # central differences over a second
FLIGHT_PARTIALS = 1e-6
CONIC_BURNS_KM_S = 1e-12  # there and back along a conic
THREE_BODY_ROUND_TRIP = 1e-9
STAGING_M_S = 1.0  # asked for: 10; the radius of the low orbit and the rounding of the units differ, 0.5 seen
MIRROR_M_S = 1e-3  # the valley is found to 1e-5 of the span
LOW_ORBIT_CLOSURE_KM = 1e-3
LOW_ORBIT_PLANE_RAD = 1e-6
# Light, visibility, energy
DISC_FRACTION = 1e-12  # closed forms: roundings
DISC_BY_COLUMNS = 2e-5  # of the disc, or of its radius: 200,001 columns
TILE_DISC_FRACTION = 3e-3  # of the disc: over a tile of 16 km the elevation of the Sun is linear to 1e-5 rad
TILE_SUM = 5e-5  # of the disc: the same over thousands of epochs, and single precision
TILE_MARGIN_DEG = 2e-3  # places on the paths half a degree apart, and a linear elevation over a tile

# Landing sites
CENTROID_M = 20.0  # references print three decimals: 15 m; the mean corner of the plateau is 7 m from its centroid
REGION_AREA_KM2 = 0.1  # asked for
SURVEYED_DEG = 0.005  # sources print two or three decimals
CROSS_RANGE_DEG = 1e-7  # epochs of passes are halved down to what float64 resolves
ORBIT_SPEED_M_S = 5e-3  # the reference prints two decimals
WIDEST_CROSS_RANGE_DEG = 0.05  # librations of the axis in the days that are looked at; 0.03 seen
CONE_SLOPE_DEG = 0.06  # a cone on 100 m pixels is a polyhedron, and curved within a baseline of 400 m
SURVEY_PERCENT = 2.0  # a site's horizon cuts the disc as it is, a region's is level across it and stored to 0.003 deg
JOINT_SHARE = 0.006  # counted by hours against edges to a second: half an hour at each of some ten edges in two months
JOINT_STEPS = 1.5
RELAY_KM = 5.0  # samples are ten minutes apart, at apolune 0.5 km of radius
RELAY_INCLINATION_DEG = 0.1  # the drift of its node, 1 deg a day, leans the path; 0.09 seen
MAP_KM = 0.02  # a scale bar is true at one of its ends
PUBLISHED_LIGHT_PERCENT = 6.0  # what references accept of another terrain model; 2 seen
INTERVAL_EDGE_S = 1.0  # promised
POLAR_DAY = 3e-3  # of the time: the Sun's latitude is no pure sine, and its distance goes with the seasons of the Earth
SUN_OVER_POLAR_SITES_DEG = 0.001  # promised; 20 arcsec of aberration are 0.006
ROUNDED_FRACTION = 1e-11  # of the disc: angles come from vectors
SAMPLED_FRACTION = 2e-3  # of the time: some dozens of rises and sets, each half an hour off, in a year
MAP_AVERAGE = 3e-4  # of the disc, averaged: horizons straight across it, 1/360 deg, the linear sky of a tile
MAP_LIT = 1e-3  # of the time: the same at the disc's edge, 9 h a year
POLAR_CEILING_DEG = (
    0.05  # the Sun comes by once a month: its latitude may be two weeks from its extreme, 1.54 (1 - cos 15)
)
SHADOW_MARGIN_DEG = 6e-3  # a level horizon across the disc; 1/360 deg of horizons; 3e-3 seen
SITE_SHADOW_MARGIN_DEG = 5e-3  # half a quarter of an hour is 0.06 deg along crests of 20 deg
SEEN_FROM_STATION_DEG = 0.006  # 1.3 s of the turning Earth
MAP_EARTH_AVERAGE = 2e-3  # of the disc, which is two degrees wide and cut straight
ENERGY_WH = 1e-6
STATIONS_SEEN_KM = 1e-6  # two orders of summation at 4e5 km
STATION_VERTICAL_RAD = 1.2e-4  # 1.3 s of the turning Earth: 9.4e-5
# Terrain
ROUND_TRIP_DEG = 1e-9  # promised by projections
MAP_VS_PROJ_M = 1e-6  # PROJ and this, some roundings of the Moon's radius: a micrometre
SNYDER_DIGITS = 1e-7  # printed digits of the numerical example
CONVERGENCE_RAD = 1e-7  # second-order differences over 2 m
MAP_SCALE_RELATIVE = 1e-7  # the same
POLYGON_PUBLISHED_KM2 = 0.1  # as the reference states it
POLYGON_CENTER_M = 35.0  # printed to 0.001 deg, 15 m, and those of a map lie 20 m further out in the largest region
SPHERE_AREA = 1e-9  # relative; roundings of small triangles
PIXEL_AREA = 4e-3  # relative: sides along rows and columns of 500 pixels, half of one at each
SURFACE_M = 1e-9  # roundings of heights of some km
CENTER_SNAP_M = 1e-3  # within 1e-7 of a pixel of its centre a place has the height of the pixel; slopes of 6 km a pixel
SEAM_M = 1e-3  # 1e-9 deg of longitude, or some roundings of it, on slopes of 6 km in 2 deg
POLE_M = 1e-2  # 1e-7 deg from the pole, on slopes of 3 km a deg
PLANE_M = 5e-5  # float32 keeps heights of 600 m to 3e-5 m
RESAMPLED_M = 1e-3  # float32 keeps heights of 8 km to half a millimetre
SLOPE_DEG = 1e-4  # float32 heights of kilometres over 1 km
CURVED_PLANE_DEG = 2e-3  # a plane on the map is one on the Moon up to the change of scale, and of the pole's distance
DISTANCE_KM = 1e-5  # float32 keeps 84 km to a centimetre
SITE_HEIGHT_M = {"1 km": 125.0, "500 m": 65.0}  # rims and ridges in pixels of 1.9 km and 0.5 km, and steps of 50 m
SITE_HEIGHT_RMS_M = {"1 km": 60.0, "500 m": 35.0}  # of all thirteen; 55 and 32 seen
DECIMATED_4PPD_M = 70.0  # rms between LDEM_4 as published, which thins out, and means of 16 pixels of LDEM_16; 62 seen
DECIMATED_SHIFT_PIXELS = 1e-3  # and how far one lies off the other
BIN_DEG = 0.02  # two bins of a summary
FLOAT32_SLOPE_DEG = 1e-4  # float32 heights of 50 m over 400 m, and the triangles of places off pixel centres
SLOPE_VS_VECTORS_DEG = 6e-3  # the height of the middle for that of four points: 0.5 of 1737 km, on slopes of 20 deg
ROUGHNESS_M = 1e-3  # float32 heights of 4.5 km, and squares of them
ARC_M = 1e-6  # roundings of the Moon's radius, through arc sines of long arcs too
NEAREST_ON_MAP = 2e-4  # relative: another pixel may be nearer on the map, whose scale differs by 2e-4 over 50 km

# Powered descent and ascent
APOLLO_ASCENT_S = 5.0  # thrust and specific impulse are nominal figures; 0.4 seen
COLLOCATION_S = 1e-3  # ten segments of fourth order
POWERED_END_KM = 1e-6
POWERED_END_KM_S = 1e-9
BATCH_BURN_S = 1e-7
# Orbits in the ephemeris
FRAME_ROUNDING = 2e-14  # of the Earth-Moon distance: some roundings of matrices
FRAME_ROUNDING_KM = 1e-8
FRAME_SPEED_KM_S = 2e-9  # differences over 20 s, of fourth order, 20,000 km from the Moon
CLOCK_S = 2e-5  # a cubic and its inverse, through knots two hours apart
GAP_KM, GAP_KM_S = 1e-6, 1e-9  # promised at every node: a millimetre and a micrometre a second; 2e-10 and 5e-15 seen
ARC_BY_SCIPY_KM = 1e-6  # promised: arcs flown by another integrator and other force code end within a millimetre
ARC_AGAIN_KM = 2e-7  # the same arc with other steps; 5e-8 seen
PERILUNE_RANGE_KM = (3000.0, 3600.0)  # promised for the 9:2 orbit, for 15 years
DIFFERENCES_OF_GAPS = 3e-7  # of the largest element: differences of fourth order through a perilune
SAME_STEP = 1e-6  # of the longest: normal equations against singular values, conditions of 1e5
CLOCK_RATE = 3e-8  # the slope of a cubic through knots two hours apart
NODE_PHASE_S = 12 * 3600.0  # the 9:2 orbit against its periodic like: the Moon's unequal pace; 8 h seen in 15 years
DAYS_9_2 = 2.0 * 29.530588853 / 9.0
MEAN_PERIOD_DAYS = 1e-3  # of the 9:2 orbit over 15 years: a perilune is some hours late, in 5480 days
APSIS_KM = 1e-3
ROUTE_CLOSURE_KM = 0.1  # perilune magnifies the 10 mm to which coasts are closed
ROUTE_GRADIENT = 1e-4
ROUTE_NEIGHBOUR_KM_S = 1e-7
ARTEMIS_OUTBOUND_FRACTION = 0.05  # asked for; 0.8 % seen
ARTEMIS_FLYBY_DAYS = 1.0
EXTREME_DEG = 0.25  # a pixel; Kaguya and LOLA put the lowest place 0.17 deg apart in longitude
# Horizons
FLOAT32 = 1.2e-7  # a last digit
ANGLE_RAD = 1e-9  # float64 in what is no more than a few hundred operations
ARCTANGENT_RAD = 3e-7  # promised: 2e-7, and float32
HORIZON_RAD = 1e-6  # asked for on ground known on paper; 1e-8 seen
BRUTE_FORCE_RAD = 1e-6  # 6e-5 deg; chords of a pixel for arcs, 500 m; 5e-7 seen
PARABOLA_RAD = 1e-6  # 10 m pixels of a parabola: 2.5 mm at 5 km
RESAMPLED_HORIZON_RAD = 1e-6
REGION_DEG = 0.01  # asked for, of a region against brute force; 0.0045 seen
STORED_DEG = 1.5 / 360.0  # half a step, and one for a tie rounded the other way
SUMMIT_RAD = 2e-5  # half a step of azimuth beside it: 13 m at 147 km, on a slope of 0.1
CONTACT_BY_RAYS_S = 60.0  # rays 1/800 of the Sun's radius apart at its limb
SAMPLED_CONTACT_S = 61.0  # a minute
MOON_ECLIPSE_MIN = 90.0  # published for the 9:2 orbit; 77 seen in 15 years
CROSSING_PLANE = 1e-8  # refined to a millisecond, at 1.6 km/s
SLOPE_OF_CROSSING = 1e-5  # differences of 0.1 mm/s, which two perilunes bend
NRHO_UPKEEP_M_S = (1.0, 5.0)  # published: 1.6 to 4.3 a year; 3.6 seen
HELD_UPKEEP_M_S = (1.3, 2.3)  # published 1.63, with every component steered; 1.81 seen in a year
HALO_UPKEEP_M_S = (0.85, 1.6)  # published 1.15, by another strategy and other random numbers; 1.27 seen in a year
DRO_UPKEEP_M_S = 0.82  # published, with every component steered
FREE_UPKEEP_M_S = 0.1  # predictions within 0.45 m/s are let pass, and grow
SAME_SAMPLE_M_S = 1e-6  # lanes round otherwise in other blocks; six perilunes multiply it
# Periodic orbits of the three-body problem, in units of the primaries' distance and mean motion
ORBIT_CLOSURE = 1e-11  # asked for: a revolution ends where it began
ORBIT_JACOBI = 1e-11  # asked for, against JPL's catalogue
JPL_OWN_JACOBI = 1.2e-11  # one of 1,535 rows of it crosses with a vx of 9.7e-10; 1.09e-11 seen
ORBIT_PERIOD = 1e-9  # asked for, against JPL's catalogue
START_ROUNDING = 1e-14  # of states of size 1, times the largest entry of the monodromy matrix
LYAPUNOV_CLOSURE = 1e-9  # of Lyapunov orbits that pass near the Moon and are unstable, index 1000
LIBRATION = 1e-12  # asked for
FREQUENCY_DIGITS = 1e-8  # asked for
RICHARDSON_PRINTED = 2e-6  # asked for: mass ratios of 1980
ISEE3_KM = 300.0  # amplitudes printed to 1000 km
HOWELL_DIGITS = 5e-6  # printed to 1e-6; the fourth row's period is 3.6e-6 off
GREBOW_GUESS = 0.02  # printed to four digits, as guesses
COMMON_JACOBI_PERIOD = 1e-9  # others' closure; 1e-10 seen
SYNODIC_STATE = 1e-8  # the time unit of others is 2.8e-10 off, an orbit answers tenfold
SYNODIC_RADIUS_KM = 10.0  # asked for, against the independent correction
LITERATURE_RADIUS_KM = 100.0  # asked for, against what is printed for the 9:2 orbit
SYNODIC_STABILITY = 0.005  # asked for
FAMILY_STABILITY = 1e-5  # asked for, relative, of indices below 10; above 100: a thousandth
INDICES = 1e-9  # of traces against eigenvalues, relative to the largest entry of the matrix
ORBIT_ORACLE = 1e-9  # scipy's DOP853 at 1e-12 after a revolution, times the largest multiplier and the speed
EXTREME_KM = 1e-3  # a refined extreme against 20,001 samples
SECTION_TIME = 1e-12  # crossings are refined to rounding
MANIFOLD_SECOND_ORDER = 30.0  # times the square of the departure, in Jacobi constant
SCALAR_LANES = 1e-11  # orbits corrected alone and in a batch
# Lunar orbits
UNIT_ROUNDING = 4e-15  # of a product of rotations
ELEMENTS_BACK = 1e-8  # km, deg: two rotations and back, anomalies near an apsis
CASSINI_TILT_DEG = 6.68  # 1.54 of the equator and 5.14 of the orbit to the ecliptic, on either side
CASSINI_TILT_SPREAD_DEG = 0.15  # the Sun nods the Moon's orbit by as much, twice a year
APSIS_BY_CUBIC_KM = 1e-3  # promised: a metre, cubics over steps of a tenth of a revolution
KEPLER_MEAN = 1e-7  # km, deg: a weighted mean of one and the same number
NODE_RATE = 1e-2  # the lunar equator itself turns by a degree a year, of 154
SAME_LOW_ORBIT_KM = 1e-6  # other steps at 1e-12, for three days
IMPACT_S = 1e-2  # metres of the path at 1e-9, at 30 m/s of sink rate
PERILUNE_MOMENT_S = 2.0  # of a cubic in distance and radial velocity, near a nearly circular minimum
MEAN_AXIS_KM = 2.0  # oblateness takes a circular orbit a kilometre from its osculating axis
PFS2_LIFE_DAYS = (30.0, 40.0)  # 34 to 35 as flown; 32 to 37 seen over perilunes that are not published
PFS2_DIP_KM = 22.0  # 10 as flown
AVERAGED_RATE = 1e-6  # relative: differences of 1e-4 for partials
AVERAGED_MEAN = 1e-9  # relative: quadratures of one integral
FROZEN_INCLINATION_DEG = 1.5  # published in whole degrees, of no stated altitude; 84.7 seen for 86
FROZEN_CLOSED_FORM = 0.03  # relative: the square of the eccentricity, and the Earth against ten times J2
AVERAGED_VERSUS_FULL = 3e-3  # tesserals that do not average out over a month
FROZEN_PERILUNE_DEG = 15.0  # of e = 0.006: as far off as that
FROZEN_DRIFT = 3e-6  # between two lots of lanes
LRO_PERILUNE_KM = (12.0, 48.0)  # 30 as published, the swing of the month about it 16
LRO_PERILUNE_DEG = 12.0
LIFE_DAYS = 0.09  # a revolution: a perilune within 100 m of the surface hits by one lot of steps and misses by another
OTHER_LANES_KM = 0.01  # other steps at 1e-9, for 20 days: 10 to 20 mm a day, growing with its square
LRO_UPKEEP_M_S = (10.0, 13.0)  # 11 a month as published
LRO_YEAR_M_S = 20.0  # 130 to 150 as published; later months cost 147 to 159: these burns aim at the middle alone
LRO_BAND_KM = (20.0, 80.0)  # 50 give or take 20 as published; 23 to 75 seen, over eight nodes
AVERAGED_UPKEEP = 0.12  # relative: the flown figure is not closed
RELAY_PUBLISHED_DEG = 0.3  # asked for; published to a tenth, with altitudes in whole hundreds
RELAY_FROZEN_DEG = 0.5  # asked for: the averaged inclination within half a degree; 0.25 seen
RELAY_SHAPE = 1e-3  # of the mean eccentricity asked for
RELAY_PERILUNE_DEG = 2.0
RELAY_LIBRATION_DEG = 3.0
IAU_MOON_DEG = 0.008  # 155 m between the series of the IAU and DE's mean-Earth axes, and 875 m were they principal ones
GROUND_SPEED = 1e-6  # relative: a difference over two seconds
SIGHT_CONTACT_S = 1.5  # seconds are counted whole; 150 m of the ground are 0.1 s
CONTACT_SUM_S = 1e-6
CONTACT_RESAMPLED_S = 1e-2  # cubics over 120 s: a metre
PASS_S = 0.5  # the pole of the Moon wanders off the plane meanwhile
EARTH_HIDDEN = 3e-3  # of a turn: the Earth is 170 lunar radii away
CAP_SHARE = 2e-3  # a grid of 4 deg
MAP_SHARE = 2e-3  # of the span: half a sample at each end of every pass
MAP_GAP_S = 60.0  # a sample
SAME_RELAY_KM = 0.05  # a year by other steps at 1e-9

# Aborts
ABORT_CLOSURE_KM = 1e-2  # asked for: 10 m
ABORT_HOMEWARD_M_S = 2.0  # the duration is found to a minute; 0.2 seen
ABORT_NET_S = 900.0
RELAY_ALONE = 1e-6  # deg, and of the distance: other steps at 1e-9
FORETOLD_ECLIPSE_S = 5400.0  # the first guess is hours and hundreds of km off; 64 min seen, in an eclipse of 176

# Sorties
LANES_SORTIE_M_S = 1e-3  # each leaves at a valley found to 1e-5 of a day
NRHO_TO_LOW_ORBIT_M_S = (690.0, 760.0)  # published; 697 to 728 seen over a year
FREE_RETURN_TIE_RAD = 1e-7  # the equator is that of the first guess of perilune, hours away
ARTEMIS_2_ENTRY_H = 1.5  # its return inclination is not published; the day of the splashdown is
ARTEMIS_2_LUNAR_ALTITUDE_KM = (6000.0, 7500.0)  # estimate: 4,000 miles and more were spoken of

# Rendezvous
RENDEZVOUS_CLOSURE_KM = 1e-2
SAME_PATH_KM_S = 1e-8  # gaps of the orbit itself are below a micrometre

# Missions to distant orbits
DISTANT_CLOSURE_M = 0.1  # asked for: a metre; 6 mm seen after six days beyond the Moon
DISTANT_JOINT_KM = 1e-5  # coasts meet in their middles to a centimetre, and that grows to their ends
DISTANT_JOINT_KM_S = 1e-8
FLYBY_ALTITUDE_KM = 1e-5

# Landings and ascents in the real sky
LANDING_CLOSURE_KM = 1e-4  # asked for: 10 m; a centimetre seen
LANDING_CLOSURE_KM_S = 1e-6
LANDING_SHIFT_RAD = 2e-3  # the burn is flat there: 3.5 km of ignition are 5 ms
OVERFLIGHT_S = 1.0  # nearest among half seconds, and to the plane, not to the place, which moves across
OVERFLIGHT_KM = 0.1
BATCH_LANDING_M_S = 1e-5
ASCENT_CLOSURE_KM = 1e-4
COLLOCATION_IN_SPACE_S = 5e-3  # of 457 s: four segments of fourth order; 1.1 ms seen with five, below 1 ms with seven
LIFT_OFF_S = 1800.0  # tesseral harmonics move the node by 0.2 deg a day, a quarter of an hour of the Moon's turning
SORTIE_DRIFT_KM = 2.0  # between the turn and the pass, 1.5 h of the field's tesseral harmonics
SORTIE_DRIFT_M_S = 30.0  # a degree of the node in two days
# Low-energy transfers
LOW_ENERGY_CLOSURE_KM = 1e-2  # asked for: 10 m, each arc by itself
LOW_ENERGY_MEET_KM = 1e-3
LOW_ENERGY_PARTIALS = 1e-5  # differences of arcs that magnify a thousandfold
INJECTION_KM = 1e-6
ARRIVAL_PLANE_DEG = 2e-3  # the equators are those of the epochs one pass before
# Parker and Anderson (2013); single ones go out to two million kilometres
LOW_ENERGY_C3 = (-0.7, -0.3)
LOW_ENERGY_APOGEE_KM = (1.2e6, 1.6e6)
LOW_ENERGY_DAYS = (80.0, 150.0)
LOW_ENERGY_LOI_M_S = (630.0, 675.0)  # published 640 to 670; direct, 815 and more
LOW_ENERGY_NRHO_M_S = 40.0  # "some tens"; CAPSTONE burnt 17
CAPSTONE_DAYS = 7.0  # of the injection: its path was bent by manoeuvres on the way
LEAST_BURN_M_S = 1e-2
LANES_LOW_ENERGY_M_S = 1e-3
DESCENT = 1e-5
# Free returns from a high Earth orbit, hybrids and corrections
HIGH_ORBIT_CLOSURE_KM = 1e-4
HIGH_ORBIT_INDEPENDENT_KM = 1e-2
HIGH_ORBIT_LEVEL_RAD = 1e-8
HIGH_ORBIT_SITE_RAD = 1e-5  # equator and pole are those of perilune
ARTEMIS_2_LIFT_OFF_S = (
    120.0  # 40 s seen; ascent and parking orbit are estimates, and due east is 0.13 deg off its plane
)
ARTEMIS_2_PERIGEE_S = 150.0  # 70 to 94 s seen
ARTEMIS_2_C3 = 2e-3
ARTEMIS_2_SPLASHDOWN_S = 300.0  # 14 min from the entry interface to the sea: an estimate
ABORT_NAIVE_KM = 1e-2  # asked for: 10 m
ABORT_FROM_ELLIPSE_M_S = 30.0  # 10 to 19 seen
# Stations, sorties from them, rendezvous about the Earth
STATION_PERILUNE_S = 1e-2  # a millisecond asked for
STATION_MET_KM = 1e-5  # samples of one and the same arc
TDB_LESS_UTC_S = 2e-3  # thirty days of the one and of the other
# Powered flybys by the batch.
FLYBY_CLOSURE_M = 10.0  # a coast flown again by Runge-Kutta, at its end
FLYBY_TIE_S = 1e-3  # the pad under the plane at lift-off: half a metre of its way
FLYBY_PARTIALS = 1e-5  # of the largest in its column, against central differences
FLYBY_SAME_COST_M_S = 1e-3  # all burns, against the optimiser of single routes with the same tie
# Missions that come home
ENTRY_RADIUS_KM = 1e-4
ENTRY_ANGLE_DEG = 1e-6  # asked for: 0.01
HOME_CLOSURE_KM = 1e-3  # asked for: 10 m; 0.2 m seen, six days after a flyby at 130 km
NRHO_ROUND_TRIP_M_S = 42.0  # 5 % of a published value that is not confirmed; 6 seen
# Splashdown
SPLASHDOWN_KM = 50.0  # asked for
SPLASHDOWN_FLOWN_KM = 0.05  # as flown again: the entry within metres, times ten of the ground an entry's plane turns
GEODESIC_KM = 0.1  # to first order in the flattening; 2 m seen at 8,900 km
APOLLO_TRACK_KM = 30.0  # places and headings are given to 0.01 deg, bank reversals steer aside; 4 and 24 seen
LANDING_PARTIALS = 1e-6  # relative: differences
LANDING_DRIFT = 5e-6  # relative: precession turns the pole meanwhile, 1.4e-6 seen
ENTRY_PATH_DEG = 0.01  # asked for
ARTEMIS_MISSION_FRACTION = 0.05  # asked for; 1.5 percent less than flown seen
ARTEMIS_PHASE_DAYS = 1.0  # the valley is flat along the phase of the orbit; 19 h seen
ARTEMIS_ENTRY_S = 300.0  # the Earth must have the place there; 38 s seen
ONTO_ORBIT_PARTIALS = 1e-6  # relative: differences
ARTEMIS_BURN_FRACTION = 0.01  # asked for
APOLLO_BURN_FRACTION = 0.03  # asked for; 0.1 percent of TEI, 1.7 of LOI, 1.1 of the descent seen
APOLLO_ENTRY_S = 30.0  # 4 s seen: an eighth of a degree of the turn of the Earth is 30
APOLLO_ENTRY_KM_S = 1e-3  # as printed; 0.3 m/s seen
APOLLO_ENTRY_PLACE_DEG = 0.6  # the bank reversals' 50 km; 0.4 seen
APOLLO_BURN_S = 60.0  # 38 s seen
APOLLO_MASS_FRACTION = 0.01  # the turn of the plane, 8 m/s, is not in it; 0.5 percent seen
THRUST_JOINT_KM = 1e-6
INDEPENDENT_HOME_KM = 3e-4  # four days after the Moon, at the entry interface: 94 mm seen, 10 m asked for
CORRECTION_LINEAR = 0.05  # of the burn: errors of a tenth and of 1 m/s at the injection; 2 % seen
HYBRID_PLANE_RAD = 1e-6
HYBRID_M_S = (5.0, 25.0)  # from memory of the mission reports, medium confidence: 19, 7 and 22 m/s
LANES_CORRECTION_M_S = 1e-6
LANDED_CLOSURE_M = 0.01  # after weeks in a low orbit; 1 mm seen
LANDED_ASIDE_KM = 6.0  # the Moon turns by 2 km in the ten minutes of braking, the field moves the plane by another
FLYBY_LEVEL_KM = 0.02  # least altitude of a conic, against the coast flown in the full field half an hour long
FLYBY_ECLIPSE_S = 2.0  # longest stay in shadow, against the search for eclipses along a trajectory
STATION_PHASE_DEG = 4.0  # by which an NRHO's perilune in the real sky is off the middle of its periodic phase
STATION_BEGINS_DEG = 10.0  # by which a station carried into the real sky slides along its orbit: hours of 6.5 days

# Staging orbits
FREE_NODE_M_S = 1.0  # burns that need not be tangential save that much; 0.1 seen
IN_LOW_ORBIT_PARTIALS = 1e-6
STAGING_FRACTION = 0.05  # published to 10 m/s, for orbits given to a hundred km; 4.3 percent seen at most
STAGING_MODELS = 0.02  # the distance of the Moon at the epoch, 5 percent either way, tells in single percents
STAGING_TWO_BODY_FRACTION = 2e-3  # the Earth's pull 10,000 km out
IN_LOW_ORBIT_PLANE_RAD = 5e-5  # the pole of the Moon moves between the first guess and the insertion; 1.4e-5 seen
OPPORTUNITY_M_S = 0.5  # edges are found to a dozen seconds
ABORT_FROM_LOW_ORBIT_M_S = 1_100.0  # Apollo 11: 999 m/s
SORTIE_SITE_KM = 1e-2  # asked for: 10 m
RENDEZVOUS_MET_KM = 1e-5  # a millimetre asked for; an epoch resolves a tenth of a microsecond
RENDEZVOUS_MET_KM_S = 1e-8
COELLIPTIC_KM = 0.5  # oblateness bends the two orbits alike, to half a kilometre in half a revolution
RENDEZVOUS_HOHMANN_M_S = 0.5  # Moon and Sun, and the angle between burns
PLANES_MEET_DEG = 0.01
LOW_ENERGY_PLAN_M = 1.0  # asked for: ten metres; centimetres seen, of halves of the way that magnify ten thousandfold
LOW_ENERGY_JOINT_KM = 1e-3
DANURI_DRY_KG = 418.0
SYZYGY_H = 0.6  # greatest eclipse against the Moon's longitude: a quarter of an hour; between midnights as much
PERIGEE_SAMPLED_KM = 5.0  # osculating at a node beside it, which the oblateness takes to be some km off; 2.5 seen
PLANE_SHARE_DEG = 0.01  # as printed
PLANE_SHARES_TRIED_KM_S = 1e-4  # a quarter of a degree from the bottom of a flat valley
PLANE_TWO_BODY_FRACTION = 2e-3  # the Moon's own field and the Earth; 0.4 per mille seen

# Missions of the ILRS as planned
LANDED_SITE_KM = 1e-3  # where the powered descent ends, beside its site: a metre; 1 cm seen
GROUND_HEIGHT_KM = 0.06  # heights in mission files are given to 0.1 km
SUN_RANGE_ROUNDING_DEG = 0.05  # limits of light in mission files are given to 0.1 deg
# ---------------------------------------------------------------- edges of daily windows (windows/edges.py)
EPOCH_S = 1e-6  # epochs resolve 0.12 us; some of them added up
EDGE_S = 1.0  # of lift-off: what `sharpened` promises; the edge itself is known in closed form
STEPPED_EDGE_S = 2.0  # between edges found from azimuths 4 deg and 12 deg apart: each is good to a second
# Docking, and home
RENDEZVOUS_OVER_HOHMANN_KM_S = 0.005  # the last transfer is not half a revolution, the apsides turn: 2.9 m/s seen
SCIPY_RENDEZVOUS_KM = 1e-4
PAD_IN_PLANE_S = 0.5  # of lift-off; 0.18 seen: the packaged rotation of the Earth is not that of astropy's table
SKY_AZIMUTH_DEG = 1e-3  # the plane's drift in the coast, by its mean rate; 1e-4 seen
SKY_C3_KM2_S2 = 1e-5  # an impulse given to 0.1 mm/s, of two-body energy
SKY_SUN_DEG = 0.01  # the IAU's rotation of the Moon against that of DE440; 0.003 seen
BURN_PART = 1e-8  # of the delta-v left while a burn of minutes goes on: epochs resolve 0.12 microseconds of it
