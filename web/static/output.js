// What can be done with an output: find in it, copy it, see it on the whole window, follow it. Each is there without a script in another
// form: the page of its lines, where "Find" leads.
(() => {
  "use strict";

  const at = (e, selector) => e.target instanceof Element ? e.target.closest(selector) : null;
  const log = (inside) => inside.closest(".views").querySelector("pre.log");

  // Follow: an output that is scrolled up stays where it is read; the button goes to its end again.
  const follow = (box) => {
    const button = box.closest(".views")?.querySelector("[data-follow]");
    button?.setAttribute("aria-pressed", String(Math.abs(box.scrollTop) < 8)); // its beginning is its end
  };
  document.addEventListener("scroll", (e) => { if (e.target.matches?.("pre.log")) follow(e.target); }, { capture: true, passive: true });

  const copy = async (button) => {
    const views = button.closest(".views"), printed = views.querySelector(".printed"), word = button.textContent;
    const all = async () => {
      if (!printed.querySelector(".cut")) return printed.textContent;
      return (await fetch(`${views.querySelector(".download").getAttribute("href")}?plain=true`)).text(); // the page has its end only
    };
    try {
      await navigator.clipboard.writeText(await all());
      button.textContent = "Copied";
    } catch { button.textContent = "Not copied"; }
    setTimeout(() => { button.textContent = word; }, 1200);
  };

  // The whole window is a popover of the results: they stay where they are on the page, and go on.
  const full = (views) => {
    const body = views.parentElement, button = views.querySelector("[data-full]");
    body.style.minHeight = `${body.offsetHeight}px`;
    views.popover = "auto";
    views.showPopover();
    button.textContent = "Close full screen";
    views.addEventListener("toggle", function closed(e) {
      if (e.newState !== "closed") return;
      views.removeEventListener("toggle", closed);
      views.removeAttribute("popover");
      body.style.minHeight = "";
      const now = views.querySelector("[data-full]");
      if (now) { now.textContent = "Full screen"; now.focus({ preventScroll: true }); }
    });
  };

  // Find marks without touching what is there, so that what is streamed in stays as it is.
  const MOST = 1000;
  let finder = null, ranges = [], here = -1;
  const clear = () => { CSS.highlights?.delete("found"); CSS.highlights?.delete("found-here"); ranges = []; here = -1; };
  const go = (by) => {
    const say = finder.querySelector("output");
    if (!ranges.length) {
      say.textContent = finder.elements.q.value ? "none here" : "";
      return;
    }
    here = (here + by + ranges.length) % ranges.length;
    say.textContent = `${here + 1} of ${ranges.length}${ranges.length === MOST ? "+" : ""}`;
    CSS.highlights?.set("found-here", new Highlight(ranges[here]));
    const box = log(finder), line = ranges[here].getBoundingClientRect(), seen = box.getBoundingClientRect();
    if (line.top < seen.top + 48 || line.bottom > seen.bottom) box.scrollTop += line.top - seen.top - seen.height / 2;
    if (line.left < seen.left || line.right > seen.right) box.scrollLeft += line.left - seen.left - seen.width / 2;
  };
  const find = () => {
    const words = finder.elements.q.value.toLowerCase();
    clear();
    if (words) {
      const printed = log(finder).querySelector(".printed"), nodes = [], walker = document.createTreeWalker(printed, NodeFilter.SHOW_TEXT);
      let text = "";
      for (let node; (node = walker.nextNode());) { nodes.push([text.length, node]); text += node.data; }
      const lower = text.toLowerCase();
      if (lower.length === text.length) text = lower; // else some letter has another length, and its case counts
      const place = (offset) => {
        let low = 0, high = nodes.length - 1;
        while (low < high) { const middle = (low + high + 1) >> 1; if (nodes[middle][0] <= offset) low = middle; else high = middle - 1; }
        return [nodes[low][1], offset - nodes[low][0]];
      };
      for (let i = text.indexOf(words); i >= 0 && ranges.length < MOST; i = text.indexOf(words, i + words.length)) {
        const range = document.createRange();
        range.setStart(...place(i));
        const [node, offset] = place(i + words.length - 1);
        range.setEnd(node, offset + 1);
        ranges.push(range);
      }
      CSS.highlights?.set("found", new Highlight(...ranges));
      here = ranges.length; // the newest first
    }
    go(-1);
  };
  const close = () => {
    if (!finder) return;
    const link = finder.closest(".views").querySelector(".find-in");
    finder.hidden = true;
    finder = null;
    clear();
    link?.focus({ preventScroll: true });
  };
  const open = (views) => {
    if (finder) close();
    finder = views.querySelector(".finder");
    if (!finder) return false;
    finder.hidden = false;
    finder.elements.q.focus({ preventScroll: true });
    finder.elements.q.select();
    if (finder.elements.q.value) find();
    return true;
  };
  let soon = 0;
  const later = () => { clearTimeout(soon); soon = setTimeout(() => { if (finder?.isConnected) find(); }, 120); };

  document.addEventListener("click", (e) => {
    const link = at(e, ".find-in"), button = at(e, ".tools button, .finder button");
    if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey && CSS.highlights && open(link.closest(".views"))) e.preventDefault();
    if (!button) return;
    if (button.matches("[data-copy-output]")) copy(button);
    if (button.matches("[data-follow]")) { log(button).scrollTop = 0; follow(log(button)); }
    if (button.matches("[data-find]")) go(Number(button.dataset.find));
    if (button.matches("[data-find-close]")) close();
    if (button.matches("[data-full]")) {
      const views = button.closest(".views");
      if (views.matches(":popover-open")) views.hidePopover(); else full(views);
    }
  });
  document.addEventListener("input", (e) => { if (at(e, ".finder")) later(); });
  document.addEventListener("keydown", (e) => {
    if (!finder || !at(e, ".finder")) return;
    if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); close(); }
    if (e.key === "Enter" && e.target === finder.elements.q && ranges.length) { e.preventDefault(); go(e.shiftKey ? 1 : -1); }
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    if (finder && !finder.isConnected) { finder = null; clear(); }
  });
})();
