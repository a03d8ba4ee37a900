"""Between a low lunar orbit and the ground, with thrust steered by the primer vector."""
