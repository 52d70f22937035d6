// The messages of the open chat: a window of its history that grows at both ends and is never too long.

import { get } from "./api.js";

const PAGE = 50;
const MOST = 300;

export class Thread {
  constructor(me, chat) {
    Object.assign(this, { me, chat, items: [], hasOlder: false, hasNewer: false, loaded: false, loading: null });
  }

  get newest() {
    return this.items.at(-1)?.n ?? 0;
  }

  /** The last page, instead of what was there. */
  async loadEnd() {
    const found = await this.#page({ limit: PAGE });
    // What came over the live line while the page was on its way is newer than the page.
    const later = this.hasNewer ? [] : this.items.filter((item) => item.n > (found.at(-1)?.n ?? 0));
    const known = this.loaded && !this.hasNewer && found.length > 0 && found[0].n <= this.newest;
    const before = known ? this.items.filter((item) => item.n < found[0].n) : [];
    this.items = [...before, ...found, ...later].slice(-MOST);
    if (!known) this.hasOlder = found.length === PAGE;
    this.hasNewer = false;
    this.loaded = true;
  }

  /** One page more at the top; false when there is none or one is already on its way. */
  async loadOlder() {
    if (!this.hasOlder || !this.items.length) return false;
    return this.#once(async () => {
      const found = await this.#page({ before: this.items[0].n, limit: PAGE });
      this.hasOlder = found.length === PAGE;
      this.items = [...found, ...this.items];
      if (this.items.length > MOST) {
        this.items.length = MOST;
        this.hasNewer = true;
      }
    });
  }

  /** One page more at the bottom. */
  async loadNewer() {
    if (!this.hasNewer) return false;
    return this.#once(async () => {
      const found = await this.#page({ after: this.newest, limit: PAGE });
      this.hasNewer = found.length === PAGE;
      this.items = [...this.items, ...found];
      if (this.items.length > MOST) {
        this.items = this.items.slice(-MOST);
        this.hasOlder = true;
      }
    });
  }

  /** Whether message `n` is there, after going to where it stands. */
  async reach(n) {
    if (!this.items.some((item) => item.n === n)) {
      const around = await this.#page({ before: n + 1, limit: PAGE / 2 });
      const after = await this.#page({ after: n, limit: PAGE });
      this.items = [...around, ...after];
      this.hasOlder = around.length === PAGE / 2;
      this.hasNewer = after.length === PAGE;
    }
    return this.items.some((item) => item.n === n);
  }

  /** A new message; false where the window does not reach the end of the chat. */
  add(message) {
    if (this.hasNewer) return false;
    if (this.items.some((item) => item.n === message.n)) return true;
    this.items.push(message);
    this.items.sort((a, b) => a.n - b.n);
    // Trimmed at the top only a page at a time, so that the view does not jump with every message.
    if (this.items.length > MOST + PAGE) {
      this.items = this.items.slice(-MOST);
      this.hasOlder = true;
    }
    return true;
  }

  /** A message was taken back: it and what quotes it change. */
  recalled(message) {
    this.items = this.items.map((item) => {
      if (item.n === message.n) return { ...message, was: item.was ?? item.text };
      return item.quote?.n === message.n ? { ...item, quote: { ...item.quote, text: "", recalled: true } } : item;
    });
  }

  async #page(where) {
    return (await get("/api/messages", { as: this.me, chat: this.chat, ...where })).messages;
  }

  async #once(work) {
    if (this.loading) return false;
    this.loading = work();
    try {
      await this.loading;
      return true;
    } finally {
      this.loading = null;
    }
  }
}
