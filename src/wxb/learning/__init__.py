"""Learning: the recipe, the objective, and the loop that yields records."""
