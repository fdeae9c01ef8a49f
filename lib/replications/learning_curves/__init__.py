"""Learning curves on real data: subsets of it, families of models, what is read off their curves."""
