// From stored values to colours: one table look-up a pixel, so that every control answers at once.

const ANCHORS = {
  grey: ["#000000", "#ffffff"],
  inferno: ["#000004", "#1b0c41", "#4a0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9b06",
    "#f7d13d", "#fcffa4"],
  viridis: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58",
    "#b5de2b", "#fde725"],
  turbo: ["#30123b", "#4662d7", "#36aaf9", "#1ae4b6", "#72fe5e", "#c8ef34", "#faba39", "#f66b19",
    "#ca2a04", "#7a0403"],
};

/** Colour (r, g, b) of a value 0..1 in a named map. */
function colour(map, value) {
  const anchors = ANCHORS[map].map((text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)));
  const place = value * (anchors.length - 1), below = Math.min(Math.floor(place), anchors.length - 2);
  return [0, 1, 2].map((k) => anchors[below][k] + (place - below) * (anchors[below + 1][k] - anchors[below][k]));
}

/** How many pixels hold each stored value. */
export function countValues(frame) {
  const counts = new Uint32Array(2 ** frame.bits);
  for (const value of frame.data) counts[value] += 1;
  return counts;
}

/** The stored values between which all but `cut` per cent at each end lie. */
export function percentiles(frame, cut) {
  const all = frame.data.length, skip = Math.floor((all * cut) / 100);
  let low = 0, high = frame.counts.length - 1;
  for (let seen = 0; low < high; low += 1) { seen += frame.counts[low]; if (seen > skip) break; }
  for (let seen = 0; high > low; high -= 1) { seen += frame.counts[high]; if (seen > skip) break; }
  // What the percentile cuts off are just the targets: leave room above and below.
  const room = cut ? Math.max(4, (high - low) * 0.25) : 0;
  return [Math.max(0, low - room), Math.min(frame.counts.length - 1, Math.max(high + room, low + 1))];
}

/** Opaque colours, one a stored value, as the 32-bit words of a canvas. */
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

/** Paint a frame into a canvas of its own size. */
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

/** Draw the histogram of a frame with its window; logarithmic, or the targets would not be seen. */
export function paintHistogram(canvas, frame, settings) {
  const [first, last] = histogramRange(frame);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d"), width = canvas.width, height = canvas.height;
  const span = last - first + 1, wide = Math.min(width, span); // a bar a value, or several values a bar
  const bins = new Float64Array(wide);
  for (let value = first; value <= last; value += 1) {
    bins[Math.floor(((value - first) * wide) / span)] += frame.counts[value];
  }
  const most = Math.log1p(Math.max(...bins)), style = getComputedStyle(canvas);
  context.fillStyle = style.getPropertyValue("--quiet");
  bins.forEach((count, x) => {
    const tall = (Math.log1p(count) / most) * (height - 2);
    context.fillRect((x * width) / wide, height - tall, width / wide, tall);
  });
  context.fillStyle = style.getPropertyValue("--accent");
  for (const edge of [settings.low, settings.high]) {
    const x = ((edge - first) / span) * width;
    context.fillRect(Math.min(Math.max(x - ratio, 0), width - 2 * ratio), 0, 2 * ratio, height);
  }
}

/** First and last stored value that occurs. */
export function histogramRange(frame) {
  let first = 0, last = frame.counts.length - 1;
  while (first < last && !frame.counts[first]) first += 1;
  while (last > first && !frame.counts[last]) last -= 1;
  return [first, last];
}
