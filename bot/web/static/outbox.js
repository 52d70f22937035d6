// What was written but has not arrived. It is kept over a reload, and sent again when the line is back.

import { post, upload } from "./api.js";

const AGAIN = 3000;

export class Outbox {
  constructor(me, { onChange, onSent }) {
    Object.assign(this, { me, onChange, onSent, items: [], key: `outbox:${me}`, timer: 0 });
    this.items = this.#kept();
  }

  of(chat) {
    return this.items.filter((item) => item.chat === chat);
  }

  /** Send `body` (text, voice or location), shown at once as a message that looks like `look`. */
  add(chat, body, look) {
    this.#put({ chat, body: { ...body, as: this.me, chat, client: crypto.randomUUID() }, look });
  }

  addPicture(chat, file, picture) {
    this.#put({ chat, file, body: { client: crypto.randomUUID() }, look: { type: "picture", text: "", picture } });
  }

  /** `quiet` says nothing of a failure: it was said the first time. */
  async send(item, quiet = false) {
    item.state = "sending";
    this.onChange();
    try {
      const answer = item.file
        ? await upload("/api/picture", { as: this.me, chat: item.chat, client: item.body.client }, item.file)
        : await post("/api/send", item.body);
      this.drop(item);
      this.onSent(answer.message);
    } catch (error) {
      Object.assign(item, { state: "failed", error: error.message, lost: error.lost });
      this.onChange(quiet ? null : error);
      if (error.lost) this.timer ||= setTimeout(() => this.again(), AGAIN);
    }
  }

  /** A message that came back over the live line is no longer on its way. */
  arrived(client) {
    const item = this.items.find((one) => one.body.client === client);
    if (item) this.drop(item);
  }

  /** Try again whatever got no answer: the server knows each by its `client`, so nothing is said twice. */
  async again() {
    clearTimeout(this.timer);
    this.timer = 0;
    for (const item of [...this.items]) {
      if (item.state === "failed" && item.lost) await this.send(item, true);
    }
  }

  drop(item) {
    this.items = this.items.filter((one) => one !== item);
    this.#keep();
    this.onChange();
  }

  #put(item) {
    item.look = { ...item.look, sender: this.me, at: Date.now(), pending: item };
    this.items.push(item);
    this.#keep();
    this.send(item);
  }

  #keep() {
    const plain = this.items.filter((item) => !item.file).map(({ chat, body, look }) => ({ chat, body, look: { ...look, pending: null } }));
    try {
      sessionStorage.setItem(this.key, JSON.stringify(plain));
    } catch {
      // A full store only costs what a reload would have kept.
    }
  }

  #kept() {
    const kept = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    for (const item of kept) {
      Object.assign(item, { state: "failed", lost: true, error: "还没有发出。" });
      item.look.pending = item;
    }
    return kept;
  }
}
