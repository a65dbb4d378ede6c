"""Training from scratch: the recipe, and the loop that yields one record an epoch."""
