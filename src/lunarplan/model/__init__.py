"""What the numbers mean: epochs, frames, bodies, forces, states, trajectories."""
