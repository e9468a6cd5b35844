// Keys: Ctrl K and / search, j and k go from step to step, r runs one, n goes to the next that is red, c copies a link, g h goes home,
// and ? shows them all. Everything that a key does has a link or a button, too.
(() => {
  "use strict";

  const KEYS = [["/ or Ctrl K", "Search"], ["j, k", "Next step, previous step"], ["Enter", "Press what has the focus"],
    ["r", "Run the step that has the focus"], ["n", "Next step that is red"], ["c", "Copy the link of the step, or of the page"],
    ["g h", "Home"], ["g w", "Waiting for me"], ["Esc", "Close"], ["?", "Show the keys"]];

  const search = () => document.getElementById("search");
  const seek = () => {
    const dialog = search();
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector("input[type=search]").select();
  };
  document.addEventListener("click", (e) => {
    const at = (selector) => e.target instanceof Element ? e.target.closest(selector) : null;
    if (at("[data-search]") && !e.ctrlKey && !e.metaKey && !e.shiftKey && search()) { e.preventDefault(); seek(); }
    if (at("[data-close-search]")) search().close();
    if (at("[data-close-keys]")) at("dialog").close();
  });

  // In the dialog the arrows go through what was found, and Enter in the field opens the first.
  const among = (e) => {
    const links = [...search().querySelectorAll("#found a")], here = links.indexOf(document.activeElement);
    const field = search().querySelector("input[type=search]");
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      const next = here + (e.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? field : links[Math.min(next, links.length - 1)] ?? field).focus();
    }
    if (e.key === "Enter" && e.target === field && links.length) { e.preventDefault(); links[0].click(); }
  };

  const help = () => {
    let dialog = document.getElementById("keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.id = "keys";
      dialog.setAttribute("aria-labelledby", "keys-title");
      const title = document.createElement("h2"), list = document.createElement("dl"), close = document.createElement("button");
      title.id = "keys-title";
      title.textContent = "Keys";
      list.className = "keys";
      for (const [key, does] of KEYS) {
        const term = document.createElement("dt"), says = document.createElement("dd"), kbd = document.createElement("kbd");
        kbd.textContent = key;
        term.append(kbd);
        says.textContent = does;
        list.append(term, says);
      }
      close.type = "button";
      close.className = "btn";
      close.dataset.closeKeys = "";
      close.textContent = "Close";
      dialog.append(title, list, close);
      document.body.append(dialog);
    }
    dialog.showModal();
  };

  const focus = (step) => {
    step?.querySelector("button.btn:not(:disabled), summary, a")?.focus();
    step?.scrollIntoView({ block: "nearest" });
  };
  const KEY = {
    "/": seek,
    "?": help,
    j: (steps, here) => focus(steps[here < 0 ? 0 : here + 1]),
    k: (steps, here) => focus(steps[here < 0 ? 0 : here - 1]),
    n: (steps, here) => {
      const red = steps.filter((s) => s.querySelector(":scope > .glyph .g.fail"));
      focus(red.find((s) => steps.indexOf(s) > here) ?? red[0]);
    },
    r: (steps, here) => steps[here]?.querySelector(".bar button[hx-post^='/press']:not(:disabled)")?.click(),
    c: (steps, here) => (steps[here] ?? document).querySelector("[data-copy]")?.click(),
  };
  let before = 0; // when g was pressed
  document.addEventListener("keydown", (e) => {
    const held = e.ctrlKey || e.metaKey || e.altKey;
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k" && search()) {
      e.preventDefault();
      seek();
      return;
    }
    if (search()?.open) { among(e); return; }
    if (held || document.querySelector("dialog[open]") || e.target.closest?.("input, textarea, select")) return;
    const after = performance.now() - before < 1500 ? { h: ".brand", w: ".nav a[href^='/waiting']" }[e.key] : "";
    before = e.key === "g" ? performance.now() : 0;
    if (after) { document.querySelector(after)?.click(); return; }
    const steps = [...document.querySelectorAll(".step")];
    const does = Object.hasOwn(KEY, e.key) && KEY[e.key];
    if (!does) return;
    e.preventDefault();
    does(steps, steps.findIndex((s) => s.contains(document.activeElement)));
  });
})();
