"""From the launch site to the Moon directly, and into orbit there."""
