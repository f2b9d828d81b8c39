// Offline verification: reads the signed statement of a QR code (docs/decisions/0031) with the keys that stand in the
// page, and keeps the page for when there is no network. The form works without this script, through the server.

const box = document.querySelector("[data-offline]");
const form = box.querySelector("form");
const field = form.querySelector("textarea");
const place = box.querySelector("[data-offline-answer]");
const labels = JSON.parse(box.dataset.labels);
const published = new Map(JSON.parse(box.dataset.keys).map((each) => [each.name, each]));
const subtle = globalThis.crypto?.subtle; // only over HTTPS, or on the machine itself

const ADDRESS = /^(?:https?:\/\/[^\s/]{1,253})?\/v\/([A-Za-z0-9_-]{1,64})#(.*)$/;
const MOST_DIGITS = 4000;

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const inBeijing = (moment, options) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", ...options }).format(moment);
const dayInWords = (digits) => `${+digits.slice(0, 4)}年${+digits.slice(4, 6)}月${+digits.slice(6)}日`;
const momentInWords = (moment) =>
  `${dayInWords(inBeijing(moment).replaceAll("-", ""))} ${inBeijing(moment, { hour: "2-digit", minute: "2-digit" })}`;

// Returns {code, fields, signedAt}; the same answers, in the same order, as certificates/pdf/statement.py.
async function read(text) {
  const match = ADDRESS.exec(text.trim());
  if (!match || !match[2]) return { code: "no_statement" };
  const [, token, fragment] = match;
  if (!/^[0-9]+$/.test(fragment) || fragment.length > MOST_DIGITS) return { code: "altered" };
  if (fragment[0] !== "1") return { code: "unknown_version" };
  const said = fragment.slice(1, 4);
  const digits = fragment.slice(4);
  if (said.length < 3 || digits.length < Number(said)) return { code: "cut" };
  if (digits.length > Number(said)) return { code: "altered" };
  const hex = BigInt(digits || "0").toString(16);
  const whole = bytesOf(hex.length % 2 ? `0${hex}` : hex);
  if (whole[0] !== 1 || whole.length <= 73) return { code: "altered" };
  const key = published.get(hexOf(whole.slice(1, 5)));
  if (!key) return { code: "unknown_key" };
  const body = whole.slice(69);
  const signed = new Uint8Array([...new TextEncoder().encode(`swms-statement-1\n${token}\n`), ...body]);
  const imported = await subtle.importKey("spki", fromBase64(key.spki), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const good = await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, whole.slice(5, 69), signed);
  if (!good) return { code: "altered" };
  const fields = new TextDecoder("utf-8", { fatal: true }).decode(body.slice(4)).split("\n");
  if (fields.length !== 9) return { code: "altered" };
  const signedAt = new Date(new DataView(body.buffer, body.byteOffset).getUint32(0) * 1000);
  if (signedAt < new Date(key.since) || signedAt > new Date(key.until)) return { code: "wrong_time" };
  const today = inBeijing(new Date()).replaceAll("-", "");
  return { code: fields[8] < today ? "expired" : "valid", fields, signedAt };
}

function row(list, label, value) {
  const line = list.appendChild(document.createElement("div"));
  line.appendChild(document.createElement("dt")).textContent = label;
  line.appendChild(document.createElement("dd")).textContent = value;
}

function show({ code, fields, signedAt }) {
  const answer = box.querySelector(`template[data-answer="${code}"]`).content.cloneNode(true);
  place.replaceChildren(answer);
  if (fields) {
    const [title, shown] = labels[fields[0]] ?? labels.A;
    const list = document.createElement("dl");
    list.className = "summary";
    row(list, "文件", title);
    for (const [label, at] of shown) row(list, label, at === 8 ? dayInWords(fields[8]) : fields[at]);
    row(list, "签名时间", momentInWords(signedAt));
    place.append(list);
    const caveat = box.querySelector("template[data-caveat]").content.cloneNode(true);
    caveat.querySelector("[data-as-of]").textContent = momentInWords(signedAt);
    place.append(caveat);
  }
  place.hidden = false;
  place.focus();
}

async function judge() {
  let found;
  try {
    found = await read(field.value);
  } catch {
    found = { code: "altered" }; // what no decoder can read
  }
  show(found);
}

// The page is kept as a stranger gets it: nobody's name must stay on a shared computer.
async function keep() {
  const cache = await caches.open("offline-verification");
  const assets = [...document.querySelectorAll('link[rel="stylesheet"], link[rel="icon"], script[src]')];
  const urls = [box.dataset.page, ...assets.map((each) => each.href ?? each.src)];
  for (const url of urls) {
    const answer = await fetch(url, { credentials: "omit" });
    if (answer.ok) await cache.put(url, answer);
  }
  for (const scope of [box.dataset.page, box.dataset.scope]) {
    await navigator.serviceWorker.register(box.dataset.worker, { scope });
  }
  await navigator.serviceWorker.ready;
  box.querySelector("[data-offline-kept]").hidden = false;
}

if (subtle) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    judge();
  });
  if (location.hash) {
    field.value = location.href; // a scanned code that was opened without a network leads here
    judge();
  }
  if (navigator.serviceWorker && navigator.onLine) {
    keep().catch(() => {}); // without it the page works for as long as it is open
  }
}
