// The menu of a message: right click, long press, or Enter on the message.

import { arrowTarget, byId, h } from "./dom.js";

const HOLD = 500;

let open = null;

/** Show `items` ({label, run}) at a point; Esc, a click elsewhere or a choice closes it. */
export function showMenu(items, { x, y, back }) {
  closeMenu();
  const menu = h("div", { class: "menu", role: "menu", "aria-label": "消息操作" },
    items.map(({ label, run }) => h("button", { type: "button", role: "menuitem", tabIndex: -1, onclick: () => {
      closeMenu();
      back?.focus({ preventScroll: true });
      run();
    } }, label)));
  document.body.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(6, Math.min(x, innerWidth - width - 6))}px`;
  menu.style.top = `${Math.max(6, y + height > innerHeight - 6 ? y - height : y)}px`;
  menu.addEventListener("keydown", (event) => menuKey(event, menu, back));
  open = menu;
  menu.firstElementChild.focus();
}

export function closeMenu() {
  open?.remove();
  open = null;
}

function menuKey(event, menu, back) {
  const items = [...menu.children];
  const target = arrowTarget(event, items, document.activeElement);
  if (target) target.focus();
  else if (event.key === "Escape" || event.key === "Tab") {
    closeMenu();
    back?.focus({ preventScroll: true });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

addEventListener("pointerdown", (event) => {
  if (open && !open.contains(event.target)) closeMenu();
}, true);
addEventListener("blur", closeMenu);
addEventListener("resize", closeMenu);

/** Call `show(line, x, y)` for a right click or a long press on a message. */
export function watchForMenu(show) {
  const log = byId("log");
  let timer = 0;
  let held = false;
  let from = [0, 0];
  const stop = () => clearTimeout(timer);
  const at = (event) => event.target.closest(".bubble, .quote") && event.target.closest(".line");
  log.addEventListener("contextmenu", (event) => {
    const line = at(event);
    if (!line) return;
    event.preventDefault();
    // A long press on a touch screen also ends in this event; the menu is there already then.
    if (!held) show(line, event.clientX, event.clientY);
  });
  log.addEventListener("pointerdown", (event) => {
    held = false;
    const line = event.pointerType !== "mouse" && at(event);
    if (!line) return;
    from = [event.clientX, event.clientY];
    timer = setTimeout(() => {
      held = true;
      show(line, event.clientX, event.clientY);
    }, HOLD);
  });
  // A resting finger trembles a little.
  log.addEventListener("pointermove", (event) => Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 10 && stop(), { passive: true });
  for (const kind of ["pointerup", "pointercancel", "scroll"]) log.addEventListener(kind, stop, { passive: true });
  // The click that ends a long press must not open the picture under it.
  log.addEventListener("click", (event) => {
    if (!held) return;
    held = false;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
