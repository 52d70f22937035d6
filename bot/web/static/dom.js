// Building the page: elements, icons, short messages. Data becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.300 15.300 20 20",
  plus: "M12 5v14M5 12h14",
  back: "M15 5 8 12l7 7",
  more: "M6 12h.010M12 12h.010M18 12h.010",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.500 10h.010M15.500 10h.010M8 14.200c1 1.600 2.400 2.300 4 2.300s3-.700 4-2.300",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.010",
  voice: "M12 4a3 3 0 0 1 3 3v4a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v3",
  place: "M12 21s7-6.300 7-11.500A7 7 0 0 0 5 9.500C5 14.700 12 21 12 21zM12 7.500a2.300 2.300 0 1 0 0 4.600 2.300 2.300 0 0 0 0-4.600z",
  at: "M15.500 12a3.500 3.500 0 1 1-7 0 3.500 3.500 0 0 1 7 0zm0 0v1.500a2.500 2.500 0 0 0 5 0V12a8.500 8.500 0 1 0-3.400 6.800",
  chevron: "M6 9.500l6 6 6-6",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v13M6 12l6 6 6-6",
  up: "M12 19V6M6 12l6-6 6 6",
  keys: "M3 7h18v10H3zM7 10.500h.010M11 10.500h.010M15 10.500h.010M8 14h8",
  people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19c.600-3.300 3.200-5 6.500-5s5.900 1.700 6.500 5M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.300c1.900.700 3.100 2.300 3.500 4.700",
  alert: "M12 7v6M12 16.500h.010",
  window: "M9 5H5v14h14v-4M13 5h6v6M19 5l-8 8",
  waves: "M8 9a4.500 4.500 0 0 1 0 6M11.500 6.500a8.500 8.500 0 0 1 0 11M15 4a12.500 12.500 0 0 1 0 16",
  edit: "M4 20h4L19 9l-4-4L4 16z",
};

/** An element. `props` are properties, `on…` listeners, `data`, `style`, `aria-…` and other attributes. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) setProp(element, key, value);
  return fill(element, ...children);
}

/** Give an element these children and no others; null, undefined and false are none. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function setProp(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "data") Object.assign(element.dataset, value);
  else if (key === "style") Object.assign(element.style, value);
  else if (key === "class") element.className = value;
  else if (key.includes("-") || key === "role" || key === "for") element.setAttribute(key, value);
  else element[key] = value;
}

/** Whether one points with a finger: focus on a field then opens the keyboard over half of the screen. */
export const byFinger = matchMedia("(pointer: coarse)");

/** Whether a key belongs to an input method: Safari says so of the last one, which takes the words, by its code alone. */
export const composing = (event) => event.isComposing || event.keyCode === 229;

export const byId = (id) => document.getElementById(id);

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// Dark enough for white letters at 4.5 : 1.
const COLOURS = ["#2f6fa7", "#2b7a5b", "#9a5b13", "#8a4f9e", "#b0433f", "#3f6f7c", "#6a6424", "#5a5fb0", "#a3446f", "#4d6b2f"];

export function colourOf(name) {
  let sum = 7;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
  return COLOURS[sum % COLOURS.length];
}

/** A coloured square with initials: a person's given name, a group's place and number. */
export function avatar(name, kind = "person") {
  if (kind === "bot") return h("span", { class: "avatar is-bot", "aria-hidden": "true" }, "格");
  const lines = kind === "room" ? roomInitials(name) : [personInitials(name)];
  return h("span", { class: `avatar is-${kind} n${Math.max(...lines.map((line) => line.length))}`, style: { background: colourOf(name) },
    "aria-hidden": "true" }, lines.map((line) => h("span", {}, line)));
}

function personInitials(name) {
  const chars = [...name];
  return (chars.length > 2 ? chars.slice(-2) : chars).join("");
}

function roomInitials(name) {
  const place = [...name].slice(0, 2).join("");
  const order = /第?([一二三四五六七八九十百]+|\d+)(?=网格|[组栋号区])/u.exec(name);
  return order ? [place, order[1].slice(0, 3)] : [place, [...name].slice(2, 4).join("")].filter(Boolean);
}

/** Make `box` show exactly `wanted`, touching only what differs, so that focus and pictures stay. */
export function sync(box, wanted) {
  const keep = new Set(wanted);
  for (const child of [...box.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((element, place) => {
    if (box.children[place] !== element) box.insertBefore(element, box.children[place] ?? null);
  });
}

let toastEnd = 0;

/** A short message over the page; `bad` ones stay longer and interrupt a screen reader. */
export function toast(text, bad = false) {
  const box = byId("toasts");
  const note = h("p", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : null }, text);
  box.replaceChildren(note);
  // A modal dialog makes everything else unreachable, the message included, unless it lies in the dialog.
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  clearTimeout(toastEnd);
  toastEnd = setTimeout(() => note.remove(), bad ? 5000 : 2200);
}

/** Move the one tab stop of a list to `item` and, if wished, the focus. */
export function rove(items, item, focus = true) {
  for (const other of items) other.tabIndex = other === item ? 0 : -1;
  if (focus && item) {
    item.focus();
    item.scrollIntoView({ block: "nearest" });
  }
}

/** The item that an arrow, Home, End or page key leads to; undefined for other keys. */
export function arrowTarget(event, items, current) {
  const place = items.indexOf(current);
  const targets = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: items.length - 1, PageDown: place + 8, PageUp: place - 8 };
  if (!(event.key in targets) || items.length === 0 || event.altKey || event.ctrlKey || event.metaKey) return undefined;
  return items[Math.min(items.length - 1, Math.max(0, targets[event.key]))];
}
