// Renders a frame and its histogram. Colours come from a table of all stored values, which is fast.

const ANCHORS = {
  grey: ["#000000", "#ffffff"],
  inferno: ["#000004", "#1b0c41", "#4a0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9b06",
    "#f7d13d", "#fcffa4"],
  viridis: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58",
    "#b5de2b", "#fde725"],
  turbo: ["#30123b", "#4662d7", "#36aaf9", "#1ae4b6", "#72fe5e", "#c8ef34", "#faba39", "#f66b19",
    "#ca2a04", "#7a0403"],
};

/** Colour (r, g, b) of a value 0..1 in a colour map. */
function colour(map, value) {
  const anchors = ANCHORS[map].map((text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)));
  const at = value * (anchors.length - 1), below = Math.min(Math.floor(at), anchors.length - 2);
  return [0, 1, 2].map((k) => anchors[below][k] + (at - below) * (anchors[below + 1][k] - anchors[below][k]));
}

/** Number of pixels with each stored value, in the whole frame or from `left`, `top` to `right`, `bottom` of a part. */
export function countValues(frame, part) {
  const counts = new Uint32Array(2 ** frame.bits), { width, height, data } = frame;
  const { left, top, right, bottom } = part || { left: 0, top: 0, right: width - 1, bottom: height - 1 };
  for (let row = top; row <= bottom; row += 1) {
    for (let k = row * width + left, end = row * width + right; k <= end; k += 1) counts[data[k]] += 1;
  }
  return counts;
}

/** The stored values left after clipping a percentage of the counted pixels at each end. */
export function percentiles(counts, clip) {
  const all = counts.reduce((sum, count) => sum + count, 0), skip = Math.floor((all * clip) / 100);
  let low = 0, high = counts.length - 1;
  for (let seen = 0; low < high; low += 1) { seen += counts[low]; if (seen > skip) break; }
  for (let seen = 0; high > low; high -= 1) { seen += counts[high]; if (seen > skip) break; }
  // The clipped pixels are often the targets, so the window is wider than the percentiles.
  const margin = clip ? Math.max(4, (high - low) * 0.25) : 0;
  return [Math.max(0, low - margin), Math.min(counts.length - 1, Math.max(high + margin, low + 1))];
}

/** The colour of each stored value, as 32-bit words of a canvas. */
function table(size, { low, high, gamma, invert, map }) {
  const colours = new Uint32Array(256);
  for (let k = 0; k < 256; k += 1) {
    const [r, g, b] = colour(map, (invert ? 255 - k : k) / 255);
    colours[k] = (255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r);
  }
  const words = new Uint32Array(size), span = Math.max(high - low, 1e-9);
  for (let value = 0; value < size; value += 1) {
    const share = Math.min(Math.max((value - low) / span, 0), 1);
    words[value] = colours[Math.round(255 * share ** (1 / gamma))];
  }
  return words;
}

/** Paint a frame into a canvas, which gets the size of the frame. */
export function paint(canvas, frame, settings) {
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  const words = table(2 ** frame.bits, settings);
  const picture = new ImageData(frame.width, frame.height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let k = 0; k < pixels.length; k += 1) pixels[k] = words[frame.data[k]];
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** Draw the counts of the values and the window. The scale is logarithmic, because targets have few pixels. */
export function paintHistogram(canvas, counts, settings) {
  const [first, last] = histogramRange(counts);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d"), width = canvas.width, height = canvas.height;
  const span = last - first + 1, wide = Math.min(width, span); // one or more values per bar
  const bins = new Float64Array(wide);
  for (let value = first; value <= last; value += 1) {
    bins[Math.floor(((value - first) * wide) / span)] += counts[value];
  }
  const maximum = Math.max(Math.log1p(Math.max(...bins)), 1e-9), style = getComputedStyle(canvas);
  context.fillStyle = style.getPropertyValue("--quiet");
  bins.forEach((count, x) => {
    const bar = (Math.log1p(count) / maximum) * (height - 2);
    const left = Math.round((x * width) / wide); // whole pixels, or the bars would show stripes
    context.fillRect(left, height - bar, Math.round(((x + 1) * width) / wide) - left, bar);
  });
  context.fillStyle = style.getPropertyValue("--accent");
  for (const edge of [settings.low, settings.high]) {
    const x = ((edge - first) / span) * width;
    context.fillRect(Math.min(Math.max(x - ratio, 0), width - 2 * ratio), 0, 2 * ratio, height);
  }
}

/** The smallest and the largest counted value. */
export function histogramRange(counts) {
  let first = 0, last = counts.length - 1;
  while (first < last && !counts[first]) first += 1;
  while (last > first && !counts[last]) last -= 1;
  return [first, last];
}
