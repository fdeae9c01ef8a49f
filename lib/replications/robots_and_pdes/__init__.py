"""Do the straight lines of two papers bend? Robots that see more environments, networks that see more solutions."""
