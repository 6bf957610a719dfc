"""The figures of the documentation: a command measures each, stores it as JSON, and tables are made from that."""
