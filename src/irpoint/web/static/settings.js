// What a viewer has set, kept in the storage of the browser. Values that are not valid, also of a damaged or a newer
// store, are ignored: each control then keeps its default.

const VERSION = 1; // raise it if a stored value gets another meaning

export class Settings {
  /** `name` is the key in the storage. */
  constructor(name) {
    this.name = name;
    this.values = read(name);
  }

  get(key) { return this.values[key]; }

  set(key, value) {
    this.values[key] = value;
    // Without storage, or if it is full, settings last as long as the page.
    try { localStorage.setItem(this.name, JSON.stringify({ version: VERSION, values: this.values })); } catch { /* see above */ }
  }

  /** Give controls the values that were set before, and keep the values that they get. */
  remember(ids) {
    for (const id of ids) {
      const control = document.getElementById(id);
      restore(control, this.get(id));
      control.addEventListener("change", () => {
        if (control.type === "checkbox") this.set(id, control.checked);
        else if (control.checkValidity()) this.set(id, control.value);
      });
    }
  }
}

function read(name) {
  try {
    const { version, values } = JSON.parse(localStorage.getItem(name));
    return version === VERSION && typeof values === "object" && values ? { ...values } : {};
  } catch { return {}; }
}

function restore(control, value) {
  if (control.type === "checkbox") {
    if (typeof value === "boolean") control.checked = value;
    return;
  }
  if (typeof value !== "string") return;
  const before = control.value;
  control.value = value; // a select becomes empty if it has no such option, a field of a number if it is none
  if (control.value !== value || !control.checkValidity()) control.value = before;
}
