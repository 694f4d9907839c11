// SPDX-License-Identifier: MIT
// Looks names up in names.js, which is [name, kind, place, about] of everything that has a name.
"use strict";

// The best matches first: a name that is the text, starts with it (slope_ is not counted), has it, then what is said of it.
function find(text, rows) {
  text = text.replace(/\([^)]*\)?$/, ""); // slope_eval(), backward(, slope_gradient(3)
  const words = text.toLowerCase().split(/\s+/).filter((w) => w);
  const bare = (name) => name.toLowerCase().replace(/^slope(_|::)/, "");
  const wanted = bare(text.trim());
  const rank = ([name, kind, , about]) => {
    const own = bare(name);
    const all = `${name} ${about}`.toLowerCase();
    if (!words.every((w) => all.includes(w))) return 9;
    const low = kind === "part" || kind === "enumerator" ? 0.5 : 0;
    if (name === text.trim()) return -1;
    if (name.toLowerCase() === text.trim().toLowerCase()) return 0 + low;
    if (own === wanted) return 1 + low;
    if (own.startsWith(wanted)) return 2 + low + Math.min(own.length, 60) / 200;
    if (name.toLowerCase().includes(wanted)) return 3 + low + Math.min(own.length, 60) / 200;
    return 5 + low;
  };
  return rows
    .map((row) => [rank(row), row])
    .filter(([r]) => words.length && r < 9)
    .sort((a, b) => a[0] - b[0])
    .slice(0, 12)
    .map(([, row]) => row);
}

function start() {
  const form = document.querySelector("form[role=search]");
  const field = document.getElementById("find");
  const list = document.getElementById("found");
  const show = () => {
    const rows = find(field.value, names);
    list.replaceChildren();
    for (const [name, kind, place, about] of rows) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = form.dataset.root + place;
      link.textContent = name;
      const said = document.createElement("span");
      said.textContent = about ? `${kind} · ${about}` : kind;
      link.append(said);
      item.append(link);
      list.append(item);
    }
    if (field.value.trim() && !rows.length) {
      const item = document.createElement("li");
      item.textContent = `nothing is called “${field.value.trim()}”`;
      list.append(item);
    }
    list.hidden = !field.value.trim();
  };
  field.addEventListener("input", show);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    list.querySelector("a")?.click();
  });
  form.addEventListener("keydown", (e) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (e.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
    else if (e.key === "ArrowUp") (at > 0 ? links[at - 1] : field).focus();
    else if (e.key === "Escape") {
      field.value = "";
      show();
      field.focus();
    } else return;
    e.preventDefault();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) {
      field.focus();
      e.preventDefault();
    }
  });
  document.addEventListener("click", (e) => {
    if (!form.contains(e.target)) list.hidden = true;
  });
  const current = document.querySelector("nav [aria-current]");
  current?.scrollIntoView?.({ block: "center" });
  window.scrollTo(0, 0);
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

if (typeof document !== "undefined") start();
if (typeof module !== "undefined") module.exports = { find };
