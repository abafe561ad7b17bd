// Keys and copying, for who has scripts; the page does all else without.
const field = document.getElementById("q");
const hits = [...document.querySelectorAll("main > ol:not(.lines) > li h2 a")];
const STORE = "lepton-keys";
const THEME = "lepton-theme"; // light or dark; none: as the server says
const look = () => document.documentElement.style.setProperty("color-scheme", localStorage.getItem(THEME) ?? "");
look();
const letters = () => localStorage.getItem(STORE) !== "off"; // keys of one letter can be switched off

// The passages of the last results, so that one document leads to the next.
const beside = {};
const HITS = "lepton-hits";
const place = (href) => new URL(href, location.href).search;
if (hits.length) sessionStorage.setItem(HITS, JSON.stringify(hits.map((link) => link.getAttribute("href"))));
if (location.pathname === "/document") {
  const all = JSON.parse(sessionStorage.getItem(HITS) ?? "[]");
  const at = all.findIndex((href) => place(href) === location.search);
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Passages found");
  for (const [key, href, words] of [
    ["ArrowLeft", all[at - 1], "Passage before"],
    ["ArrowRight", all[at + 1], "Next passage"],
  ]) {
    if (at < 0 || !href) continue;
    beside[key] = Object.assign(document.createElement("a"), { href, textContent: words });
    nav.append(beside[key]);
  }
  if (nav.children.length) document.querySelector("h1").before(nav);
}

function move(by) {
  const at = hits.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : hits.length - 1) : at + by;
  if (next < 0) field.focus();
  else hits[Math.min(next, hits.length - 1)]?.focus();
}

function help() {
  const open = document.querySelector("dialog");
  if (open) return open.close();
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Keys");
  const list = document.createElement("dl");
  for (const [key, does] of [
    ["Ctrl K, or /", "to the field"],
    ["↓ ↑", "to the next passage, and back"],
    ["Enter", "opens it"],
    ["← →", "from a document to the passage before, or the next"],
    ["N", "a new talk"],
    ["?", "this list"],
  ]) {
    list.append(Object.assign(document.createElement("dt"), { textContent: key }));
    list.append(Object.assign(document.createElement("dd"), { textContent: does }));
  }
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: letters() });
  box.addEventListener("change", () => localStorage.setItem(STORE, box.checked ? "on" : "off"));
  label.append(box, " /, N and ? are keys");
  const theme = document.createElement("select");
  for (const [value, words] of [["", "automatic"], ["light", "light"], ["dark", "dark"]]) {
    theme.append(new Option(words, value, false, value === (localStorage.getItem(THEME) ?? "")));
  }
  theme.addEventListener("change", () => {
    if (theme.value) localStorage.setItem(THEME, theme.value);
    else localStorage.removeItem(THEME);
    look();
  });
  const looks = document.createElement("label");
  looks.append("Colours ", theme);
  const close = Object.assign(document.createElement("button"), { textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(list, label, looks, close);
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog") !== null;
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    field.focus();
    field.select();
  } else if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  } else if (event.key === "/" && !typing && letters()) {
    field.focus();
    field.select();
  } else if (event.key === "n" && !typing && letters()) {
    location.assign("/");
  } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !typing && beside[event.key]) {
    beside[event.key].click();
  } else if (event.key === "?" && (!typing || event.target.closest("dialog")) && letters()) {
    help();
  } else if (event.key === "ArrowDown" && hits.length && (!typing || event.target === field)) {
    move(1);
  } else if (event.key === "ArrowUp" && hits.includes(document.activeElement)) {
    move(-1);
  } else {
    return;
  }
  event.preventDefault();
});

// Where use is recorded the list bears what was asked, and says so below it.
function used(link, action) {
  const list = link.closest("[data-asked]");
  if (!list) return;
  const row = link.closest("li");
  const hit = list.start + [...list.children].indexOf(row);
  const body = JSON.stringify({ question: list.dataset.asked, action, passage: row.dataset.passage, hit });
  fetch("/use", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body });
}

for (const link of hits) {
  link.addEventListener("click", () => used(link, "opened"));
  link.addEventListener("auxclick", () => used(link, "opened")); // the middle button: in a tab of its own
  const copy = Object.assign(document.createElement("button"), { textContent: "copy", className: "copy" });
  copy.setAttribute("aria-label", `Copy ${link.textContent}`);
  copy.addEventListener("click", async () => {
    const passage = link.closest("li").querySelector(".passage, .code").textContent;
    await navigator.clipboard.writeText(`“${passage}” (${link.textContent})`);
    copy.textContent = "copied";
    used(link, "copied");
  });
  link.closest("li").querySelector(".rating")?.append(Object.assign(copy, { type: "button" }));
}
