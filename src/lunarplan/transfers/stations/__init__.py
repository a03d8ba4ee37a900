"""Between orbits: stations, low lunar orbits, rendezvous, sorties."""
