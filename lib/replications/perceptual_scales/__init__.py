"""Perceptual scales from difference scaling, and what the Fisher information of the stimuli says they should be."""
