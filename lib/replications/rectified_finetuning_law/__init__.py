"""The rectified law of fine-tuning, and what else was fitted to its curves."""
