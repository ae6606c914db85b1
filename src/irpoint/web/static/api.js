// Requests to the server.

export const client = { tab: "" }; // the name of this tab, which every request carries

export async function request(path, options = {}) {
  const response = await fetch(path, {
    ...options, headers: { "Content-Type": "application/json", "X-Tab": client.tab },
  }).catch(() => { throw new Error("The server does not respond"); });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const error = new Error(body.error || `The server responded with status ${response.status}`);
  error.status = response.status;
  error.stored = body.stored;
  throw error;
}

export const get = async (path) => (await request(path)).json();

export const post = async (path, body = {}, options = {}) =>
  (await request(path, { ...options, method: "POST", body: JSON.stringify(body) })).json();

export const remove = async (path, options = {}) => (await request(path, { ...options, method: "DELETE" })).json();

/** The address of something that belongs to a frame. */
export const ofFrame = (path, name) => `${path}?frame=${encodeURIComponent(name)}`;

export const getOf = (path, name) => get(ofFrame(path, name));

/** A frame's pixels in a view of the label page: {width, height, bits, offset, scale, low, high, data}. */
export async function getPixels(name, view = "frame") {
  const response = await request(ofFrame("/api/pixels", name) + (view === "frame" ? "" : `&view=${view}`));
  const head = JSON.parse(response.headers.get("X-Frame"));
  const bytes = await response.arrayBuffer();
  return { ...head, data: head.bits === 8 ? new Uint8Array(bytes) : new Uint16Array(bytes) };
}
