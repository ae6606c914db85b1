"""Read the pages of the documentation: code blocks, links and headings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^ *```(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^ *```$", re.M | re.S)
_RUN = re.compile(r"<!-- run -->\s*$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)", re.S)
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.M)
_ASSIGNMENT = re.compile(r"^([A-Z][A-Z_0-9]*)=(.*)$", re.S)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    language: str
    code: str
    marked: bool  # by a comment <!-- run --> on the line before

    @property
    def name(self) -> str:
        """The page and the first line, for the name of a test."""
        return f"{self.page.relative_to(ROOT)}: {self.code.strip().splitlines()[0][:60]}"


def pages() -> list[Path]:
    """Every page that a reader meets."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    found += sorted((ROOT / "docs").rglob("*.md"))
    found += [ROOT / "samples" / "README.md"]
    return found + sorted((ROOT / "src" / "irpoint" / "methods").glob("*/README.md"))


def blocks() -> list[Block]:
    """The fenced blocks of all pages."""
    return [
        Block(page, match["language"], match["code"], bool(_RUN.search(text, 0, match.start())))
        for page in pages()
        for text in [page.read_text(encoding="utf-8")]
        for match in _FENCE.finditer(text)
    ]


def command_lines() -> Iterator[tuple[Path, list[str], bool]]:
    """Every shell command of all pages.

    Yields:
        The page; the words of the command, with the variables that the page has set; whether it is
        a whole command of a block, and not one that a sentence mentions.
    """
    for page in pages():
        text = page.read_text(encoding="utf-8")
        variables: dict[str, str] = {}
        for match in _FENCE.finditer(text):
            if match["language"] in ("", "bash", "sh"):
                for words in _commands(match["code"], variables):
                    yield page, words, True
        for span in _INLINE.findall(_FENCE.sub("", text)):
            if re.match(r"(irpoint|python|make) ", span):
                for words in _commands(" ".join(span.split()), variables):
                    yield page, words, False


def _commands(code: str, variables: dict[str, str]) -> Iterator[list[str]]:
    for line in _logical_lines(code):
        if assignment := _ASSIGNMENT.match(line):
            value = _expand(assignment[2], variables)
            variables[assignment[1]] = " ".join(shlex.split(value))
            continue
        lexer = shlex.shlex(_expand(line, variables), posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words: list[str] = []
        for word in lexer:
            if set(word) <= set("|&;"):
                yield words
                words = []
            else:
                words.append(word)
        yield words


def _logical_lines(code: str) -> Iterator[str]:
    """Lines of shell code: continued ones joined, comments gone, quotes closed."""
    pending = ""
    for line in code.splitlines():
        if not pending and line.lstrip().startswith("#"):
            continue
        pending += re.sub(r"(^|\s)#(\s.*)?$", "", line)
        if pending.endswith("\\"):
            pending = pending[:-1]
        elif pending.count("'") % 2 or _double_quotes(pending) % 2:
            pending += " "
        else:
            if pending.strip():
                yield pending.strip()
            pending = ""


def _double_quotes(line: str) -> int:
    return re.sub(r"'[^']*'", "", line).count('"')


def _expand(line: str, variables: dict[str, str]) -> str:
    for name in sorted(variables, key=len, reverse=True):
        line = line.replace(f"${name}", variables[name])
    return line


def links(page: Path) -> list[str]:
    """Targets of the links and pictures of a page."""
    return _LINK.findall(_INLINE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8"))))


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and the site make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_slug(heading) for heading in _HEADING.findall(text)}


def _slug(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain.lower()).strip())
