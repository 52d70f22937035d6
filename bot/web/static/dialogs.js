// Who I am, whom I look at, groups.

import { avatar, h, icon, toast } from "./dom.js";
import { field, formEnd, modal, peoplePicker } from "./modal.js";

const ORDER = ["居民", "志愿者", "网格员", "网格长", "村管理员", "镇管理员", "区管理员"];
const byRole = (people) => {
  const rank = (role) => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length);
  return [...people].sort((a, b) => rank(a.role) - rank(b.role));
};

const address = (person) => `?as=${encodeURIComponent(person.id)}`;

/** Choose who this window is. */
export function whoDialog(people, me, onChoose) {
  const picker = peoplePicker(byRole(people), { row: (person) => ({
    props: { "aria-current": person.id === me?.id ? "true" : null, onclick: () => {
      close();
      if (person.id !== me?.id) onChoose(person.id);
    } },
    end: h("a", { class: "tool", href: address(person), target: "_blank", rel: "noopener", title: "在新窗口打开", "aria-label": `在新窗口以${person.name}的身份打开` }, icon("window")),
  }) });
  const hint = h("p", { class: "hint" }, "选一个人，就以他的身份聊天。多开几个窗口，可以同时是几个人。");
  const { close } = modal("我是谁", h("div", { class: "who" }, hint, picker.box), { wide: true, fixed: !me });
}

/** A person's card. */
export function personDialog(person, { me, isRoom, onWrite, onCall }) {
  const other = person.id !== me.id;
  const { close } = modal("资料", h("div", { class: "card" },
    h("div", { class: "card-top" }, avatar(person.name, person.role === "机器人" ? "bot" : "person"),
      h("div", {}, h("p", { class: "card-name" }, person.name), h("p", { class: "hint" }, [person.role, person.title].filter(Boolean).join(" · ")))),
    other && h("div", { class: "form-end" },
      isRoom && h("button", { type: "button", class: "plain", onclick: () => { close(); onCall(person); } }, `@${person.name}`),
      h("button", { type: "button", class: "send", data: { first: "1" }, onclick: () => { close(); onWrite(person); } }, "发消息")),
    !other && h("p", { class: "hint" }, "这是你自己。")));
}

function chooser(people) {
  const chosen = new Set();
  const count = h("p", { class: "hint", role: "status" }, "还没选人");
  const picker = peoplePicker(byRole(people), { row: (person) => ({
    props: { "aria-pressed": String(chosen.has(person.id)), onclick: (event) => {
      if (!chosen.delete(person.id)) chosen.add(person.id);
      event.currentTarget.setAttribute("aria-pressed", String(chosen.has(person.id)));
      count.textContent = chosen.size ? `已选 ${chosen.size} 人` : "还没选人";
    } },
  }) });
  return { chosen, box: [picker.box, count] };
}

function groupForm(title, parts, label, submit) {
  const button = formEnd(label, () => close());
  const box = h("form", { class: "form", onsubmit: async (event) => {
    event.preventDefault();
    const send = button.querySelector(".send");
    send.disabled = true;
    try {
      await submit();
      close();
    } catch (error) {
      toast(error.message, true);
    } finally {
      send.disabled = false;
    }
  } }, parts, button);
  const { close } = modal(title, box, { wide: true });
}

export function newGroupDialog(people, model, onMade) {
  const name = h("input", { type: "text", required: true, maxLength: 60, placeholder: "例如：柳园社区第三网格群" });
  const withBot = h("input", { type: "checkbox", checked: true });
  const { chosen, box } = chooser(people.filter((person) => person.id !== model.me.id));
  name.dataset.first = "1";
  groupForm("发起群聊", [field("群名", name), h("label", { class: "check" }, withBot, `邀请${model.bot.name}进群`), box], "建群", async () => {
    onMade(await model.group("new", { name: name.value, people: [...chosen], bot: withBot.checked }));
  });
}

function addDialog(people, model, chat, members) {
  const inside = new Set(members.map((member) => member.id));
  const { chosen, box } = chooser(people.filter((person) => !inside.has(person.id)));
  groupForm("添加群成员", box, "添加", async () => {
    if (!chosen.size) throw new Error("请先选人。");
    await model.group("add", { chat: chat.id, people: [...chosen] });
  });
}

/** Members, name, leaving. */
export async function infoDialog(people, model, { onPerson }) {
  const chat = model.chat;
  const members = await model.members(chat.id, true);
  const hasBot = members.some((member) => member.id === model.bot.id);
  const run = async (work, said) => {
    close();
    try {
      await work();
      toast(said);
    } catch (error) {
      toast(error.message, true);
    }
  };
  const name = h("input", { type: "text", value: chat.name, maxLength: 60, required: true });
  const rename = h("form", { class: "rename", onsubmit: (event) => {
    event.preventDefault();
    if (name.value.trim() !== chat.name) run(() => model.group("rename", { chat: chat.id, name: name.value }), "群名已修改");
  } }, field("群名", name), h("button", { type: "submit", class: "plain" }, "修改"));
  const bot = hasBot
    ? h("button", { type: "button", class: "plain", onclick: () => run(() => model.group("leave", { chat: chat.id, bot: true }), `已移出${model.bot.name}`) }, `移出${model.bot.name}`)
    : h("button", { type: "button", class: "plain", onclick: () => run(() => model.group("add", { chat: chat.id, people: [model.bot.id] }), "已发出邀请") }, `邀请${model.bot.name}`);
  const picker = peoplePicker(byRole(members), { placeholder: `搜索群成员（${members.length}）`,
    row: (person) => ({ props: { onclick: () => { close(); onPerson(person); } } }) });
  const { close } = modal(`${chat.name}（${members.length}）`, h("div", { class: "info" }, picker.box, rename, h("div", { class: "info-end" },
    h("button", { type: "button", class: "plain", onclick: () => { close(); addDialog(people, model, chat, members); } }, "添加成员"), bot,
    h("button", { type: "button", class: "plain danger", onclick: () => { close(); leaveDialog(model, chat); } }, "退出群聊"))), { drawer: true });
}

function leaveDialog(model, chat) {
  groupForm("退出群聊", [h("p", {}, `退出“${chat.name}”后，不再收到这个群的消息。`)], "退出", async () => {
    await model.group("leave", { chat: chat.id });
    toast("已退出群聊");
  });
}

const KEYS = [["Enter", "发送；在列表里打开聊天"], ["Shift+Enter", "换行"], ["@", "提醒群成员，方向键选择"], ["Ctrl+K", "搜索群聊"],
  ["Alt+↑ / Alt+↓", "上一个、下一个聊天"], ["Alt+M", "到最后一条消息；再用 ↑ ↓ 移动"], ["Enter（在消息上）", "引用、复制、撤回、@"],
  ["Alt+W", "我是谁"], ["Esc", "关闭、取消引用、回到列表"]];

export function keysDialog() {
  modal("键盘快捷键", h("dl", { class: "keys-list" }, KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])));
}
