"""The documentation's figures: one command takes each, its results are JSON, and the tables are made of them."""
