// The open chat's messages: pages at both ends, the place kept while they come, marks of what was read.

import { arrowTarget, byId, icon, rove, sync, toast } from "./dom.js";
import { messageRow, timeRow } from "./bubble.js";
import { longTime } from "./words.js";

const GAP = 5 * 60_000;
const NEAR = 60;

export class MessageLog {
  #shown = new WeakMap(); // message -> { row, look }
  #times = new Map(); // text and message -> row
  #soon = 0;
  #end = true;

  constructor(model, view, { onMenu }) {
    Object.assign(this, { model, view, onMenu, box: byId("log"), toEnd: byId("to-end"), toNew: byId("to-new"), newLine: timeRow("以下是新消息", false) });
    this.box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("focusin", (event) => this.#focused(event.target.closest(".line")));
    this.toEnd.addEventListener("click", () => this.goToEnd());
    this.toNew.addEventListener("click", () => this.#goToNew());
    model.addEventListener("open", () => this.#opened());
    model.addEventListener("log", (event) => this.#news(event.detail ?? {}));
    document.addEventListener("visibilitychange", () => this.#read());
    addEventListener("focus", () => this.#read());
    new ResizeObserver(() => this.#end && this.#bottom()).observe(this.box);
    // Pictures that arrive late must not push the last line out of sight.
    this.box.addEventListener("load", () => this.#end && this.#bottom(), true);
  }

  get lines() {
    return [...this.box.querySelectorAll(".line")];
  }

  /** The message of a row. */
  messageOf(line) {
    return this.#all().find((message) => this.#shown.get(message)?.row === line) ?? null;
  }

  /** The row of message `n`. */
  lineOf(n) {
    const message = this.#all().find((one) => one.n === n);
    return message ? this.#shown.get(message)?.row : null;
  }

  async goToEnd() {
    try {
      if (this.model.thread.hasNewer || !this.model.thread.loaded) await this.model.thread.loadEnd();
    } catch (error) {
      toast(error.message, true);
    }
    this.#end = true;
    this.#render();
  }

  /** Show message `n`, however far back. */
  async goTo(n) {
    const thread = this.model.thread;
    try {
      if (!(await thread.reach(n))) return toast("看不到原消息了");
    } catch (error) {
      return toast(error.message, true);
    }
    if (thread !== this.model.thread) return undefined;
    this.#end = false;
    this.#render();
    const line = this.lineOf(n);
    line?.scrollIntoView({ block: "center" });
    line?.classList.add("found");
    setTimeout(() => line?.classList.remove("found"), 1600);
    this.#marks();
    return undefined;
  }

  /** Show the first message that was unread when the chat was opened. */
  async #goToNew() {
    const { thread, before } = this.model;
    try {
      await thread.reach(before.seen);
    } catch (error) {
      toast(error.message, true);
      return;
    }
    const first = this.#firstNew();
    if (first && thread === this.model.thread) await this.goTo(first.n);
  }

  #firstNew() {
    const { thread, before, me } = this.model;
    if (!before || (thread.hasOlder && !(thread.items[0]?.n <= before.seen))) return null;
    return thread.items.find((message) => message.n > before.seen && message.sender && message.sender !== me.id);
  }

  /** Move the focus to the last message. */
  focusLast() {
    const lines = this.lines;
    if (lines.length) rove(lines, lines.at(-1));
  }

  #all() {
    const { thread, outbox } = this.model;
    if (!thread) return [];
    return thread.hasNewer ? thread.items : [...thread.items, ...outbox.of(thread.chat).map((item) => item.look)];
  }

  #opened() {
    clearTimeout(this.#soon);
    this.#soon = 0;
    this.#end = true;
    this.#shown = new WeakMap();
    this.#times.clear();
    this.box.replaceChildren();
    this.box.setAttribute("aria-busy", "true");
    this.#marks();
  }

  #news({ error, end, mine, names }) {
    if (error) toast(error.message, true);
    if (!this.model.thread) return;
    if (names) this.#shown = new WeakMap();
    if (end || mine) this.#end = true;
    // Whoever writes has seen what there is.
    if (mine && this.model.before) this.model.before.found = true;
    if (mine && this.model.thread.hasNewer) {
      this.goToEnd();
      return;
    }
    // Many messages at once are drawn together.
    if (end || mine || error) this.#render();
    else this.#soon ||= setTimeout(() => this.#render(), 30);
  }

  #render() {
    clearTimeout(this.#soon);
    this.#soon = 0;
    if (!this.model.thread) return;
    const rows = [];
    const fresh = this.#firstNew();
    let last = 0;
    for (const message of this.#all()) {
      if (message.at - last > GAP) rows.push(this.#time(message));
      if (message === fresh) rows.push(this.newLine);
      last = message.at;
      rows.push(this.#row(message));
    }
    const focused = this.lines.indexOf(document.activeElement);
    sync(this.box, rows.length || !this.model.thread.loaded ? rows : [timeRow(this.#invitation(), false)]);
    // A line that has been sent is drawn anew: the keyboard stays on it.
    if (focused >= 0 && !this.box.contains(document.activeElement)) {
      this.lines[Math.min(focused, this.lines.length - 1)]?.focus({ preventScroll: true });
    }
    this.box.setAttribute("aria-busy", "false");
    if (this.#end) this.#bottom();
    this.#marks();
    this.#read();
    // Tab leads to the newest message, unless one is being read by keyboard.
    if (!this.box.contains(document.activeElement)) rove(this.lines, this.lines.at(-1), false);
  }

  #row(message) {
    const known = this.#shown.get(message);
    const look = message.pending ? `${message.pending.state}${message.pending.error}` : "";
    if (known?.look === look) return known.row;
    const row = messageRow(message, this.view);
    row.classList.add("line");
    row.tabIndex = -1;
    this.#shown.set(message, { row, look });
    return row;
  }

  #time(message) {
    const text = longTime(message.at);
    const key = `${message.n ?? message.at} ${text}`;
    if (!this.#times.has(key)) this.#times.set(key, timeRow(text));
    return this.#times.get(key);
  }

  /** What an empty chat says. */
  #invitation() {
    const { chat, bot } = this.model;
    return chat?.other === bot.id ? `和${bot.name}说点什么吧，发“帮助”看能做什么` : "还没有消息";
  }

  #bottom() {
    this.box.scrollTop = this.box.scrollHeight;
  }

  get #below() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight;
  }

  async #scrolled() {
    const thread = this.model.thread;
    if (!thread?.loaded) return;
    this.#end = this.#below < NEAR && !thread.hasNewer;
    this.#marks();
    this.#read();
    if (this.box.scrollTop < 300) await this.#grow(thread, () => thread.loadOlder());
    else if (this.#below < 300) await this.#grow(thread, () => thread.loadNewer());
  }

  /** Load a page and keep what is being read where it is. */
  async #grow(thread, load) {
    try {
      if (!(await load()) || thread !== this.model.thread) return;
    } catch (error) {
      toast(error.message, true);
      return;
    }
    const anchor = this.lines.find((line) => line.offsetTop + line.offsetHeight > this.box.scrollTop);
    const before = anchor ? anchor.offsetTop - this.box.scrollTop : 0;
    // History is not news: a screen reader must not read the whole page aloud.
    this.box.setAttribute("aria-live", "off");
    this.#render();
    setTimeout(() => this.box.removeAttribute("aria-live"), 200);
    if (anchor?.isConnected && !this.#end) this.box.scrollTop = anchor.offsetTop - before;
  }

  #marks() {
    const { thread, unseen, before } = this.model;
    if (this.#end) this.model.unseen = 0;
    const away = Boolean(thread?.loaded) && !this.#end && (this.#below > 400 || unseen > 0 || thread.hasNewer);
    this.toEnd.hidden = !away;
    if (away) this.toEnd.replaceChildren(icon("down"), unseen > 0 ? `${unseen}条新消息` : "回到最新");
    if (thread?.loaded && this.newLine.isConnected && this.newLine.offsetTop >= this.box.scrollTop) this.model.before.found = true;
    const left = thread?.loaded && before && !before.found ? before.unread : 0;
    this.toNew.hidden = !left;
    if (left) this.toNew.replaceChildren(icon("up"), `${left > 99 ? "99+" : left}条未读消息`);
  }

  #read() {
    if (this.model.thread?.loaded && this.#end && document.visibilityState === "visible" && document.hasFocus()) {
      this.model.markRead();
    }
  }

  #focused(line) {
    if (line) rove(this.lines, line, false);
  }

  #key(event) {
    const line = event.target.closest(".line");
    const target = line && arrowTarget(event, this.lines, line);
    if (target) {
      rove(this.lines, target);
      event.preventDefault();
    } else if (event.target === line && (event.key === "Enter" || event.key === " " || event.key === "ContextMenu" || (event.shiftKey && event.key === "F10"))) {
      const message = this.messageOf(line);
      if (message) this.onMenu(message, line);
      event.preventDefault();
    }
  }
}
