// The page: puts its parts together.

import { get } from "./api.js";
import { avatar, byId, composing, fill, h, icon, toast } from "./dom.js";
import { Composer } from "./composer.js";
import { infoDialog, keysDialog, newGroupDialog, personDialog, whoDialog } from "./dialogs.js";
import { Drafts } from "./drafts.js";
import { ChatList } from "./list.js";
import { MessageLog } from "./log.js";
import { closeMenu, showMenu, watchForMenu } from "./menu.js";
import { Model } from "./model.js";
import { viewPicture } from "./sending.js";

const RECALL_MS = 120_000;
const narrow = matchMedia("(max-width: 700px)");

const app = byId("app");
const model = new Model();
const drafts = new Drafts();
let people = [];

const list = new ChatList(model, drafts, { onOpen: (id, write = !narrow.matches) => openChat(id, write) });
const composer = new Composer(model, drafts);
const log = new MessageLog(model, {
  get me() { return model.me; },
  get bot() { return model.bot; },
  get isRoom() { return model.chat?.kind === "room"; },
  nameOf,
  onFace: (message) => showPerson(personOf(message.sender, message.name)),
  onPicture: (message) => viewPicture(message.picture.local ?? `/pictures/${message.picture.id}`, message.name || model.me.name),
  onVoice: playVoice,
  onQuote: (n) => log.goTo(n),
  onEdit: (text) => composer.edit(text),
  onRetry: (item) => model.outbox.send(item),
}, { onMenu: (message, line) => {
  const { left, bottom } = (line.querySelector(".bubble") ?? line).getBoundingClientRect();
  messageMenu(message, line, left, bottom);
} });

function nameOf(id) {
  return personOf(id)?.name ?? "";
}

function personOf(id, name = "") {
  const inside = model.thread ? model.knownMembers(model.thread.chat) : [];
  const found = inside.find((person) => person.id === id) ?? people.find((person) => person.id === id);
  if (id === model.bot.id) return found ?? { ...model.bot, role: "机器人", title: "" };
  return found ?? { id, name, role: "", title: "" };
}

async function openChat(id, write = false) {
  if (model.thread?.chat !== id) model.open(id);
  else log.goToEnd();
  if (!model.chat) return;
  app.dataset.pane = "chat";
  sessionStorage.setItem(openOf(model.me.id), id);
  if (narrow.matches && history.state?.pane !== "chat") history.pushState({ pane: "chat" }, "");
  if (write) composer.focus();
}

function showList() {
  if (narrow.matches && history.state?.pane === "chat") history.back();
  else leaveChat();
}

function leaveChat() {
  app.dataset.pane = "list";
  const id = model.thread?.chat;
  if (narrow.matches) {
    sessionStorage.removeItem(openOf(model.me.id));
    model.close();
  }
  list.focus(id);
}

/** Back, on a phone: what lies over the chat goes first, then the chat. */
function wentBack() {
  if (app.dataset.pane !== "chat") return;
  const over = document.querySelector("dialog[open]");
  if (!over) return leaveChat();
  over.close();
  history.pushState({ pane: "chat" }, "");
}

function showPerson(person) {
  personDialog(person, { me: model.me, isRoom: model.chat?.kind === "room", onCall: (one) => composer.call(one), onWrite: async (one) => {
    try {
      openChat(await model.openPrivate(one.id), true);
    } catch (error) {
      toast(error.message, true);
    }
  } });
}

function messageMenu(message, line, x, y) {
  if (message.recalled || !message.sender) return;
  const mine = message.sender === model.me.id;
  const text = message.location ? message.location.name : message.text;
  const items = [];
  if (message.pending) {
    items.push({ label: "重发", run: () => model.outbox.send(message.pending) });
    items.push({ label: "删除", run: () => model.outbox.drop(message.pending) });
  } else items.push({ label: "引用", run: () => composer.quote(message) });
  if (text) items.push({ label: "复制", run: () => copy(text) });
  if (mine && message.n && Date.now() - message.at < RECALL_MS) items.push({ label: "撤回", run: () => recall(message) });
  if (!mine && model.chat?.kind === "room") {
    const person = personOf(message.sender, message.name);
    items.push({ label: `@${person.name}`, run: () => composer.call(person) });
  }
  showMenu(items, { x, y, back: line });
}

async function recall(message) {
  try {
    await model.recall(message);
    log.lineOf(message.n)?.focus();
  } catch (error) {
    toast(error.message, true);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("已复制");
  } catch {
    toast("浏览器不允许复制，请选中文字后按 Ctrl+C", true);
  }
}

/** There is no sound: the bubble only behaves as if. */
function playVoice(bubble, seconds) {
  const playing = bubble.classList.toggle("playing");
  clearTimeout(Number(bubble.dataset.end));
  if (playing) bubble.dataset.end = setTimeout(() => bubble.classList.remove("playing"), seconds * 1000);
}

function showHead() {
  const chat = model.chat;
  byId("chat").hidden = !chat;
  byId("empty").hidden = Boolean(chat);
  if (!chat) {
    app.dataset.pane = "list";
    return;
  }
  const room = chat.kind === "room";
  fill(byId("chat-title"), h("span", { class: "title-name" }, chat.name), room && h("span", { class: "title-count" }, `（${chat.members}）`));
  byId("info").hidden = !room;
}

function showMe() {
  const { name, role, title } = model.me;
  byId("who").replaceChildren(avatar(name), h("span", {}, role));
  byId("who").setAttribute("aria-label", `我是${name}，${role}。换人`);
  byId("who-phone").replaceChildren(avatar(name), h("span", {}, name, h("small", {}, [role, title].filter(Boolean).join(" · "))), icon("chevron"));
  byId("who-phone").setAttribute("aria-label", `我是${name}，${role}。换人`);
}

function showUnread() {
  const unread = model.unread;
  document.title = `${unread ? `（${unread > 99 ? "99+" : unread}）` : ""}${model.me.name} - 格格群聊`;
  fill(byId("back"), icon("back"), unread > 0 && h("span", { class: "back-count", "aria-label": `${unread}条未读` }, unread > 99 ? "99+" : String(unread)));
}

let linkTimer = 0;

function showLink(up) {
  const boxes = document.querySelectorAll(".link-state");
  clearTimeout(linkTimer);
  if (up) for (const box of boxes) box.hidden = true;
  // A line that is back within a moment is not worth a word.
  else linkTimer = setTimeout(() => {
    for (const box of boxes) Object.assign(box, { textContent: "连接断开，正在重连…没发出的消息会自动重发", hidden: false });
  }, 1200);
}

async function become(id) {
  closeMenu();
  try {
    drafts.load(id);
    await model.become(id);
  } catch (error) {
    toast(error.message, true);
    if (model.me) drafts.load(model.me.id);
    else chooseMe();
    return;
  }
  sessionStorage.setItem("as", id);
  const url = new URL(location.href);
  url.searchParams.set("as", id);
  history.replaceState(history.state, "", url);
  app.dataset.pane = "list";
  showHead();
  showUnread();
  if (!narrow.matches) list.focus();
}

/** Where a person's open chat is kept over a reload. */
const openOf = (id) => `open:${id}`;

function reopen() {
  const id = model.me && sessionStorage.getItem(openOf(model.me.id));
  if (model.chats.has(id)) openChat(id, !narrow.matches);
}

/** Show a dialog that needs everybody's names, as they are now. */
async function withPeople(show) {
  try {
    people = (await get("/api/people")).people;
    await show();
    return true;
  } catch (error) {
    toast(error.message, true);
    return false;
  }
}

async function chooseMe() {
  const shown = await withPeople(() => whoDialog(people, model.me, become));
  if (!shown && !model.me) setTimeout(chooseMe, 2000);
}

function listen() {
  model.addEventListener("me", showMe);
  model.addEventListener("open", showHead);
  model.addEventListener("chats", () => { showHead(); showUnread(); });
  model.addEventListener("link", (event) => showLink(event.detail.up));
  for (const id of ["who", "who-phone"]) byId(id).addEventListener("click", chooseMe);
  byId("keys").addEventListener("click", keysDialog);
  byId("back").addEventListener("click", showList);
  byId("new-group").addEventListener("click", () => withPeople(() => newGroupDialog(people, model, (chat) => openChat(chat, true))));
  byId("info").addEventListener("click", () => withPeople(() => infoDialog(people, model, { onPerson: showPerson })));
  addEventListener("popstate", wentBack);
  addEventListener("keydown", shortcuts);
  // Words on their way are kept over a reload, pictures cannot be.
  addEventListener("beforeunload", (event) => model.outbox?.items.some((item) => item.file) && event.preventDefault());
  watchForMenu((line, x, y) => {
    const message = log.messageOf(line);
    if (message) messageMenu(message, line, x, y);
  });
}

function shortcuts(event) {
  if (composing(event) || !model.me) return;
  const alt = event.altKey && !event.ctrlKey && !event.metaKey;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") byId("search").focus();
  else if (alt && event.key === "ArrowDown") list.step(1);
  else if (alt && event.key === "ArrowUp") list.step(-1);
  else if (alt && event.code === "KeyM") log.focusLast();
  else if (alt && event.code === "KeyW") chooseMe();
  else if (event.key === "Escape") escape(event);
  else return;
  event.preventDefault();
}

function escape(event) {
  if (!model.thread || composer.escape()) return;
  if (event.target.closest?.(".log")) composer.focus();
  else if (narrow.matches) showList();
  else list.focus();
}

function icons() {
  document.querySelector(".search-icon").append(icon("search"));
  byId("new-group").append(icon("plus"));
  byId("info").append(icon("more"));
  byId("keys").append(icon("keys"));
  document.querySelector(".empty-mark").append(icon("people"));
}

icons();
listen();
get("/api/people").then((answer) => { people = answer.people; }).catch(() => {});
const first = new URLSearchParams(location.search).get("as") ?? sessionStorage.getItem("as");
if (first) become(first).then(reopen);
else chooseMe();
