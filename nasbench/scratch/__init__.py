"""One architecture from scratch with the full recipe, into a folder: checkpoints, weights, curves, confusion."""
