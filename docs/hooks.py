"""Bring pages that lie outside docs/ into the site, and keep the site free of the network.

The pages of the methods are the README files beside their code, so a new method has its page
without a change here or in mkdocs.yml.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
METHODS = ROOT / "src" / "irpoint" / "methods"
SETTINGS = ROOT / "src" / "irpoint" / "training" / "settings.py"
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s#]+)(#[^)\s]*)?(\))")
_ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):<code>~?")
_SETTINGS = re.compile(r"<!-- settings: (\w+) -->")
_RECORD = re.compile(r"<!-- record: (\w+) -->")
RECORD_SCHEMA = ROOT / "docs" / "frame-record.schema.json"
_LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*?\ssrc=[\"']?(https?:)?//"
    r"|<link\b(?=[^>]*rel=[\"']?(?:stylesheet|preconnect|icon|preload))[^>]*href=[\"']?(https?:)?//",
    re.IGNORECASE,
)


def outside_pages() -> dict[str, Path]:
    """Files that become pages, by the page's path in the site."""
    pages = {
        f"methods/{path.parent.name.replace('_', '-')}.md": path
        for path in sorted(METHODS.glob("*/README.md"))
    }
    return pages | {
        "contributing.md": ROOT / "CONTRIBUTING.md",
        "changelog.md": ROOT / "CHANGELOG.md",
    }


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages of the methods to the navigation."""
    for section in config.nav or []:
        if "Methods" in section:
            section["Methods"] += [page for page in outside_pages() if page.startswith("methods/")]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/."""
    for uri, path in outside_pages().items():
        files.append(File.generated(config, uri, content=path.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository, which work on GitHub, into links to pages."""
    uri = page.file.src_uri
    markdown = _SETTINGS.sub(lambda match: _settings_table(match[1]), markdown)
    markdown = _RECORD.sub(lambda match: _record_table(match[1]), markdown)
    path = outside_pages().get(uri, ROOT / "docs" / uri)
    return _with_links_of_the_site(markdown, path, uri)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show the cross-references of docstrings, such as :func:`name`, as code."""
    return _ROLE.sub("<code>", html)


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that loads anything from the network.

    Raises:
        PluginError: if a page loads a script, a style or a picture from another host.
    """
    for page in sorted(Path(config.site_dir).rglob("*.html")):
        if found := _LOADED.search(page.read_text(encoding="utf-8")):
            raise PluginError(f"{page.name} loads from the network: {found[0]}")


def _settings_table(model: str) -> str:
    """Name, default and description of every setting of a pydantic model, as a table.

    The source is read, not imported: the site builds without PyTorch.
    """
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    module = ast.parse(SETTINGS.read_text(encoding="utf-8"))
    (body,) = (n.body for n in module.body if isinstance(n, ast.ClassDef) and n.name == model)
    for field in body:
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.value, ast.Call)):
            continue
        call = field.value
        if ast.unparse(call.func) != "Field":
            continue  # a group of settings with a table of its own
        description = next(
            ast.literal_eval(k.value) for k in call.keywords if k.arg == "description"
        )
        rows.append(f"| `{ast.unparse(field.target)}` | {_default(call)} | {description} |")
    return "\n".join(rows)


def _record_table(name: str) -> str:
    """Name, type and description of every field of a part of the record of a frame, as a table."""
    schema = json.loads(RECORD_SCHEMA.read_text(encoding="utf-8"))
    part = schema["$defs"].get(name, schema)
    rows = ["| field | type | meaning |", "|---|---|---|"]
    for field, kind in part["properties"].items():
        meaning = kind.get("description", "")
        rows.append(f"| `{field}` | {_json_type(kind)} | {meaning} |")
    return "\n".join(rows)


def _json_type(kind: dict[str, Any]) -> str:
    """What a value of a JSON Schema may be, in words."""
    if "anyOf" in kind:
        return " or ".join(_json_type(one) for one in kind["anyOf"])
    if "const" in kind or "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind.get("enum", [kind.get("const")]))
    if "$ref" in kind:
        return "object"
    if kind.get("type") == "array":
        return "list" if "items" in kind else "list of two"
    return str(kind.get("type"))


def _default(field: ast.Call) -> str:
    if not field.args:
        return "required"
    try:
        value = ast.literal_eval(field.args[0])
    except ValueError:  # a name
        return "–"
    return "–" if value is None else f"`{value}`"


def _with_links_of_the_site(text: str, path: Path, uri: str) -> str:
    """Turn links relative to ``path`` into links relative to the page ``uri``."""
    pages = {source.resolve(): target for target, source in outside_pages().items()}
    up = "../" * uri.count("/")

    def relink(match: re.Match[str]) -> str:
        opening, link, anchor, closing = match.groups()
        if "://" in link:
            return match[0]
        target = (path.parent / link).resolve()
        if target in pages:
            return f"{opening}{up}{pages[target]}{anchor or ''}{closing}"
        if target.is_relative_to(ROOT / "docs"):
            inside = target.relative_to(ROOT / "docs").as_posix()
            return f"{opening}{up}{inside}{anchor or ''}{closing}"
        return match[0]

    return _LINK.sub(relink, text)
