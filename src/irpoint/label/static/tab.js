// The name of this tab, which survives a reload and which no other open tab has.
// Locks show which tabs are open. Browsers do not provide locks to pages over plain HTTP from another
// machine; in that case, each tab writes the time to the storage regularly.

const NAME = "irpoint-tab", ALIVE = "irpoint-alive:";
const BEAT_MS = 20_000;
const CLOSED_MS = 180_000; // without a beat; browsers slow hidden tabs to one beat per minute

const randomName = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const silent = (name) => !(Date.now() - Number(localStorage.getItem(ALIVE + name)) < CLOSED_MS);

/** Hold the lock of a name while the page is open; false if another tab holds it. */
const hold = (name) => new Promise((done) => {
  navigator.locks.request(`${NAME}:${name}`, { ifAvailable: true }, (lock) => {
    done(Boolean(lock));
    return lock && new Promise(() => {});
  });
});

/** The name of this tab: the one before a reload, or a new one for a duplicated tab. */
export async function claimName() {
  let name = sessionStorage.getItem(NAME) || randomName();
  // After a reload, the previous page may still hold the lock.
  for (let left = 5; navigator.locks && !(await hold(name)); left -= 1) {
    if (left) await new Promise((resolve) => setTimeout(resolve, 50));
    else name = randomName();
  }
  if (!navigator.locks) {
    if (!silent(name)) name = randomName();
    const beat = () => localStorage.setItem(ALIVE + name, Date.now());
    beat();
    setInterval(beat, BEAT_MS);
    addEventListener("pageshow", beat);
    addEventListener("pagehide", () => localStorage.removeItem(ALIVE + name));
  }
  sessionStorage.setItem(NAME, name);
  return name;
}

/** Run `work` if no open tab has a name. */
export async function ifClosed(name, work) {
  if (!navigator.locks) { if (silent(name)) work(); return; }
  await navigator.locks.request(`${NAME}:${name}`, { ifAvailable: true }, (lock) => { if (lock) work(); });
}
