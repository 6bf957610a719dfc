"""What leaves the machine as files that need nothing else: a run as one HTML file, the page as a folder."""
