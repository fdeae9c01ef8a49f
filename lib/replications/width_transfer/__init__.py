"""Learning rates and weight decay that carry over to another width."""
