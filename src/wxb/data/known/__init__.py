"""Data sets known by name: finding, reading and downloading their files."""
