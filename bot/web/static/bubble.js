// One message as it is seen. All that people wrote becomes text nodes.

import { avatar, h, icon } from "./dom.js";
import { clock, gist, pieces, recallLine } from "./words.js";

const LONG = 900;
const THUMB = 200;

/** The row of a message; `view` knows me, the bot, the members' names and what a click does. */
export function messageRow(message, view) {
  if (message.recalled) return recalledRow(message, view);
  if (!message.sender) return h("div", { class: "line", role: "article" }, h("p", { class: "note" }, message.text));
  const mine = message.sender === view.me.id;
  const name = message.name || view.me.name;
  const kind = message.sender === view.bot.id ? "bot" : "person";
  const face = h("button", { class: "face", type: "button", tabIndex: -1, title: name, "aria-label": `${name}的资料`,
    onclick: () => view.onFace(message) }, avatar(name, kind));
  const row = h("div", { class: mine ? "line mine" : "line", role: "article", "aria-label": spoken(message, name, mine, view) },
    face,
    h("div", { class: "body" },
      !mine && view.isRoom && h("p", { class: "name" }, name),
      h("div", { class: "bubble-line" }, bubble(message, view), pendingMark(message, view)),
      message.quote && quoteBox(message.quote, view)),
  );
  return row;
}

export function timeRow(text, silent = true) {
  return h("p", { class: "note time", "aria-hidden": silent ? "true" : null }, text);
}

function spoken(message, name, mine, view) {
  const quote = message.quote ? `，引用${message.quote.name}：${message.quote.recalled ? "已撤回的消息" : message.quote.text}` : "";
  const called = message.mentions?.includes(view.me.id) ? "，提到了你" : "";
  const state = { sending: "，正在发送", failed: "，发送失败" }[message.pending?.state] ?? "";
  return `${mine ? "我" : name}，${clock(message.at)}：${gist(message)}${quote}${called}${state}`;
}

function recalledRow(message, view) {
  const mine = message.sender === view.me.id;
  const again = mine && message.was && h("button", { class: "link", type: "button", onclick: () => view.onEdit(message.was) }, "重新编辑");
  return h("div", { class: "line", role: "article" }, h("p", { class: "note" }, recallLine(message, view.me.id), again && " ", again));
}

function bubble(message, view) {
  const makers = { picture: pictureBubble, voice: voiceBubble, location: placeBubble };
  return (makers[message.type] ?? textBubble)(message, view);
}

function textBubble(message, view) {
  const text = message.type === "text" ? message.text : gist(message);
  const box = h("div", { class: "bubble text" }, mentioned(message, text, view));
  if (text.length <= LONG && text.split("\n").length <= 30) return box;
  box.classList.add("folded");
  const more = h("button", { class: "link more", type: "button", "aria-expanded": "false", onclick: () => {
    const folded = box.classList.toggle("folded");
    more.textContent = folded ? "展开全文" : "收起";
    more.setAttribute("aria-expanded", String(!folded));
  } }, "展开全文");
  return h("div", { class: "fold" }, box, more);
}

/** The text with its mentions marked; who is mentioned without standing in the text is put before it. */
function mentioned(message, text, view) {
  const ids = message.mentions ?? [];
  const names = new Map(ids.map((id) => [view.nameOf(id), id]).filter(([name]) => name));
  const mark = (name) => h("span", { class: names.get(name) === view.me.id ? "at me" : "at" }, `@${name}`);
  const missing = [...names.keys()].filter((name) => !text.includes(`@${name}`));
  const shown = pieces(text, [...names.keys()]).map((piece) => (typeof piece === "string" ? piece : mark(piece.name)));
  return [...missing.flatMap((name) => [mark(name), " "]), ...shown];
}

function pictureBubble(message, view) {
  const { id, width, height, local } = message.picture;
  const scale = Math.min(1, THUMB / Math.max(width, height, 1));
  const size = { width: Math.max(36, Math.round(width * scale)), height: Math.max(36, Math.round(height * scale)) };
  const image = h("img", { src: local ?? `/pictures/${id}?thumb`, alt: "图片", decoding: "async", draggable: false, ...size });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "gone" }, "图片打不开")));
  return h("button", { class: "bubble picture", type: "button", "aria-label": "查看图片", onclick: () => view.onPicture(message) }, image);
}

function voiceBubble(message, view) {
  const length = message.seconds ?? 1;
  return h("button", { class: "bubble voice", type: "button", style: { width: `${76 + Math.min(length, 60) * 2}px` },
    "aria-label": `语音，${length}秒`, onclick: (event) => view.onVoice(event.currentTarget, length) },
  icon("waves"), h("span", {}, `${length}″`));
}

function placeBubble(message) {
  const { name, address, latitude, longitude } = message.location;
  return h("div", { class: "bubble place" },
    h("p", { class: "place-name" }, name),
    h("p", { class: "place-more" }, address || `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`),
    h("div", { class: "place-map", "aria-hidden": "true" }, icon("place")));
}

function quoteBox(quote, view) {
  const words = quote.recalled ? "引用内容已撤回" : `${quote.name}：${quote.text}`;
  return h("button", { class: "quote", type: "button", disabled: quote.recalled, title: quote.recalled ? "" : "查看原消息",
    onclick: () => view.onQuote(quote.n) }, words);
}

function pendingMark(message, view) {
  const item = message.pending;
  if (!item) return null;
  if (item.state === "sending") return h("span", { class: "spin", role: "img", "aria-label": "正在发送" });
  return h("button", { class: "failed", type: "button", title: item.error, "aria-label": `发送失败：${item.error}点此重发`,
    onclick: () => view.onRetry(item) }, icon("alert"));
}
