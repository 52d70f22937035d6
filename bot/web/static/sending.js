// Dialogs for what is sent beside text: pictures, voice, a place.

import { h, toast } from "./dom.js";
import { field, formEnd, modal } from "./modal.js";

function form(title, parts, label, submit) {
  const box = h("form", { class: "form", onsubmit: (event) => {
    event.preventDefault();
    if (submit() !== false) close();
  } }, parts, formEnd(label, () => close()));
  const { close } = modal(title, box);
}

const MOST = 9;

/** Show the pictures before they go; `onSend` gets them with their sizes. */
export async function picturesDialog(files, to, onSend) {
  const pictures = await Promise.all(files.slice(0, MOST).map(measure));
  const good = pictures.filter(Boolean);
  const left = [good.length < pictures.length && "有图片打不开，没有选上", files.length > MOST && `一次最多发 ${MOST} 张，后面的没有选上`];
  const tell = () => left.some(Boolean) && toast(left.filter(Boolean).join("；"), true);
  if (!good.length) return tell();
  const shown = good.map((picture) => h("img", { src: picture.local, alt: picture.file.name }));
  form(`发送给 ${to}`, [h("div", { class: "preview" }, shown)], good.length > 1 ? `发送 ${good.length} 张` : "发送", () => onSend(good));
  document.querySelector("dialog[open] .send")?.focus();
  return tell();
}

async function measure(file) {
  const local = URL.createObjectURL(file);
  const image = h("img", { src: local });
  try {
    await image.decode();
    return { file, local, width: image.naturalWidth, height: image.naturalHeight };
  } catch {
    URL.revokeObjectURL(local);
    return null;
  }
}

export function voiceDialog(onSend) {
  const seconds = h("input", { type: "range", min: 1, max: 60, value: 8, data: { first: "1" }, "aria-label": "语音时长，秒" });
  const shown = h("output", { class: "seconds" }, "8 秒");
  seconds.addEventListener("input", () => { shown.textContent = `${seconds.value} 秒`; });
  form("发送语音", [h("p", { class: "hint" }, "这里不录音，只选一段语音的长度。"), seconds, shown], "发送", () => onSend(Number(seconds.value)));
}

export function locationDialog(onSend) {
  const name = h("input", { type: "text", required: true, maxLength: 100, placeholder: "例如：柳河公园南门", data: { first: "1" } });
  const address = h("input", { type: "text", maxLength: 200, placeholder: "可不填" });
  const degrees = (limit, value) => h("input", { type: "number", required: true, min: -limit, max: limit, step: "any", value });
  const latitude = degrees(90, "31.23040");
  const longitude = degrees(180, "121.47370");
  form("发送位置", [field("地点", name), field("地址", address), h("div", { class: "pair" }, field("纬度", latitude), field("经度", longitude))],
    "发送", () => {
      if (!name.value.trim()) {
        toast("请写地点的名称", true);
        return false;
      }
      onSend({ name: name.value.trim(), address: address.value.trim(), latitude: Number(latitude.value), longitude: Number(longitude.value) });
      return true;
    });
}

/** A picture, large. */
export function viewPicture(source, saidBy) {
  const image = h("img", { class: "large", src: source, alt: `${saidBy}发的图片` });
  image.addEventListener("error", () => {
    close();
    toast("图片打不开，可能已撤回", true);
  });
  const { dialog, close } = modal(`${saidBy}发的图片`, h("div", { class: "viewer" }, image));
  dialog.classList.add("dark");
  dialog.addEventListener("click", (event) => event.target !== image && close());
  image.addEventListener("click", () => image.classList.toggle("full"));
}
