"""The doctor: why a network does not learn, with the remedy proved by paired side runs."""
