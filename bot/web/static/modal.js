// Dialogs: the browser's own, so that focus stays inside and Esc closes.

import { avatar, arrowTarget, byFinger, byId, composing, h, icon, rove } from "./dom.js";

/** Show a dialog; what had the focus gets it back. `fixed` cannot be closed without a choice. */
export function modal(title, content, { wide = false, drawer = false, fixed = false, onClose } = {}) {
  const back = document.activeElement;
  const close = () => dialog.close();
  const dialog = h("dialog", { class: ["modal", wide && "wide", drawer && "drawer"].filter(Boolean).join(" "), "aria-labelledby": "modal-title" },
    h("header", { class: "modal-top" }, h("h2", { id: "modal-title", tabIndex: -1 }, title),
      !fixed && h("button", { class: "tool", type: "button", "aria-label": "关闭", onclick: close }, icon("close"))),
    content);
  dialog.addEventListener("cancel", (event) => fixed && event.preventDefault());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", (event) => event.target === dialog && !fixed && close());
  dialog.addEventListener("close", () => {
    document.body.append(byId("toasts"));
    dialog.remove();
    if (back?.isConnected) back.focus({ preventScroll: true });
    onClose?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector("[data-first]") ?? (byFinger.matches ? dialog.querySelector("h2") : null))?.focus();
  return { dialog, close };
}

/** The buttons at the end of a form. */
export function formEnd(label, onCancel) {
  return h("div", { class: "form-end" },
    h("button", { type: "button", class: "plain", onclick: onCancel }, "取消"),
    h("button", { type: "submit", class: "send" }, label));
}

export function field(label, input) {
  return h("label", { class: "field" }, h("span", {}, label), input);
}

const MOST = 200;
const FEW = 6;

/**
 * People to choose from: a search box, one chip per role, rows by role.
 * `row(person)` gives a row's props and what stands at its end.
 */
export function peoplePicker(people, { row, placeholder = "搜索姓名、职务、地点" }) {
  let role = "";
  const search = h("input", { type: "search", class: "people-search", placeholder, "aria-label": placeholder, autocomplete: "off", maxLength: 40, data: byFinger.matches ? {} : { first: "1" } });
  const roles = [...new Set(people.map((person) => person.role))];
  const chips = h("div", { class: "chips", role: "group", "aria-label": "按身份筛选" }, ["", ...roles].map((one) =>
    h("button", { type: "button", class: "chip", data: { role: one }, "aria-pressed": String(one === role), onclick: () => choose(one) }, one || "全部")));
  const list = h("div", { class: "people", role: "list" });
  const buttons = () => [...list.querySelectorAll(".person")];

  function choose(one) {
    role = one;
    for (const chip of chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.role === one));
    render();
  }

  function rest(one, count, more) {
    if (!more) return h("p", { class: "hint" }, `还有 ${count} 人，请搜索姓名`);
    return h("button", { type: "button", class: "link rest", onclick: () => {
      choose(one);
      search.focus();
    } }, `还有 ${count} 人…`);
  }

  function render() {
    const words = search.value.trim().toLowerCase().split(/\s+/u).filter(Boolean);
    const fits = (person) => (!role || person.role === role) && words.every((word) => `${person.name} ${person.role} ${person.title}`.toLowerCase().includes(word));
    const found = people.filter(fits);
    // A long list of all begins with a few of each, so that every role is in sight.
    const most = role || words.length || found.length <= 60 ? MOST : FEW;
    const rows = [];
    for (const one of roles) {
      const group = found.filter((person) => person.role === one);
      if (!group.length) continue;
      rows.push(h("h3", {}, `${one}（${group.length}）`));
      for (const person of group.slice(0, most)) rows.push(personRow(person, row(person)));
      if (group.length > most) rows.push(rest(one, group.length - most, most === FEW));
    }
    list.replaceChildren(...(rows.length ? rows : [h("p", { class: "hint" }, "没有找到这个人")]));
    rove(buttons(), buttons()[0], false);
  }

  search.addEventListener("input", render);
  search.addEventListener("keydown", (event) => {
    const first = buttons()[0];
    if (composing(event) || !first) return;
    if (event.key === "ArrowDown") rove(buttons(), first);
    else if (event.key === "Enter") first.click();
    else return;
    event.preventDefault();
  });
  list.addEventListener("keydown", (event) => {
    const current = event.target.closest(".person");
    const target = arrowTarget(event, buttons(), current);
    if (!target) return;
    event.preventDefault();
    if (target === current && event.key === "ArrowUp") search.focus();
    else rove(buttons(), target);
  });
  render();
  return { box: h("div", { class: "picker" }, search, roles.length > 1 && chips, list), render };
}

function personRow(person, { props, end }) {
  return h("div", { class: "person-row", role: "listitem" },
    h("button", { type: "button", class: "person", tabIndex: -1, ...props },
      avatar(person.name, person.role === "机器人" ? "bot" : "person"), h("span", { class: "person-name" }, person.name), h("span", { class: "person-title" }, person.title)),
    end);
}
