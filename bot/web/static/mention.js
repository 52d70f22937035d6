// The list of members that opens when somebody types @.

import { avatar, h } from "./dom.js";

const MOST = 40;
const CALL = /(?:^|[^A-Za-z0-9_])@([^\s@\u2005]{0,20})$/u;

export class MentionPopup {
  #members = [];
  #active = 0;
  #from = -1;

  constructor(input, { members, bot, onPick }) {
    Object.assign(this, { input, members, bot, onPick });
    this.box = h("div", { id: "mentions", class: "mentions", role: "listbox", "aria-label": "选择要提醒的人", hidden: true });
    for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "mentions", "aria-expanded": "false" })) {
      input.setAttribute(key, value);
    }
    input.addEventListener("input", () => this.update());
    input.addEventListener("click", () => this.update());
    input.addEventListener("blur", () => this.close());
    // A click must not take the focus from the text first.
    this.box.addEventListener("pointerdown", (event) => event.preventDefault());
    this.box.addEventListener("click", (event) => this.#clicked(event));
  }

  get open() {
    return !this.box.hidden;
  }

  update() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const call = CALL.exec(before);
    const found = call ? this.#find(call[1]) : [];
    if (!found.length) return this.close();
    this.#from = before.length - call[1].length - 1;
    this.#members = found;
    this.#active = 0;
    this.#render();
    return undefined;
  }

  close() {
    this.box.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was for the list. */
  key(event) {
    if (!this.open) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      this.#active = (this.#active + steps[event.key] + this.#members.length) % this.#members.length;
      this.#mark();
    } else if (event.key === "Enter" || event.key === "Tab") this.#pick(this.#members[this.#active]);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #find(word) {
    const lower = word.toLowerCase();
    const fits = (person) => `${person.name} ${person.role} ${person.title}`.toLowerCase().includes(lower);
    const rank = (person) => (person.id === this.bot().id ? 0 : person.role === "居民" ? 2 : 1);
    return this.members().filter(fits).sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
  }

  #render() {
    this.box.replaceChildren(...this.#members.map((person, place) =>
      h("div", { class: "mention", role: "option", id: `mention-${place}`, data: { place } },
        avatar(person.name, person.id === this.bot().id ? "bot" : "person"),
        h("span", { class: "mention-name" }, person.name),
        h("span", { class: "mention-role" }, person.role === "居民" ? person.title : person.role))));
    this.box.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#mark();
  }

  #mark() {
    [...this.box.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === this.#active)));
    this.box.children[this.#active]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `mention-${this.#active}`);
  }

  #clicked(event) {
    const row = event.target.closest(".mention");
    if (row) this.#pick(this.#members[Number(row.dataset.place)]);
  }

  #pick(person) {
    const { value, selectionStart } = this.input;
    const call = `@${person.name}\u2005`;
    this.input.value = value.slice(0, this.#from) + call + value.slice(selectionStart);
    this.input.selectionStart = this.input.selectionEnd = this.#from + call.length;
    this.close();
    this.onPick(person);
  }
}
