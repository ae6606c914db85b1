"""Reports on models: one HTML page that needs no network (extra ``report``)."""

from irpoint.report.page import write_report

__all__ = ["write_report"]
