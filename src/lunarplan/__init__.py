"""lunarplan: plan missions to the Moon."""
