"""Round the Moon and home without a burn, from a parking orbit or a long ellipse, and corrections on the way."""
