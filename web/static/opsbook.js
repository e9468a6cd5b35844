// What the pages do besides htmx. Everything here makes a page handier; without it links and forms still work.
// It stands before htmx, which begins by itself: it receives the events of the first connection.
(() => {
  "use strict";

  const settle = () => {
    const dialog = document.getElementById("dialog");
    if (dialog) {
      const full = dialog.childElementCount > 0;
      if (full && !dialog.open) {
        dialog.showModal();
        dialog.querySelector(dialog.querySelector(".plan") ? "h2" : "input:not([type=hidden]), [data-close]")?.focus();
      }
      if (!full && dialog.open) dialog.close();
    }
  };
  document.addEventListener("htmx:after:swap", settle);
  document.addEventListener("htmx:after:settle", settle);
  document.addEventListener("close", (e) => { if (e.target.id === "dialog") e.target.replaceChildren(); }, true);

  // The menu of a phone lies over the page, which rests meanwhile. The focus goes into it, and back.
  const toggle = (open) => {
    const button = document.querySelector("[data-menu]");
    document.body.classList.toggle("menu", open);
    button?.setAttribute("aria-expanded", String(open));
    for (const part of document.querySelectorAll(".frame > :not(.nav)")) part.inert = open;
    (open ? document.querySelector(".nav [aria-current], .nav li a") : button)?.focus();
  };

  matchMedia("(width >= 48rem)").addEventListener("change", () => { if (document.body.classList.contains("menu")) toggle(false); });

  // A link that was copied is offered in other forms, beside its button: for Markdown, and for a channel, where a text of two lines
  // unfurls. What it says is what the page says there.
  let offered = null;
  const withdraw = () => { offered?.remove(); offered = null; };
  const offer = (button, link) => {
    withdraw();
    const step = button.closest(".step"), plain = (node) => node?.textContent.replace(/\s+/g, " ").trim() ?? "";
    const title = button.dataset.title ?? plain(step?.querySelector(".title"));
    const says = button.dataset.says ?? plain(step?.querySelector(".sub"));
    const escaped = title.replace(/[\\[\]*_`<>]/g, "\\$&");
    offered = document.createElement("div");
    offered.className = "offered";
    offered.setAttribute("role", "group");
    offered.setAttribute("aria-label", "Copy in another form");
    for (const [word, text] of [["Markdown", `[${escaped}](${link})${says ? ` – ${says}` : ""}`],
      ["Text for Slack", `*${title}*${says ? ` ${says}` : ""}\n${link}`]]) {
      const other = document.createElement("button");
      other.type = "button";
      other.className = "btn";
      other.dataset.copyText = text;
      other.textContent = word;
      offered.append(other);
    }
    button.after(offered);
    setTimeout((mine) => { if (mine === offered && !mine.matches(":hover, :focus-within")) withdraw(); }, 6000, offered);
  };

  // A button that has nothing to do now keeps the focus, and does nothing.
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element && e.target.closest("button[type=button][aria-disabled=true]"))) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  }, true);

  document.addEventListener("click", async (e) => {
    if (offered && !offered.contains(e.target)) withdraw();
    const at = (selector) => e.target instanceof Element ? e.target.closest(selector) : null;
    const copy = at("[data-copy], [data-copy-text]");
    if (copy) {
      const text = copy.dataset.copyText ?? new URL(copy.dataset.copy, location.href).href;
      const before = copy.textContent;
      try { await navigator.clipboard.writeText(text); copy.textContent = copy.classList.contains("quiet") ? "✓" : "Copied"; }
      catch { window.prompt("Copy this:", text); }
      setTimeout(() => { copy.textContent = before; }, 1200);
      if (copy.dataset.copy) offer(copy, text);
    }
    if (at("[data-print]")) window.print();
    if (at("[data-close]")) document.getElementById("dialog")?.close();
    at("[data-dismiss]")?.closest(".message")?.remove();
    const menu = at("[data-menu]");
    if (menu) {
      e.preventDefault(); // the address opens it without a script
      toggle(!document.body.classList.contains("menu"));
    }
  });

  // Commands in the text are copied, not run.
  const copies = () => {
    for (const code of document.querySelectorAll("code.command")) {
      if (code.nextElementSibling?.matches(".copy")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet copy";
      button.dataset.copyText = code.textContent;
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${code.textContent}`);
      code.after(button);
    }
  };
  // What scrolls can be reached by keyboard. Each table is measured once, with the frame that it is drawn in.
  const measured = new WeakSet();
  const reach = () => {
    for (const table of document.querySelectorAll(".prose table:not([tabindex])")) {
      if (measured.has(table)) continue;
      measured.add(table);
      requestAnimationFrame(() => { if (table.scrollWidth > table.clientWidth) table.tabIndex = 0; });
    }
  };
  const dress = () => { copies(); reach(); };
  addEventListener("DOMContentLoaded", dress);
  document.addEventListener("htmx:after:swap", dress);

  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;

  document.addEventListener("input", (e) => {
    const field = e.target;
    if (field.dataset?.mustBe !== undefined) {
      field.form.querySelector("[data-confirm]").disabled = field.value.trim() !== field.dataset.mustBe;
    }
    if (field.matches?.("[data-filter]")) {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const item of document.querySelectorAll(".nav li[data-title]")) {
        item.hidden = !words.every((w) => item.dataset.title.toLowerCase().includes(w));
      }
      for (const part of document.querySelectorAll(".nav section:has(li[data-title])")) {
        part.hidden = !part.querySelector("li[data-title]:not([hidden])");
      }
    }
  });

  document.addEventListener("htmx:after:request", (e) => {
    const form = e.target instanceof Element ? e.target.closest("form[data-clear], .write form") : null;
    if (form && e.detail.ctx?.response?.status === 200) form.reset();
  });

  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && e.target.matches?.("[data-filter]") && e.target.value.trim()) {
      const first = document.querySelector(".nav li[data-title]:not([hidden]) a");
      if (first) { e.preventDefault(); first.click(); }
    }
    if (e.key === "Escape") withdraw();
    if (e.key === "Escape" && document.body.classList.contains("menu")) toggle(false);
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches?.("input, textarea, select")) return;
    if (e.key === " " && e.target.matches?.("[data-menu]")) { e.preventDefault(); e.target.click(); }
  });

  // Times: relative ones are kept true, clocks are shown in the reader's time zone, running ones run.
  const two = (n) => String(n).padStart(2, "0");
  const span = (s) => s < 3600 ? `${Math.floor(s / 60)} min` : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} days`;
  const run = () => {
    const now = Date.now();
    for (const t of document.querySelectorAll("time[data-relative]")) {
      const s = (now - Date.parse(t.dateTime)) / 1000;
      const text = s < 60 ? "just now" : `${span(s)} ago`;
      if (t.textContent !== text) t.textContent = text;
    }
    for (const t of document.querySelectorAll("time[data-until-relative]")) {
      const d = new Date(t.dateTime), s = (d - now) / 1000, title = d.toLocaleString();
      const text = s < 60 ? "now" : `in ${span(s)}`;
      if (t.textContent !== text) t.textContent = text;
      if (t.title !== title) t.title = title;
    }
    for (const t of document.querySelectorAll("time[data-clock]")) {
      const d = new Date(t.dateTime), text = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
      if (t.textContent !== text) t.textContent = text;
    }
    for (const b of document.querySelectorAll("button[data-from]:disabled")) b.disabled = now < Date.parse(b.dataset.from);
    if (document.body.classList.contains("lost")) return; // nobody knows whether it goes on
    for (const t of document.querySelectorAll("[data-until]")) {
      const s = Math.ceil((Date.parse(t.dataset.until) - now) / 1000), h = Math.floor(s / 3600);
      const text = s <= 0 ? "time is up" : `${h ? `${h}:${two(Math.floor(s / 60) % 60)}` : Math.floor(s / 60)}:${two(s % 60)} left`;
      if (t.textContent !== text) t.textContent = text;
    }
    for (const t of document.querySelectorAll("[data-left], [data-passed]")) {
      const ms = t.dataset.left ? Date.parse(t.dataset.left) - now : now - Date.parse(t.dataset.passed);
      const s = Math.max(0, t.dataset.left ? Math.ceil(ms / 1000) : Math.floor(ms / 1000)), h = Math.floor(s / 3600);
      const text = `${h ? `${h}:${two(Math.floor(s / 60) % 60)}` : Math.floor(s / 60)}:${two(s % 60)}`;
      if (t.textContent !== text) t.textContent = text;
    }
    for (const t of document.querySelectorAll("[data-since]")) {
      t.textContent = `${Math.max(0, (now - Date.parse(t.dataset.since)) / 1000).toFixed(1)} s`;
    }
  };
  setInterval(run, 200);
  addEventListener("DOMContentLoaded", () => { run(); settle(); });
})();
