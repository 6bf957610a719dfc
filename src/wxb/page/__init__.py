"""The page in the browser: a server on this computer alone, which shows the runs of a folder."""
