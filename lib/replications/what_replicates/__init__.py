"""What replicates: shares of the suite's own claims that hold, and what the failures have in common."""
