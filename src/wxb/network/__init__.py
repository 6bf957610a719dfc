"""From a planned network to a module that torch can train."""
