// Frames and cut-outs, decoded when they are first shown.
"use strict";

const pictures = (() => {
  const SIDE = 41, HALF = 20, ZOOM = 6;
  const TARGET = "#46dc78", DETECTION = "#ff8a28";
  let cuts = null, frames = null;

  const frameUri = (number) => (frames ??= report.parsed("report-frames"))[number];
  const cutUri = (key) => (cuts ??= report.parsed("report-cuts"))[key];

  async function decoded(uri) {
    const image = new Image();
    image.src = uri;
    await image.decode();
    return image;
  }

  /** Cuts a square out of a compressed frame, and stretches its contrast. */
  function cutOut(image, width, column, row) {
    const canvas = report.element("canvas", { width: SIDE, height: SIDE });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const scale = image.naturalWidth / width;
    context.drawImage(image, (column - HALF) * scale, (row - HALF) * scale, SIDE * scale, SIDE * scale,
      0, 0, SIDE, SIDE);
    const pixels = context.getImageData(0, 0, SIDE, SIDE);
    let low = 255, high = 0;
    for (let k = 0; k < pixels.data.length; k += 4) {
      if (!pixels.data[k + 3]) continue;
      low = Math.min(low, pixels.data[k]);
      high = Math.max(high, pixels.data[k]);
    }
    for (let k = 0; k < pixels.data.length; k += 4) {
      const grey = (255 * (pixels.data[k] - low)) / Math.max(high - low, 1);
      pixels.data.set([grey, grey, grey], k);
    }
    context.putImageData(pixels, 0, 0);
    return canvas;
  }

  function ring(context, x, y, colour, radius, cross) {
    for (const [style, width] of [["rgb(0 0 0 / .6)", 5], [colour, 2.5]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      if (cross) {  // open in the middle, where the target is
        for (const [h, v] of [[-1, -1], [1, -1], [-1, 1], [1, 1]]) {
          context.moveTo(x + radius * h, y + radius * v);
          context.lineTo(x + radius * h * 0.4, y + radius * v * 0.4);
        }
      } else {
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.stroke();
    }
  }

  /** Draws an example into a canvas: a square around it with all targets, and its detection. */
  async function draw(canvas, example) {
    canvas.width = canvas.height = SIDE * ZOOM;
    const { frame, x, y, at } = example;
    const column = Math.floor(x + 0.5), row = Math.floor(y + 0.5);
    const exact = cutUri(`${frame},${column},${row}`);
    const uri = exact ?? frameUri(frame);
    const context = canvas.getContext("2d");
    if (!uri) {
      Object.assign(context, { fillStyle: "#ffffff", font: "22px system-ui", textAlign: "center" });
      context.fillText("no picture", canvas.width / 2, canvas.height / 2);
      return;
    }
    const image = await decoded(uri);
    const square = exact ? image : cutOut(image, report.data.frames[frame].width, column, row);
    context.imageSmoothingEnabled = false;
    context.drawImage(square, 0, 0, canvas.width, canvas.height);
    const place = (v, centre) => (v - centre + HALF + 0.5) * ZOOM;
    for (const [tx, ty] of report.data.frames[frame].targets) {
      ring(context, place(tx, column), place(ty, row), TARGET, 5.5 * ZOOM, false);
    }
    if (at) ring(context, place(at[0], column), place(at[1], row), DETECTION, 4 * ZOOM, true);
  }

  return { draw, frameUri };
})();
