// The loupe: the pixels around the cursor, enlarged without interpolation, with a grid and the points.

const PIXELS = 15; // on each side; odd, so that one is in the middle
const CELL = 12; // screen px of a pixel
const SIDE = PIXELS * CELL;
const AWAY = 26; // screen px from the cursor, so that the loupe does not cover what it shows

/** Draw the loupe beside a position of the frame, unless the view itself shows pixels as large. `marks` as of the view. */
export function drawLoupe(view, context, at, marks) {
  if (!at || view.scale >= CELL || view.picture.width < 2) return;
  const column = Math.round(at.x), row = Math.round(at.y), half = (PIXELS - 1) / 2;
  const corner = place(view, view.toScreen(at.x, at.y));
  // Screen position of a position of the frame in the loupe; pixel centres are at integers.
  const inside = ({ x, y }) => ({ x: corner.x + (x - column + half + 0.5) * CELL, y: corner.y + (y - row + half + 0.5) * CELL });
  context.save();
  context.beginPath();
  context.rect(corner.x, corner.y, SIDE, SIDE);
  context.fillStyle = "#000000";
  context.fill();
  context.clip();
  context.imageSmoothingEnabled = false;
  context.drawImage(view.picture, column - half, row - half, PIXELS, PIXELS, corner.x, corner.y, SIDE, SIDE);
  drawGrid(context, corner);
  for (const mark of marks) drawMark(context, inside(mark), view.styles[mark.kind], mark);
  drawCross(context, inside(at));
  context.restore();
  frame(context, corner);
}

/** The top left corner of the loupe: below and right of the cursor, or on another side at the edge of the view. */
function place(view, cursor) {
  const { clientWidth, clientHeight } = view.canvas;
  const before = (position, size) => (position + AWAY + SIDE > size ? position - AWAY - SIDE : position + AWAY);
  const clamped = (position, size) => Math.round(Math.min(Math.max(position, 2), Math.max(2, size - SIDE - 2)));
  return { x: clamped(before(cursor.x, clientWidth), clientWidth), y: clamped(before(cursor.y, clientHeight), clientHeight) };
}

/** Lines between the pixels, half dark and half light, so that they show on any picture. */
function drawGrid(context, { x, y }) {
  for (const [colour, shift] of [["rgb(0 0 0 / .35)", 0], ["rgb(255 255 255 / .18)", 1]]) {
    context.fillStyle = colour;
    for (let k = 1; k < PIXELS; k += 1) {
      context.fillRect(x + k * CELL + shift - 1, y, 1, SIDE);
      context.fillRect(x, y + k * CELL + shift - 1, SIDE, 1);
    }
  }
}

function drawMark(context, { x, y }, style, { active }) {
  context.setLineDash(style.dash);
  for (const [colour, width] of [["rgb(0 0 0 / .6)", 3.5], [style.colour, active ? 2.5 : 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, CELL * 0.6, 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

/** The exact place of the cursor, open in the middle. */
function drawCross(context, { x, y }) {
  for (const [colour, width] of [["rgb(0 0 0 / .7)", 3], ["#ffffff", 1]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 3 * dx, y + 3 * dy);
      context.lineTo(x + 9 * dx, y + 9 * dy);
    }
    context.stroke();
  }
}

function frame(context, { x, y }) {
  for (const [colour, by] of [["#000000", 1.5], ["#ffffff", 0.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.strokeRect(x - by, y - by, SIDE + 2 * by, SIDE + 2 * by);
  }
}
