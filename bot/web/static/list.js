// The list of chats: filter, order, unread marks, arrow keys.

import { arrowTarget, avatar, byId, composing, h, rove, sync } from "./dom.js";
import { lastLine, shortTime } from "./words.js";

const kindOf = (chat, bot) => (chat.kind === "room" ? "room" : chat.other === bot.id ? "bot" : "person");

export class ChatList {
  #rows = new Map(); // id -> { row, look }
  #active = null;

  constructor(model, drafts, { onOpen }) {
    Object.assign(this, { model, drafts, onOpen, box: byId("chats"), search: byId("search") });
    this.search.addEventListener("input", () => this.render());
    this.search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    model.addEventListener("chats", () => this.render());
    model.addEventListener("me", () => this.#reset());
    model.addEventListener("open", () => this.#opened());
    // 昨天 and the like grow old while the page stays open.
    setInterval(() => this.render(), 60_000);
  }

  get rows() {
    return [...this.box.children];
  }

  render() {
    const chats = this.#found();
    for (const id of this.#rows.keys()) if (!this.model.chats.has(id)) this.#rows.delete(id);
    sync(this.box, chats.map((chat) => this.#row(chat)));
    const rows = this.rows;
    const stop = rows.find((row) => row.dataset.chat === this.#active) ?? rows[0];
    rove(rows, stop, false);
    const none = byId("no-chats");
    none.hidden = rows.length > 0;
    none.textContent = this.search.value.trim() ? "没有找到，换个词试试" : "还没有聊天";
  }

  /** Put the focus on a chat, by default on the open one. */
  focus(id = this.model.thread?.chat ?? this.#active) {
    const rows = this.rows;
    rove(rows, rows.find((row) => row.dataset.chat === id) ?? rows[0]);
  }

  /** Open the chat before or after the open one. */
  step(by) {
    const rows = this.rows;
    const place = rows.findIndex((row) => row.dataset.chat === this.model.thread?.chat);
    const next = rows[Math.min(rows.length - 1, Math.max(0, place + by))];
    if (next) {
      this.onOpen(next.dataset.chat);
      next.scrollIntoView({ block: "nearest" });
    }
  }

  #found() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/u).filter(Boolean);
    const fits = (chat) => words.every((word) => chat.name.toLowerCase().includes(word));
    return [...this.model.chats.values()].filter(fits).sort((a, b) => (b.last?.n ?? 0) - (a.last?.n ?? 0));
  }

  #row(chat) {
    const known = this.#rows.get(chat.id) ?? { row: null, look: "" };
    this.#rows.set(chat.id, known);
    const open = chat.id === this.model.thread?.chat;
    const draft = open ? "" : this.drafts.text(chat.id);
    const line = draft || lastLine(chat, this.model.me.id);
    const time = chat.last ? shortTime(chat.last.at) : "";
    const look = JSON.stringify([chat.name, line, time, chat.unread, chat.mentioned, open, Boolean(draft)]);
    if (known.look === look) return known.row;
    known.row ??= h("div", { class: "row", role: "option", data: { chat: chat.id }, onclick: () => this.onOpen(chat.id) });
    this.#fill(known.row, { chat, open, draft, line, time });
    known.look = look;
    return known.row;
  }

  #fill(row, { chat, open, draft, line, time }) {
    const count = chat.unread > 99 ? "99+" : String(chat.unread);
    const called = chat.mentioned && !draft ? "[有人@我]" : "";
    const said = [chat.name, chat.unread ? `${count}条未读` : "", called ? "有人提到你" : "", draft ? "有草稿" : "", line, time];
    row.setAttribute("aria-label", said.filter(Boolean).join("，"));
    row.setAttribute("aria-selected", String(open));
    row.title = chat.name;
    row.replaceChildren(
      h("span", { class: "row-face" }, avatar(chat.name, kindOf(chat, this.model.bot)),
        chat.unread > 0 && h("span", { class: "badge" }, count)),
      h("span", { class: "row-name" }, chat.name),
      h("span", { class: "row-time" }, time),
      h("span", { class: "row-line" }, called && h("b", {}, called), draft && h("b", {}, "[草稿]"), line),
    );
  }

  #opened() {
    if (this.model.thread) this.#active = this.model.thread.chat;
    this.render();
  }

  #reset() {
    this.#rows.clear();
    this.#active = null;
    this.search.value = "";
    this.box.scrollTop = 0;
    this.render();
  }

  #key(event) {
    const row = event.target.closest(".row");
    const target = arrowTarget(event, this.rows, row);
    if (target) {
      if (event.key === "ArrowUp" && target === row) this.search.focus();
      else rove(this.rows, target);
      this.#active = target.dataset.chat;
    } else if (event.key === "Enter" || event.key === " ") {
      this.onOpen(row.dataset.chat, true);
    } else return;
    event.preventDefault();
  }

  #searchKey(event) {
    if (composing(event)) return;
    if (event.key === "Escape" && this.search.value) {
      this.search.value = "";
      this.render();
    } else if (event.key === "ArrowDown" && this.rows.length) {
      rove(this.rows, this.rows[0]);
    } else if (event.key === "Enter" && this.rows.length) {
      this.onOpen(this.rows[0].dataset.chat, true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
