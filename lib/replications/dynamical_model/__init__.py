"""A linear model on random features, trained by gradient flow: exact curves and draws (arXiv:2402.01092)."""
