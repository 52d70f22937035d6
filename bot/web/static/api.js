// Talking to the server: requests that answer, and the line over which news comes.

/**
 * A request that did not do what it should; `message` is for people. `lost` is set where trying again may help: "away"
 * when no answer came, "busy" when the server could not do it now.
 */
export class ApiError extends Error {
  constructor(message, lost) {
    super(message);
    this.lost = lost;
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, cache: "no-store" });
  } catch {
    throw new ApiError("连接不上，请稍后再试。", "away");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(body.error ?? `出错了（${answer.status}）。`, answer.status >= 500 ? "busy" : "");
  return body;
}

const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));

export const get = (path, values = {}) => ask(`${path}?${query(values)}`);

export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const upload = (path, values, file) =>
  ask(`${path}?${query(values)}`, { method: "POST", headers: { "Content-Type": file.type || "application/octet-stream" }, body: file });

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

/** The live line of one person. It comes back by itself; `onUp(again)` then asks for what was missed. */
export class Live {
  constructor(me, { onChange, onUp, onDown }) {
    Object.assign(this, { me, onChange, onUp, onDown, wait: FIRST_WAIT, ended: false, again: false });
    this.hurry = () => this.timer && this.#connect();
    addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.#connect();
  }

  close() {
    this.ended = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    this.socket?.close();
  }

  #connect() {
    clearTimeout(this.timer);
    this.timer = 0;
    const address = `ws://${location.host}/live?as=${encodeURIComponent(this.me)}`;
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      if (!this.ended) this.onUp(this.again);
      this.again = true;
    };
    socket.onmessage = (event) => !this.ended && this.onChange(JSON.parse(event.data));
    socket.onclose = () => this.#later(socket);
  }

  #later(socket) {
    if (this.ended || socket !== this.socket || this.timer) return;
    this.onDown();
    this.timer = setTimeout(() => this.#connect(), this.wait * (0.7 + Math.random() * 0.6));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }
}
