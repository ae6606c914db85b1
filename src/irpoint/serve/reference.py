"""The page that documents the service, from its OpenAPI description, without a script of others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

_CODE = re.compile("``(.+?)``")  # in docstrings

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="icon" href="/shared/icon.svg">
<link rel="stylesheet" href="/shared/base.css">
<link rel="stylesheet" href="/static/reference.css">
<script src="/static/try.js" defer></script>
</head>
<body>
<header><h1>{title}</h1> <span class="quiet">{version}</span></header>
<main>
<p>{description} For programs: <a href="/openapi.json">openapi.json</a>.</p>
<form id="try">
<label>Frame <input type="file" id="file" required></label>
<label id="for-token" {token}>Token <input type="password" id="token" autocomplete="off"></label>
<button>Detect</button>
</form>
<pre id="answer" role="status" aria-label="Answer" tabindex="0" hidden></pre>
{operations}
{schemas}
</main>
</body>
</html>
"""


def reference_page(description: dict[str, Any]) -> str:
    """The page as HTML.

    Args:
        description: the OpenAPI description of the service.
    """
    info = description["info"]
    components = description.get("components", {})
    return _PAGE.format(
        title=escape(info["title"]),
        version=escape(info["version"]),
        description=escape(info["description"]),
        token="" if components.get("securitySchemes") else "hidden",
        operations="".join(
            _operation(method.upper(), path, operation)
            for path, methods in description["paths"].items()
            for method, operation in methods.items()
        ),
        schemas="".join(
            _schema(name, schema)
            for name, schema in components.get("schemas", {}).items()
            if name not in ("HTTPValidationError", "ValidationError")
        ),
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [
        (f"<code>?{escape(one['name'])}=</code>", escape(one.get("description", "")))
        for one in operation.get("parameters", [])
    ]
    kinds = operation.get("requestBody", {}).get("content", {})
    if kinds:
        rows.append(("body", ", ".join(f"<code>{escape(kind)}</code>" for kind in kinds)))
    rows += [
        (escape(status), _link(response) or escape(response.get("description", "")))
        for status, response in sorted(operation["responses"].items())
    ]
    text = escape(operation.get("description", ""))
    heading = f"<code>{method} {escape(path)}</code> {escape(operation['summary'])}"
    return f"<h2>{heading}</h2>\n<p>{text}</p>\n{_table(rows)}\n"


def _link(response: dict[str, Any]) -> str:
    """The description of a response, with a link to what it contains."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = _name(schema)
    text = escape(response.get("description", ""))
    return f'{text} (<a href="#{escape(name)}">{escape(name)}</a>)' if name else text


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [
        (f"<code>{escape(field)}</code>", _type(one), escape(one.get("description", "")))
        for field, one in schema.get("properties", {}).items()
    ]
    text = _CODE.sub(r"<code>\1</code>", escape(schema.get("description", "")))
    return f'<h2 id="{escape(name)}">{escape(name)}</h2>\n<p>{text}</p>\n{_table(rows)}\n'


def _type(schema: dict[str, Any]) -> str:
    """``number or null``; a link for an object that is described elsewhere."""
    if name := _name(schema):
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type(schema['items'])}"
    return escape(str(schema.get("type", "any")))


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>\n'
        for name, *rest in rows
    )
    return f"<table>\n{cells}</table>" if rows else ""
