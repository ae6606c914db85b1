"""The output formats by name. To add one, write a module with its class and add a row here."""

from __future__ import annotations

from irpoint.errors import SettingsError
from irpoint.sinks.coco_format import CocoFormat
from irpoint.sinks.csv_format import CsvFormat
from irpoint.sinks.format import DocumentFormat, LineFormat
from irpoint.sinks.json_format import JsonFormat

FORMATS: dict[str, LineFormat | DocumentFormat] = {
    one.name: one for one in (CsvFormat(), JsonFormat(), CocoFormat())
}


def find_format(name: str) -> LineFormat | DocumentFormat:
    """The output format with this name.

    Raises:
        SettingsError: if there is no such format.
    """
    if name not in FORMATS:
        raise SettingsError(f"format {name}: choose one of {', '.join(FORMATS)}")
    return FORMATS[name]
