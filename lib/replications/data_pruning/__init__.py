"""Data pruning beats power laws: its theory of perceptrons, students at finite size, networks on images."""
