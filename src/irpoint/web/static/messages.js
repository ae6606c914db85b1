// Messages to the person: what went wrong, and what was done.
// A message stays until the next one, until it is dismissed, or until an action clears it. It is never on a timer,
// because nobody can tell how long someone needs to read it.

const element = (id) => document.getElementById(id);

/** Say what went wrong or was refused; without a text, clear the message. */
export const showMessage = (text) => show(text, "alert");

/** Say what was done, or how things are. */
export const showStatus = (text) => show(text, "status");

function show(text, kind) {
  const banner = element("banner");
  banner.hidden = !text;
  banner.className = kind;
  element("message").textContent = text;
  announce(text, kind);
}

/**
 * Have a screen reader say a text, at once if it is an alert. What it reads must be in the page before the text
 * comes, so this is not the banner, which is hidden at times.
 */
export function announce(text, kind = "status") {
  for (const name of ["status", "alert"]) element(`said-${name}`).textContent = name === kind ? text : "";
}

element("dismiss")?.addEventListener("click", () => showMessage(""));
