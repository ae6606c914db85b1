// Which tab this is: a name that outlives a reload and that no other open tab has.
// Locks tell who is open; where browsers have none (pages over plain HTTP from another machine),
// signs of life in the storage do.

const NAME = "irpoint-tab", SIGN = "irpoint-alive:";
const BEAT_MS = 20_000;
const GONE_MS = 180_000; // without a sign; browsers slow the clocks of hidden tabs to one beat a minute

const drawn = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const silent = (name) => !(Date.now() - Number(localStorage.getItem(SIGN + name)) < GONE_MS);

/** Hold the lock of a name while the page is open; false where another tab holds it. */
const hold = (name) => new Promise((done) => {
  navigator.locks.request(`${NAME}:${name}`, { ifAvailable: true }, (lock) => {
    done(Boolean(lock));
    return lock && new Promise(() => {});
  });
});

/** The name of this tab: the one it had before a reload, unless it is a duplicate of that one. */
export async function claimName() {
  let name = sessionStorage.getItem(NAME) || drawn();
  // What was there before a reload lets go of its lock only now.
  for (let left = 5; navigator.locks && !(await hold(name)); left -= 1) {
    if (left) await new Promise((resolve) => setTimeout(resolve, 50));
    else name = drawn();
  }
  if (!navigator.locks) {
    if (!silent(name)) name = drawn();
    const beat = () => localStorage.setItem(SIGN + name, Date.now());
    beat();
    setInterval(beat, BEAT_MS);
    addEventListener("pageshow", beat);
    addEventListener("pagehide", () => localStorage.removeItem(SIGN + name));
  }
  sessionStorage.setItem(NAME, name);
  return name;
}

/** Do something where no open tab has a name. */
export async function ifGone(name, work) {
  if (!navigator.locks) { if (silent(name)) work(); return; }
  await navigator.locks.request(`${NAME}:${name}`, { ifAvailable: true }, (lock) => { if (lock) work(); });
}
