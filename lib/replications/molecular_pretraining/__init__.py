"""Sultan et al. (2025): more pre-training molecules, or adaptation to a few of the task's own."""
