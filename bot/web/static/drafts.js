// Unsent words of each chat, kept for this window over a reload.

export class Drafts {
  #of = {};
  #key = "";

  /** The drafts of `me` from now on. */
  load(me) {
    this.#key = `drafts:${me}`;
    this.#of = JSON.parse(sessionStorage.getItem(this.#key) ?? "{}");
  }

  get(chat) {
    return this.#of[chat] ?? { text: "", picked: [], quote: null };
  }

  text(chat) {
    return (this.#of[chat]?.text ?? "").trim().slice(0, 100);
  }

  put(chat, draft) {
    if (draft.text.trim() || draft.quote) this.#of[chat] = draft;
    else delete this.#of[chat];
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.#of));
    } catch {
      // Kept in this window's memory all the same.
    }
  }
}
