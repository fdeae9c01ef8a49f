"""Chen et al. (2025), MEGA-Bench: how many tasks, and how many examples of each, a score or a ranking needs."""
