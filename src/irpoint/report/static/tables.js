// The tables to copy, at the thresholds of the sliders.
"use strict";

(() => {
  const { data, stops, cell, element } = report;

  function shown({ both, replaced }, [value, interval]) {
    let text = interval ? both.replace("$value", () => value).replace("$interval", () => interval) : value;
    for (const [old, now] of replaced) text = text.replaceAll(old, now);
    return text;
  }

  function filled(format) {
    return format.template.replace(/⟦([\d.]+)⟧/g, (_, token) => {
      const [row, column] = token.split(".");
      if (column === undefined) return data.models[row].stops[stops[row]];
      return shown(format, cell(row, column));
    });
  }

  async function copy(text, pre) {
    try {
      await navigator.clipboard.writeText(text);
      return "Copied";
    } catch {
      getSelection().selectAllChildren(pre);  // without permission: select, to copy by key
      return document.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C";
    }
  }

  function save(text, name) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    element("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  report.onMove(() => {
    for (const pre of document.querySelectorAll("[data-format]")) {
      pre.textContent = filled(data.formats[pre.dataset.format]);
    }
  });
  document.getElementById("tables").addEventListener("click", async (event) => {
    const { copy: copied, save: saved } = event.target.dataset ?? {};
    const format = data.formats[copied ?? saved];
    if (!format) return;
    const block = event.target.closest(".copied");
    if (copied !== undefined) {
      block.querySelector("[role=status]").textContent = await copy(filled(format), block.querySelector("pre"));
    } else save(filled(format), format.file);
  });
})();
