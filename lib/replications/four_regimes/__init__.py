"""Four regimes of scaling in linear models of random features: modes, exact losses, their equation, figures."""
