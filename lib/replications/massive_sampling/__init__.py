"""Pass rates by massive sampling: the task law, the coverage law, and what selection leaves."""
