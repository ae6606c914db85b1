// The connection to the server. Each picture is asked for, so that a slow browser misses frames instead of lagging.

const AHEAD = 2; // pictures on the way
const RETRY_MS = 1000;

export class Stream {
  /** `on` gets frame(head, bitmap), state(state) and connected(yes). */
  constructor(on) {
    this.on = on;
    this.held = false; // whether the picture is held: no new one is asked for
    this.steps = 0; // pictures to show though it is held
    this.owed = 0; // pictures that came, and for which no new one was asked
    this.shown = 0;
    this.connect();
  }

  connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/frames`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.socket = socket;
      this.owed = this.shown = 0; // a restarted server counts from 1 again
      this.on.connected(true);
      for (let k = 0; k < AHEAD; k += 1) this.ask(0);
    };
    socket.onmessage = ({ data }) => { if (typeof data === "string") this.on.state(JSON.parse(data)); else this.receive(socket, data); };
    socket.onclose = () => { this.on.connected(false); setTimeout(() => this.connect(), RETRY_MS); };
  }

  /** Say which frame is on the screen, and ask for the next one. A hidden or held page does not count as latency. */
  ask(number) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(String(document.hidden ? 0 : number));
  }

  async receive(socket, data) {
    const length = new DataView(data).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
    if (socket !== this.socket) return;
    const wanted = !this.held || this.steps > 0;
    if (this.held && wanted) this.steps -= 1;
    if (wanted && head.number > this.shown) { this.shown = head.number; this.on.frame(head, bitmap); }
    bitmap.close();
    requestAnimationFrame(() => { if (this.held) this.owed += 1; else this.ask(head.number); });
  }

  /** Hold the picture, or go on. */
  hold(held) {
    this.held = held;
    this.steps = 0;
    if (!held) for (; this.owed > 0; this.owed -= 1) this.ask(0);
  }

  /** Show one more frame while the picture is held. */
  step() {
    this.steps += 1;
    if (this.owed > 0) { this.owed -= 1; this.ask(0); }
  }
}
