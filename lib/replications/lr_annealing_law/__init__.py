"""Loss curves under learning-rate schedules: the rates, the Multi-Power Law, spreads, and how figures are drawn."""
