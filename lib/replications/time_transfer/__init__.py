"""The optimal learning rate drifts with the token budget, one way or the other with the batch."""
