"""Checks a page in Chromium against the rules of WCAG 2.2 AA that a program can decide.

axe-core knows most of them, but not that the border of a control needs a contrast of 3:1, and that
nothing may need to be scrolled sideways.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
from axe_playwright_python.sync_playwright import Axe

# All rules of these levels. One that is switched off needs its reason here.
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
THEMES = ("light", "dark")

_TOO_WIDE = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && !one.closest(".unseen, .scroll, pre");
}).map((one) => one.outerHTML.slice(0, 80))"""

_FAINT = """() => {
  const shades = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  const light = (text) => {
    const [r, g, b] = shades(text);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ratio = (a, b) => Math.max(light(a) / light(b), light(b) / light(a));
  const clear = (colour) => colour.endsWith(", 0)") || colour === "transparent";
  const beneath = (one) => {
    while (one && clear(getComputedStyle(one).backgroundColor)) one = one.parentElement;
    return one ? getComputedStyle(one).backgroundColor : "rgb(255, 255, 255)";
  };
  const drawn = (one) => one.checkVisibility() && !one.disabled
    && !/checkbox|range|file/.test(one.type) && !clear(getComputedStyle(one).borderTopColor)
    && !one.querySelector("canvas, img"); // a picture shows where its button is
  return [...document.querySelectorAll("button, select, textarea, input")].filter(drawn)
    .filter((one) => ratio(getComputedStyle(one).borderTopColor, beneath(one.parentElement)) < 3)
    .map((one) => one.outerHTML.slice(0, 80));
}"""


def faults(page: Any) -> list[str]:
    """A line per element that breaks a rule now; hidden elements are not checked."""
    options = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ] + [f"border below 3:1: {one}" for one in page.evaluate(_FAINT)]


def beside_the_window(page: Any) -> list[str]:
    """Elements that reach over the right edge of the window, outside of what scrolls by itself."""
    return [str(one) for one in page.evaluate(_TOO_WIDE)]
