// What was written but has not arrived. It is kept over a reload, and sent again when the line is back.

import { post, upload } from "./api.js";

const AGAIN = 3000;

export class Outbox {
  constructor(me, { onChange, onSent }) {
    Object.assign(this, { me, onChange, onSent, items: [], key: `outbox:${me}`, timer: 0, trying: false });
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
    Object.assign(item, { state: "sending", flying: true });
    this.onChange();
    try {
      const answer = item.file
        ? await upload("/api/picture", { as: this.me, chat: item.chat, client: item.body.client }, item.file)
        : await post("/api/send", item.body);
      this.drop(item);
      this.onSent(answer.message);
    } catch (error) {
      Object.assign(item, { state: "failed", flying: false, error: error.message, lost: error.lost });
      this.onChange(quiet ? null : error);
      if (error.lost) this.#soon();
    }
  }

  /** A message that came back over the live line is no longer on its way. */
  arrived(client) {
    const item = this.items.find((one) => one.body.client === client);
    if (item) this.drop(item);
  }

  /** Try again whatever got no answer, in order: the server knows each by its `client`, so nothing is said twice. */
  async again() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.trying) return;
    this.trying = true;
    const tried = new Set();
    const next = () => this.items.find((one) => one.lost && !one.flying && !tried.has(one));
    for (let item = next(); item; item = next()) {
      tried.add(item);
      await this.send(item, true);
      if (this.items.includes(item) && item.lost === "away") break;
    }
    this.trying = false;
    if (this.items.some((one) => one.lost)) this.#soon();
  }

  #soon() {
    this.timer ||= setTimeout(() => this.again(), AGAIN);
  }

  drop(item) {
    this.items = this.items.filter((one) => one !== item);
    this.#keep();
    this.onChange();
  }

  #put(item) {
    item.look = { ...item.look, sender: this.me, at: Date.now(), pending: item };
    const behind = this.items.some((one) => one.chat === item.chat && one.lost);
    this.items.push(item);
    this.#keep();
    if (!behind) this.send(item);
    else {
      // What is said later must not overtake what has not got through yet.
      Object.assign(item, { state: "sending", lost: "away" });
      this.onChange();
      this.#soon();
    }
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
      Object.assign(item, { state: "failed", lost: "away", error: "还没有发出。" });
      item.look.pending = item;
    }
    return kept;
  }
}
