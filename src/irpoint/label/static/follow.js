// Follows what changes elsewhere: in other tabs, by other people, and while the server counts imported labels.

import { get } from "/shared/api.js";

const ASK_MS = 1000;

export class Follower {
  /** `changed` gets {all, frames, unread}: the summaries of frames that changed, or of `all` that have labels. */
  constructor(changed) {
    this.changed = changed;
    this.mark = "";
    this.asking = null;
    this.channel = new BroadcastChannel("irpoint-label"); // the other tabs of this browser, so that they ask at once
    this.channel.onmessage = () => this.again();
  }

  /** Ask what has changed since the last call. */
  async ask() {
    const found = await get(`/api/changes?since=${encodeURIComponent(this.mark)}`);
    this.mark = found.mark;
    this.changed(found);
  }

  /** Ask now, and then regularly. If the server does not respond, the next call gets what was missed. */
  again() {
    clearTimeout(this.timer);
    this.asking = Promise.resolve(this.asking).then(() => this.ask()).catch(() => {}).then(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.again(), ASK_MS);
    });
  }

  /** Tell the other tabs that something has changed. */
  tell() { this.channel.postMessage("changed"); }
}
