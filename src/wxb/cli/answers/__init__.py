"""What each command prints with `--json`, as msgspec structs; the JSON schemas are generated from them.

Keys may be added to an answer, but never change their meaning.
"""
