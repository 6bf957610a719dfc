"""The report of a run: one dict of findings, and that dict as Markdown and as a page."""
