// The card of each track: number, age, SNR, place or bearing, probability.

const element = (id) => document.getElementById(id);
const SHOWN = 40;
const EVERY_MS = 200; // figures that change faster cannot be read

export class Cards {
  /** `select(number)` is called when a card is clicked. */
  constructor(select) {
    this.select = select;
    this.cards = new Map();
    this.painted = 0;
    this.selected = null;
  }

  update(head, force) {
    const now = performance.now();
    if (!force && now - this.painted < EVERY_MS) return;
    this.painted = now;
    const tracks = new Map(head.frame.tracks.map((track) => [track.number, track]));
    for (const [number, card] of this.cards) if (!tracks.has(number)) { card.node.remove(); this.cards.delete(number); }
    for (const facts of head.cards.slice(0, SHOWN)) this.show(facts, tracks.get(facts.number));
    const count = head.cards.length;
    element("track-count").textContent = count ? (count > SHOWN ? `${count}, the first ${SHOWN}` : count) : "";
    element("no-tracks").hidden = count > 0;
  }

  show(facts, track) {
    let card = this.cards.get(facts.number);
    if (!card) {
      card = { node: newCard(facts.number), snr: null };
      card.node.onclick = () => this.select(facts.number);
      this.cards.set(facts.number, card);
      element("cards").append(card.node);
    }
    card.snr = facts.snr ?? card.snr; // a track that coasts keeps what was measured last
    const place = facts.bearing ? `az ${facts.bearing[0].toFixed(2)}°  el ${facts.bearing[1].toFixed(2)}°`
      : `x ${track.x.toFixed(1)}  y ${track.y.toFixed(1)}`;
    const deviation = track.x_std === null || facts.bearing ? "" : `  ±${Math.hypot(track.x_std, track.y_std).toFixed(1)}`;
    const texts = {
      snr: card.snr === null ? "SNR –" : `SNR ${card.snr.toFixed(1)}`,
      age: facts.age_s === null ? "" : `${facts.age_s.toFixed(1)} s`,
      place: place + deviation,
      probability: track.detected ? (facts.probability === null ? "" : `${Math.round(100 * facts.probability)} %`) : "coasting",
    };
    for (const [name, text] of Object.entries(texts)) card.node.querySelector(`.${name}`).textContent = text;
    card.node.classList.toggle("coasting", !track.detected);
    card.node.setAttribute("aria-pressed", String(facts.number === this.selected));
  }
}

function newCard(number) {
  const node = document.createElement("button"), title = document.createElement("b");
  node.className = "card";
  node.title = `Show track ${number}`;
  title.textContent = number;
  node.append(title, ...["snr", "age", "place", "probability"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    return part;
  }));
  return node;
}
