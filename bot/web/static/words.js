// Times and messages in words.

const DAY = 86_400_000;
const WEEK = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];

const two = (number) => String(number).padStart(2, "0");
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export const clock = (at) => `${two(new Date(at).getHours())}:${two(new Date(at).getMinutes())}`;

function day(at, long) {
  const date = new Date(at);
  const days = Math.round((midnight(new Date()) - midnight(date)) / DAY);
  if (days === 0) return "";
  if (days === 1) return "昨天";
  if (days > 1 && days < 7) return WEEK[date.getDay()];
  const year = date.getFullYear();
  if (!long) return `${String(year).slice(2)}/${date.getMonth() + 1}/${date.getDate()}`;
  const month = `${date.getMonth() + 1}月${date.getDate()}日`;
  return year === new Date().getFullYear() ? month : `${year}年${month}`;
}

/** As the list of chats shows it: 15:30, 昨天, 星期三, 26/3/1. */
export const shortTime = (at) => day(at, false) || clock(at);

/** As it stands between messages. */
export const longTime = (at) => `${day(at, true)} ${clock(at)}`.trim();

const LABELS = { picture: "[图片]", voice: "[语音]", video: "[视频]", location: "[位置]", file: "[文件]", link: "[链接]",
  card: "[名片]", forwarded: "[聊天记录]", sticker: "[表情]" };

/** A message in one line, as the list and a quote show it. */
export function gist(message) {
  const label = LABELS[message.type] ?? "";
  const text = message.location?.name ?? message.text;
  if (message.type === "voice") return `${label} ${message.seconds ?? ""}″`;
  return [label, text].filter(Boolean).join(" ").slice(0, 300).replace(/\s+/gu, " ");
}

/** What became of a message that was taken back. */
export const recallLine = (message, me) => `${message.sender === me ? "你" : message.name || "对方"}撤回了一条消息`;

/** The last line in the list of chats. */
export function lastLine(chat, me) {
  const last = chat.last;
  if (!last) return "";
  if (last.recalled) return recallLine(last, me);
  const named = chat.kind === "room" && last.sender && last.sender !== me;
  return named ? `${last.name}：${gist(last)}` : gist(last);
}

const END = "(?=$|[\\s\\u2005\\u00a0,，。.!！?？:：;；、@)）】])";
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");

function pattern(names, end) {
  const sorted = [...new Set(names)].filter(Boolean).sort((a, b) => b.length - a.length);
  return sorted.length ? new RegExp(`@(${sorted.map(escaped).join("|")})${end}`, "gu") : null;
}

/** The text in pieces: strings, and {name} where `@name` of one of `names` stands. */
export function pieces(text, names) {
  const found = pattern(names, "");
  if (!found) return [text];
  const out = [];
  let from = 0;
  for (const match of text.matchAll(found)) {
    out.push(text.slice(from, match.index), { name: match[1] });
    from = match.index + match[0].length;
  }
  return [...out, text.slice(from)].filter((piece) => piece !== "");
}

/** Ids of the people whom a written text mentions: picked from the list, or typed out where the name is clear. */
export function mentionedIn(text, picked, members) {
  const ids = new Set(picked.filter((person) => text.includes(`@${person.name}`)).map((person) => person.id));
  const names = new Set(picked.map((person) => person.name));
  const found = pattern(members.map((member) => member.name), END);
  for (const match of found ? text.matchAll(found) : []) {
    const called = members.filter((member) => member.name === match[1]);
    if (called.length === 1 && !names.has(match[1])) ids.add(called[0].id);
  }
  return [...ids];
}
