// Follows what changes elsewhere: in other tabs, by other people, and while the server counts imported labels.

import { request } from "/shared/api.js";

const ASK_MS = 1000, TIMEOUT_MS = 20_000;

export class Follower {
  /** `changed` gets {all, frames, unread}: the summaries of frames that changed, or of `all` that have labels. */
  constructor(changed) {
    this.changed = changed;
    this.mark = "";
    this.asking = this.repeat = false;
    this.channel = new BroadcastChannel("irpoint-label"); // the other tabs of this browser, so that they ask at once
    this.channel.onmessage = () => this.again();
  }

  /** Ask what has changed since the last call. */
  async ask() {
    const path = `/api/changes?since=${encodeURIComponent(this.mark)}`;
    const found = await (await request(path, { signal: AbortSignal.timeout(TIMEOUT_MS) })).json();
    this.mark = found.mark;
    this.changed(found);
  }

  /** Ask now, and then regularly. If the server does not respond, the next call gets what was missed. */
  async again() {
    if (this.asking) { this.repeat = true; return; }
    clearTimeout(this.timer);
    this.asking = true;
    do {
      this.repeat = false;
      await this.ask().catch(() => {});
    } while (this.repeat);
    this.asking = false;
    this.timer = setTimeout(() => this.again(), ASK_MS);
  }

  /** Tell the other tabs that something has changed. */
  tell() { this.channel.postMessage("changed"); }
}
