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

/** Number of pixels with each stored value. */
export function countValues(frame) {
  const counts = new Uint32Array(2 ** frame.bits);
  for (const value of frame.data) counts[value] += 1;
  return counts;
}

/** The stored values left after clipping a percentage of the pixels at each end. */
export function percentiles(frame, clip) {
  const all = frame.data.length, skip = Math.floor((all * clip) / 100);
  let low = 0, high = frame.counts.length - 1;
  for (let seen = 0; low < high; low += 1) { seen += frame.counts[low]; if (seen > skip) break; }
  for (let seen = 0; high > low; high -= 1) { seen += frame.counts[high]; if (seen > skip) break; }
  // The clipped pixels are often the targets, so the window is wider than the percentiles.
  const margin = clip ? Math.max(4, (high - low) * 0.25) : 0;
  return [Math.max(0, low - margin), Math.min(frame.counts.length - 1, Math.max(high + margin, low + 1))];
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
  const words = table(frame.counts.length, settings);
  const picture = new ImageData(frame.width, frame.height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let k = 0; k < pixels.length; k += 1) pixels[k] = words[frame.data[k]];
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** Draw the histogram of a frame and its window. The scale is logarithmic, because targets have few pixels. */
export function paintHistogram(canvas, frame, settings) {
  const [first, last] = histogramRange(frame);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d"), width = canvas.width, height = canvas.height;
  const span = last - first + 1, wide = Math.min(width, span); // one or more values per bar
  const bins = new Float64Array(wide);
  for (let value = first; value <= last; value += 1) {
    bins[Math.floor(((value - first) * wide) / span)] += frame.counts[value];
  }
  const maximum = Math.log1p(Math.max(...bins)), style = getComputedStyle(canvas);
  context.fillStyle = style.getPropertyValue("--quiet");
  bins.forEach((count, x) => {
    const bar = (Math.log1p(count) / maximum) * (height - 2);
    context.fillRect((x * width) / wide, height - bar, width / wide, bar);
  });
  context.fillStyle = style.getPropertyValue("--accent");
  for (const edge of [settings.low, settings.high]) {
    const x = ((edge - first) / span) * width;
    context.fillRect(Math.min(Math.max(x - ratio, 0), width - 2 * ratio), 0, 2 * ratio, height);
  }
}

/** The smallest and the largest stored value of a frame. */
export function histogramRange(frame) {
  let first = 0, last = frame.counts.length - 1;
  while (first < last && !frame.counts[first]) first += 1;
  while (last > first && !frame.counts[last]) last -= 1;
  return [first, last];
}
