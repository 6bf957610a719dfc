"""Building trainable torch modules from planned networks."""
