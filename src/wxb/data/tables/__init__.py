"""Tables: their columns, targets, and the features they become."""
