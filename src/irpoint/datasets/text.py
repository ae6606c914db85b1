"""Read a text file of a dataset, whatever program saved it."""

from __future__ import annotations

import codecs
from pathlib import Path

from irpoint.errors import DatasetError, one_line

# The mark of UTF-32 starts with that of UTF-16, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, what: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 with a byte-order mark.

    UTF-16 without a mark is recognised by the zero bytes of its ASCII characters.

    Args:
        path: the file.
        what: what the file should be, for the error message, such as "a list of names".

    Raises:
        DatasetError: if the file cannot be read, or if it is in another encoding.
    """
    try:
        content = path.read_bytes()
        return content.decode(_encoding(content))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read as {what} ({one_line(error)})") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: cannot be read as {what} (byte {error.start} is not {error.encoding}); "
            "save the file as UTF-8"
        ) from error


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    start = content[:512]
    if len(start) >= 2 and len(content) % 2 == 0:
        for encoding, zeros, text in (
            ("utf-16-le", start[1::2], start[::2]),
            ("utf-16-be", start[::2], start[1::2]),
        ):
            if zeros.count(0) > len(zeros) / 2 and 0 not in text:
                return encoding
    return "utf-8"
