"""The page of a report as a person uses it, in Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.evaluation.result import figures
from irpoint.report import write_report
from irpoint.report.inputs import read_model
from irpoint.report.stops import BEST_F1, common_rates
from support.browser import chromium

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def written(shared_results: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a page on two models, and of its LaTeX table."""
    folder = tmp_path_factory.mktemp("report")
    write_report(shared_results, folder / "page.html", latex=folder / "figures.tex")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Any, written: Path) -> Iterator[Any]:
    """The page in a new tab; the test fails if the browser complains of anything."""
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    problems: list[str] = []
    tab.on("console", lambda message: problems.append(message.text))
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto((written / "page.html").as_uri())
    yield tab
    tab.close()
    assert problems == []


def cells(page: Any, row: int) -> list[str]:
    """Figures of a row of the table, without their intervals."""
    return page.evaluate(
        'row => [...document.querySelectorAll(`td[data-cell^="${row}."]`)]'
        ".map(td => td.firstChild.textContent)",
        row,
    )


def move(page: Any, model: int, stop: int) -> None:
    """Move a slider as a person does, and wait until the page has followed."""
    page.evaluate(
        """([model, stop]) => {
            const slider = document.getElementById(`stop-${model}`);
            slider.value = slider.max - stop;
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        [model, stop],
    )


def examples(page: Any, kind: str) -> int:
    page.select_option("[name=kind]", kind)
    return int(page.inner_text("#count").split()[0])


def test_at_first_the_figures_are_those_of_evaluate(page: Any, shared_results: list[Path]) -> None:
    for row, file in enumerate(shared_results):
        content = json.loads(file.read_text())
        shown = cells(page, row)
        assert shown[:3] == [f"{100 * content[k]:.2f}" for k in ("precision", "recall", "f1")]
        assert shown[-1] == f"{content['tp']} / {content['fn']} / {content['fp']}"


def test_a_slider_moves_every_figure_and_every_outcome(
    page: Any, shared_results: list[Path]
) -> None:
    models = [read_model(file) for file in shared_results]
    rates = common_rates([model.sweep for model in models])
    assert rates == ()  # so that the stops of the page are those of a single model
    model = models[0]
    before = cells(page, 1)
    for stop in (0, len(model.levels) // 2, len(model.levels) - 1):
        move(page, 0, stop)
        expected = figures(model.levels[stop])
        shown = cells(page, 0)
        texts = [f"{100 * expected[key]:.2f}" for key in ("precision", "recall", "f1")]
        assert shown[:3] == texts
        assert shown[-1] == f"{expected['tp']} / {expected['fn']} / {expected['fp']}"
        assert page.inner_text("[data-threshold='0']") == model.stops.texts[stop]
        error = expected["localisation_error_px"]["mean"]
        assert f"Mean {error:.2f}," in page.inner_text("[data-error='0']")
        for kind, count in (("miss", "fn"), ("false", "fp"), ("hit", "tp")):
            assert examples(page, kind) == expected[count]
        dots = page.locator("[data-plot='offsets-0'] path.spot").get_attribute("d").count("M")
        assert dots == expected["tp"]
        recall = page.locator("[data-plot=froc] .mark title").first.text_content()
        assert float(recall.rsplit(" ", 1)[1]) == pytest.approx(100 * expected["recall"], rel=1e-4)
        low = texts[1]
        assert low in page.get_attribute("#stop-0", "aria-valuetext")
        assert f"{low} {{" in page.inner_text("[data-format='0']")
    assert cells(page, 1) == before  # the other model has its own slider
    assert page.locator("#moved").is_visible()


def test_an_operating_point_moves_all_models(page: Any, shared_results: list[Path]) -> None:
    page.select_option("#preset", BEST_F1)
    for row, file in enumerate(shared_results):
        best = read_model(file).sweep.best_f1()[1]
        page.wait_for_function(
            "([row, text]) => document.querySelector(`td[data-cell='${row}.2']`)"
            ".firstChild.textContent === text",
            arg=[row, f"{100 * best:.2f}"],
        )
    move(page, 0, 0)
    assert page.input_value("#preset") == ""
    page.select_option("#preset", "as evaluated")
    page.wait_for_function("() => document.getElementById('moved').hidden")


def test_tables_to_copy_are_those_of_the_file(page: Any, written: Path) -> None:
    table = (written / "figures.tex").read_text()
    assert page.locator("[data-format='0']").text_content() == table
    f1 = cells(page, 0)[2]
    assert re.search(rf"{re.escape(f1)} {{\\scriptsize \[[\d.]+--[\d.]+\]}}", table)
    page.click("[data-copy='0']")
    page.wait_for_selector("text=/Copied|Selected/")
    with page.expect_download() as download:
        page.click("[data-save='0']")
    assert download.value.suggested_filename == "figures.tex"
    assert Path(download.value.path()).read_text() == table


def test_examples_are_filtered_and_sorted(page: Any) -> None:
    total = examples(page, "hit")
    names = "[...document.querySelectorAll('#gallery button')].map(b => b.textContent)"
    errors = [float(re.search(r"error ([\d.]+)", text)[1]) for text in page.evaluate(names)]
    assert errors == sorted(errors, reverse=True)
    page.select_option("[name=order]", "1")
    again = [float(re.search(r"error ([\d.]+)", text)[1]) for text in page.evaluate(names)]
    assert again == sorted(again)
    middle = sorted(errors)[len(errors) // 2]
    page.fill("[name=error-from]", str(middle))
    assert 0 < int(page.inner_text("#count").split()[0]) < total
    page.fill("[name=text]", "no such frame")
    assert page.inner_text("#count").startswith("0 ")
    page.click("text=Clear filters")
    page.wait_for_function("() => document.querySelector('[name=text]').value === ''")
    page.select_option("[name=kind]", "hit")
    page.check("[name=differ]")
    differing = int(page.inner_text("#count").split()[0])
    assert 0 < differing < total


def test_pictures_are_square(page: Any) -> None:
    examples(page, "hit")
    box = page.locator("#gallery canvas").first.bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=0.5)
    page.wait_for_function(
        "() => (c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".some(v => v > 100))(document.querySelector('#gallery canvas'))"
    )


def test_a_click_opens_the_whole_frame_and_keys_go_on(page: Any) -> None:
    assert examples(page, "hit") > 2
    page.locator("#gallery button").first.click()
    dialog = page.locator("#viewer")
    assert dialog.is_visible()
    assert page.inner_text("#viewer-place").startswith("1 of")
    assert page.locator("#stage image").count() == 1
    assert page.locator("#stage .target circle.ring").count() >= 1
    assert page.locator("#stage .detection path.ring").count() >= 1
    whole = page.locator("#stage svg").get_attribute("viewBox")
    page.keyboard.press("+")
    assert page.locator("#stage svg").get_attribute("viewBox") != whole
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#viewer-place").startswith("2 of")
    page.keyboard.press("ArrowLeft")
    page.uncheck("#show-detections")
    assert page.locator("#stage .detection").count() == 0
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.dataset.index") == "0"


def test_a_narrow_window_does_not_scroll_sideways(browser: Any, written: Path) -> None:
    for width, height in ((1024, 700), (400, 700)):
        tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark")
        tab.goto((written / "page.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.close()
