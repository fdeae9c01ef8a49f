"""From Kaplan's exponent to Chinchilla's: what its notebook draws."""
