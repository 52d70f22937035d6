// Where one writes: text with mentions and a quote, pictures, voice, a place.

import { byFinger, byId, composing, h, icon, rove, toast } from "./dom.js";
import { locationDialog, picturesDialog, voiceDialog } from "./sending.js";
import { MentionPopup } from "./mention.js";
import { gist, mentionedIn } from "./words.js";

const MOST = 16_000;
const EMOJI = ["😀", "😄", "😂", "😊", "😉", "😍", "😘", "🤔", "😅", "😭", "😡", "😱", "😴", "😷", "🙏", "👍", "👎", "👌", "💪", "👏",
  "🤝", "🌹", "❤️", "💔", "🎉", "🎂", "🔥", "⚠️", "🚨", "🚒", "🚑", "🚓", "🏠", "💧", "💡", "🔧", "🐕", "🌧️", "☀️", "✅"];

export class Composer {
  #picked = [];
  #quote = null;

  constructor(model, drafts) {
    Object.assign(this, { model, drafts, form: byId("composer") });
    this.input = h("textarea", { id: "text", rows: 1, maxLength: MOST, "aria-label": "输入消息", "aria-describedby": "text-keys", enterKeyHint: "send" });
    this.popup = new MentionPopup(this.input, {
      members: () => (model.chat?.kind === "room" ? model.knownMembers(model.chat.id).filter((person) => person.id !== model.me.id) : []),
      bot: () => model.bot,
      onPick: (person) => {
        this.#picked.push(person);
        this.#changed();
      },
    });
    this.#build();
    this.#listen();
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  /** Put words at the cursor. */
  insert(words, { person = null, focus = true } = {}) {
    if (person) this.#picked.push(person);
    this.input.setRangeText(words, this.input.selectionStart, this.input.selectionEnd, "end");
    this.#changed();
    if (focus) this.focus();
  }

  edit(text) {
    this.input.value = text;
    this.#changed();
    this.focus();
  }

  quote(message) {
    this.#quote = message && { n: message.n, name: message.name || this.model.me.name, text: gist(message) };
    this.#showQuote();
    this.#keep();
    if (message) this.focus();
  }

  /** Add a mention of somebody. */
  call(person) {
    this.insert(`@${person.name}\u2005`, { person });
  }

  /** Esc: close what is open, one thing at a time; false when nothing was. */
  escape() {
    if (!this.emoji.hidden) this.#toggleEmoji(false);
    else if (this.#quote) this.quote(null);
    else return false;
    return true;
  }

  #build() {
    const tool = (name, label, run) => h("button", { class: "tool", type: "button", title: label, "aria-label": label, onclick: run }, icon(name));
    this.file = h("input", { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp,image/bmp", multiple: true, hidden: true, tabIndex: -1 });
    this.emojiButton = tool("smile", "表情", () => this.#toggleEmoji());
    this.emojiButton.setAttribute("aria-expanded", "false");
    this.emoji = h("div", { class: "emoji", role: "group", "aria-label": "表情", hidden: true },
      EMOJI.map((face, place) => h("button", { type: "button", "aria-label": face, tabIndex: place ? -1 : 0, onclick: () => this.insert(face, { focus: !byFinger.matches }) }, face)));
    this.at = tool("at", "提醒某人", () => this.#startMention());
    this.quoteBox = h("div", { class: "quoting", hidden: true });
    this.count = h("span", { class: "count", role: "status" });
    this.form.replaceChildren(
      this.popup.box,
      this.emoji,
      h("div", { class: "tools", role: "group", "aria-label": "发送其他内容" }, this.emojiButton, this.at,
        tool("picture", "图片", () => this.file.click()),
        tool("voice", "语音", () => voiceDialog((seconds) => this.#other({ type: "voice", seconds }))),
        tool("place", "位置", () => locationDialog((place) => this.#other({ type: "location", ...place }))), this.file),
      this.input,
      this.quoteBox,
      h("div", { class: "send-line" }, this.count, h("span", { id: "text-keys", class: "keys" }, "Enter 发送，Shift+Enter 换行"),
        h("button", { id: "send", class: "send", type: "submit" }, "发送")),
    );
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.input.addEventListener("input", () => this.#changed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("paste", (event) => this.#files(event, event.clipboardData));
    this.form.closest(".chat").addEventListener("dragover", (event) => event.preventDefault());
    this.form.closest(".chat").addEventListener("drop", (event) => this.#files(event, event.dataTransfer, true));
    this.emoji.addEventListener("keydown", (event) => this.#emojiKey(event));
    this.file.addEventListener("change", () => {
      this.#pictures([...this.file.files]);
      this.file.value = "";
    });
    this.model.addEventListener("open", () => this.#load());
    addEventListener("resize", () => this.#fit());
    addEventListener("pointerdown", ({ target }) => {
      if (!this.emoji.contains(target) && !this.emojiButton.contains(target)) this.#hideEmoji();
    });
    // What opens above the composer has the room of the messages, however low the screen is.
    new ResizeObserver(([{ contentRect }]) => this.form.style.setProperty("--above", `${contentRect.height}px`)).observe(byId("log"));
  }

  #key(event) {
    // While an input method composes, Enter takes the candidate.
    if (composing(event) || this.popup.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Enter" && (event.ctrlKey || event.altKey)) {
      event.preventDefault();
      this.insert("\n");
    }
  }

  #send() {
    const chat = this.model.chat;
    const text = this.input.value;
    if (!chat) return;
    if (!text.trim()) {
      toast("不能发送空白消息");
      return;
    }
    const members = chat.kind === "room" ? this.model.knownMembers(chat.id) : [];
    const body = { type: "text", text: text.trim(), mentions: mentionedIn(text, this.#picked, members), quote: this.#quote?.n ?? null };
    this.input.value = "";
    this.#picked = [];
    const quote = this.#quote && { ...this.#quote, recalled: false };
    this.#quote = null;
    this.#showQuote();
    this.#changed();
    this.#toggleEmoji(false);
    this.model.outbox.add(chat.id, body, { type: "text", text: body.text, mentions: body.mentions, quote });
    this.model.dispatchEvent(new CustomEvent("log", { detail: { mine: true } }));
    this.focus();
  }

  #other(body) {
    const { type, seconds, ...location } = body;
    this.model.outbox.add(this.model.chat.id, body, { type, text: "", seconds, location });
    this.model.dispatchEvent(new CustomEvent("log", { detail: { mine: true } }));
    this.focus();
  }

  #files(event, data, always = false) {
    const files = [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (always || files.length) event.preventDefault();
    if (files.length) this.#pictures(files);
    else if (always && data?.files?.length) toast("只能发送图片");
  }

  #pictures(files) {
    const chat = this.model.chat;
    const big = files.find((file) => file.size > 10 * 1024 * 1024);
    if (big) toast(`“${big.name}”超过 10 MB，请压缩后再发`, true);
    else if (files.length) {
      picturesDialog(files, chat.name, (pictures) => {
        for (const { file, ...picture } of pictures) this.model.outbox.addPicture(chat.id, file, picture);
        this.model.dispatchEvent(new CustomEvent("log", { detail: { mine: true } }));
        this.focus();
      });
    }
  }

  #startMention() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    this.insert(/[A-Za-z0-9_]$/u.test(before) ? " @" : "@");
    this.popup.update();
  }

  #toggleEmoji(show = this.emoji.hidden) {
    if (show) {
      this.emoji.hidden = false;
      this.emojiButton.setAttribute("aria-expanded", "true");
      this.emoji.firstElementChild.focus();
    } else {
      if (this.emoji.contains(document.activeElement)) this.focus();
      this.#hideEmoji();
    }
  }

  #hideEmoji() {
    this.emoji.hidden = true;
    this.emojiButton.setAttribute("aria-expanded", "false");
  }

  #emojiKey(event) {
    const row = getComputedStyle(this.emoji).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row };
    const faces = [...this.emoji.children];
    const next = faces[faces.indexOf(document.activeElement) + steps[event.key]];
    if (!(event.key in steps)) return;
    event.preventDefault();
    if (next) rove(faces, next);
  }

  #load() {
    const chat = this.model.thread?.chat;
    if (!chat) return;
    const draft = this.drafts.get(chat);
    this.input.value = draft.text;
    this.#picked = [...draft.picked];
    this.#quote = draft.quote;
    this.at.hidden = this.model.chat?.kind !== "room";
    this.popup.close();
    this.#hideEmoji();
    this.#showQuote();
    this.#fit();
    this.#counted();
  }

  #changed() {
    this.#fit();
    this.#counted();
    this.#keep();
  }

  #keep() {
    const chat = this.model.thread?.chat;
    if (chat) this.drafts.put(chat, { text: this.input.value, picked: this.#picked.slice(-50), quote: this.#quote });
  }

  /** On a phone the field grows with its text, up to a quarter of the screen; on a desktop the style gives it one height. */
  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 120, innerHeight / 4)}px`;
    this.form.classList.toggle("writing", this.input.value.trim() !== "");
  }

  #counted() {
    const left = MOST - this.input.value.length;
    this.count.textContent = left < 500 ? `还可以写 ${left} 字` : "";
  }

  #showQuote() {
    this.quoteBox.hidden = !this.#quote;
    if (!this.#quote) return;
    this.quoteBox.replaceChildren(
      h("span", {}, `${this.#quote.name}：${this.#quote.text}`),
      h("button", { type: "button", class: "tool small", "aria-label": "取消引用", title: "取消引用", onclick: () => {
        this.quote(null);
        this.focus();
      } }, icon("close")));
  }
}
