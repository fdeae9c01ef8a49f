"""One suite of models, many exponents: what the notebook draws."""
