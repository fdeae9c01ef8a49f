"""From bits per byte to accuracy: what a chain of scores loses of its relation to compute, and to what."""
