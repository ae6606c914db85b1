"""One page, without network, on how good models are: ``irpoint report``."""

from irpoint.report.page import write_report

__all__ = ["write_report"]
