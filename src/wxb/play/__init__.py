"""Acting on reward: games, policies that learn to play them, and the runs that hold them."""
