"""Data sets known by name: where their files lie, how they are read, and how they are downloaded."""
