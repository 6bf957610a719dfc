"""The report of a run: one dict of findings, and that dict as JSON, Markdown and a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from wxb.report.findings import findings
from wxb.report.markdown import markdown
from wxb.report.page import page
from wxb.runs.reported import Report
from wxb.storage import json_text

__all__ = ["findings", "markdown", "page", "report_files"]


def report_files(found: Mapping[str, Any]) -> dict[str, str | bytes]:
    """The content of `report.json`, `report.md` and `report.html`, as `Run.finish` takes it."""
    plain = dict(found)
    report = msgspec.convert(plain, Report)
    return {"report.json": json_text(report), "report.md": markdown(plain), "report.html": page(plain)}
