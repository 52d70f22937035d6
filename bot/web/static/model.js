// One window's view of the chat system: who I am, my chats, the open chat, and what is on its way.

import { Live, get, post } from "./api.js";
import { Outbox } from "./outbox.js";
import { Thread } from "./thread.js";

export class Model extends EventTarget {
  me = null;
  bot = { id: "gege", name: "格格" };
  chats = new Map();
  thread = null;
  outbox = null;
  unseen = 0; // messages that came while the open chat was scrolled up
  before = null; // the open chat as it was when it was opened, if there was something unread in it: { unread, seen }
  #live = null;
  #members = new Map();
  #marking = 0;
  #reloading = null;

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  get chat() {
    return this.thread ? this.chats.get(this.thread.chat) : null;
  }

  get unread() {
    let sum = 0;
    for (const chat of this.chats.values()) sum += chat.unread;
    return sum;
  }

  /** Become `person`; an unknown one is an ApiError and changes nothing. */
  async become(person) {
    const state = await get("/api/state", { as: person });
    this.#live?.close();
    this.me = state.me;
    this.thread = null;
    this.#members.clear();
    this.outbox = new Outbox(person, {
      onChange: (error) => this.#tell("log", { error }),
      onSent: (message) => this.#arrived(message),
    });
    this.#take(state);
    this.#tell("me");
    this.#live = new Live(person, {
      onChange: (change) => this.#changed(change),
      onUp: (again) => this.#up(again),
      onDown: () => this.#tell("link", { up: false }),
    });
  }

  async open(id) {
    const thread = new Thread(this.me.id, id);
    this.thread = thread;
    this.unseen = 0;
    this.before = this.chat?.unread ? { ...this.chat } : null;
    this.#tell("open");
    try {
      await Promise.all([thread.loadEnd(), this.members(id)]);
    } catch (error) {
      if (this.thread === thread) this.#tell("log", { error });
    }
    if (this.thread !== thread) return;
    this.#tell("log", { end: true });
  }

  close() {
    this.thread = null;
    this.#tell("open");
  }

  async members(id, fresh = false) {
    if (fresh || !this.#members.has(id)) {
      this.#members.set(id, (await get("/api/members", { as: this.me.id, chat: id })).members);
    }
    return this.#members.get(id);
  }

  knownMembers(id) {
    return this.#members.get(id) ?? [];
  }

  /** All that is visible has been read. */
  markRead() {
    const chat = this.chat;
    const n = this.thread?.newest;
    if (!chat || !n || (!chat.unread && !chat.mentioned)) return;
    Object.assign(chat, { unread: 0, mentioned: false, seen: n });
    this.#tell("chats");
    clearTimeout(this.#marking);
    this.#marking = setTimeout(() => {
      post("/api/read", { as: this.me.id, chat: chat.id, n }).catch(() => {});
    }, 150);
  }

  async recall(message) {
    const answer = await post("/api/recall", { as: this.me.id, n: message.n });
    this.#recalled(answer.message);
  }

  async openPrivate(person) {
    const answer = await post("/api/private", { as: this.me.id, person });
    await this.reload();
    return answer.chat;
  }

  /** A change to a group; the list is fresh afterwards. */
  async group(action, body) {
    const answer = await post(`/api/group/${action}`, { as: this.me.id, ...body });
    await this.reload();
    return answer.chat;
  }

  async reload() {
    this.#take(await get("/api/state", { as: this.me.id }));
  }

  #take(state) {
    this.bot = state.bot;
    this.chats = new Map(state.chats.map((chat) => [chat.id, chat]));
    if (this.thread && !this.chat) this.close();
    this.#tell("chats");
  }

  async #up(again) {
    this.#tell("link", { up: true });
    const thread = this.thread;
    try {
      // Also the first time: something may have been said between reading the list and the line.
      await this.reload();
      if (again && thread && thread === this.thread && !thread.hasNewer) {
        await thread.loadEnd();
        this.#tell("log", {});
      }
      await this.outbox.again();
    } catch {
      this.#tell("link", { up: false });
    }
  }

  #changed(change) {
    if (change.kind === "message") this.#arrived(change.message);
    else if (change.kind === "recalled") this.#recalled(change.message);
    else if (change.kind === "read") this.#read(change);
    else this.#reloadSoon(change.chat);
  }

  #reloadSoon(chat) {
    this.#members.delete(chat);
    this.#reloading ??= setTimeout(async () => {
      this.#reloading = null;
      await this.reload().catch(() => {});
      if (this.thread && !this.#members.has(this.thread.chat)) await this.members(this.thread.chat).catch(() => {});
      this.#tell("log", { names: true });
    }, 60);
  }

  #arrived(message) {
    const mine = message.sender === this.me.id;
    if (mine && message.client) this.outbox.arrived(message.client);
    const chat = this.chats.get(message.chat);
    if (!chat) return this.#reloadSoon(message.chat);
    const fresh = !chat.last || message.n > chat.last.n;
    if (fresh) {
      chat.last = message;
      if (!mine && message.sender) chat.unread += 1;
      if (message.mentions?.includes(this.me.id) && !mine) chat.mentioned = true;
    }
    if (this.thread?.chat === message.chat) {
      this.thread.add(message);
      if (fresh && !mine) this.unseen += 1;
      this.#tell("log", { mine });
    }
    this.#tell("chats");
  }

  #recalled(message) {
    const chat = this.chats.get(message.chat);
    if (chat?.last?.n === message.n) chat.last = message;
    else if (chat?.unread && message.sender !== this.me.id) this.#reloadSoon(message.chat);
    if (this.thread?.chat === message.chat) {
      this.thread.recalled(message);
      this.#tell("log", {});
    }
    this.#tell("chats");
  }

  #read({ chat: id, n }) {
    const chat = this.chats.get(id);
    if (!chat || !chat.unread) return;
    if (!chat.last || chat.last.n <= n) Object.assign(chat, { unread: 0, mentioned: false, seen: n });
    else this.#reloadSoon(id);
    this.#tell("chats");
  }
}
