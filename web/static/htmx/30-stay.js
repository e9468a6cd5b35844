// What is on the page stays where it is, and as the person left it, when a part of it is drawn again.
(() => {
  "use strict";

  // Parts are morphed. What was typed, and what was opened or closed, is the person's; so is a step's place, below.
  const own = new WeakSet(); // details that the person opened or closed
  document.addEventListener("click", (e) => {
    const summary = e.target instanceof Element && e.target.closest("summary");
    if (summary) own.add(summary.parentElement);
  }, true);
  const TYPED = "input:not([type=hidden], [type=radio], [type=checkbox])";
  const keeps = (element, name, value) => {
    switch (name) {
      case "value": return element.matches(TYPED) && element.value !== element.defaultValue;
      case "open": return own.has(element) || element.matches("dialog");
      case "hidden": return value !== null && element.matches(".body, .finder");
      case "aria-pressed": return element.matches(".tools button");
      case "aria-invalid": case "aria-describedby": return value === null && element.matches(":is(input, select, textarea)[aria-invalid]");
      case "style": case "data-held": case "popover": return element.matches(".views, .body");
    }
    return false;
  };
  htmx.registerExtension("stay", {
    htmx_before_morph_attr: (element, { attrName, newValue }) => !keeps(element, attrName, newValue),
  });

  // The output of a step that prints has one height from its first line on, so that nothing moves below it: the height that its
  // results had before, and at least that of the style. A step that was done before its first line came has its natural one.
  const LEAST = 208; // pixels, the 13rem of css/output.css
  const printing = new WeakSet(); // steps whose output came while they ran
  const height = (step) => {
    const views = step.querySelectorAll(":scope > .card > .body:not([hidden]) > .views > .view");
    return [...views].find((view) => view.checkVisibility())?.offsetHeight ?? 0;
  };
  const reserve = (step, before) => {
    const views = step.querySelector(":scope > .card > .body > .views");
    if (!views) return;
    const runs = step.querySelector(":scope > .card.now");
    if (runs && step.querySelector(".printed")?.firstChild) printing.add(step);
    const least = printing.has(step) ? LEAST : 0;
    if (printing.has(step) || runs && before) {
      views.dataset.held = "";
      views.style.setProperty("--held", `${Math.max(before, least)}px`);
    } else {
      delete views.dataset.held;
      views.removeAttribute("style");
    }
  };

  // Outputs stay short enough for a browser: their beginning goes where there is more than this, in characters and in elements.
  const MOST = 128 << 10, KEEP = 64 << 10, ELEMENTS = 8000;
  const shorten = (printed) => {
    let length = printed.textContent.length;
    const all = printed.getElementsByTagName("*");
    if (length <= MOST && all.length <= ELEMENTS) return;
    const some = all.length > ELEMENTS ? ELEMENTS / 2 : ELEMENTS;
    while ((length > KEEP || all.length > some) && printed.childNodes.length > 1) {
      length -= printed.firstChild.textContent.length;
      printed.firstChild.remove();
    }
    const mark = document.createElement("span");
    mark.className = "lines cut";
    mark.textContent = "… the beginning is in the full output …\n";
    printed.prepend(mark);
  };

  // What is about to be pressed stays where it is in the window, and the focus where it was on the page.
  const PRESSED = "a, button, summary, input, select, textarea, label";
  const about = () => [...document.querySelectorAll(":hover")].at(-1)?.closest(PRESSED) ?? document.activeElement?.closest(PRESSED);
  let anchor = null, top = 0; // what is held in the frame that is being filled, and where in the window it is
  const hold = () => {
    if (anchor || !(anchor = about())) return;
    top = anchor.getBoundingClientRect().top;
    requestAnimationFrame(() => {
      const moved = anchor.isConnected && top > 0 && top < innerHeight ? anchor.getBoundingClientRect().top - top : 0;
      if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: "instant" });
      anchor = null;
    });
  };
  let focused = null, place = ""; // what had the focus last, outside of dialogs, and the step or part that it is in
  document.addEventListener("focusin", (e) => {
    if (e.target.closest("dialog")) return;
    focused = e.target;
    place = focused.closest(".step, #head")?.id ?? "";
  });
  const refocus = () => {
    if (!place || focused?.isConnected || document.activeElement !== document.body) return;
    const at = document.getElementById(place);
    at?.querySelector(".bar .btn:not(:disabled), .actions .btn:not(:disabled)")?.focus({ preventScroll: true });
  };

  // Nobody approves what they asked for themselves: it is not offered.
  const offer = () => {
    for (const button of document.querySelectorAll(".request [data-others]")) {
      const asked = button.closest(".request").dataset, { person, name } = document.body.dataset;
      button.hidden = Boolean(person && person === asked.asker || name && name.toLowerCase() === asked.name.toLowerCase());
    }
  };
  addEventListener("DOMContentLoaded", offer);

  // What went wrong is said where it was done: in the dialog, which lies over everything else, and at the field that it is about.
  const said = (source) => {
    const message = document.querySelector("#said > .message"), dialog = document.querySelector("dialog[open]");
    if (!message) return;
    if (dialog) {
      for (const old of dialog.querySelectorAll(":scope > .message")) old.remove();
      dialog.prepend(message);
    }
    const name = message.dataset.value, names = `[name="p.${CSS.escape(name ?? "")}"], [name="${CSS.escape(name ?? "")}"]`;
    const find = (part) => name && [...part?.querySelectorAll(names) ?? []].find((field) => field.type !== "hidden");
    const field = find(source?.closest?.("form")) || find(dialog) || find(document);
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", message.id);
    field.focus();
  };
  document.addEventListener("input", (e) => {
    if (e.target.getAttribute("aria-describedby") !== "message") return;
    e.target.removeAttribute("aria-invalid");
    e.target.removeAttribute("aria-describedby");
  });
  document.addEventListener("close", (e) => { if (e.target.id === "dialog") setTimeout(refocus); }, true);

  // Of the parts that are being put in: steps with their heights, and outputs that grow.
  let cards = [], grown = [];
  document.addEventListener("htmx:before:swap", (e) => {
    const targets = e.detail.tasks.map((t) => t.target).filter((t) => t instanceof Element);
    cards = targets.filter((t) => t.matches(".step")).map((step) => [step, height(step)]);
    grown = targets.map((t) => t.closest(".printed")).filter(Boolean);
    if (targets.some((t) => t.matches(".step, #page, #head, #meter"))) hold();
  });
  document.addEventListener("htmx:after:swap", (e) => {
    for (const [step, before] of cards) reserve(step, before);
    for (const printed of grown) shorten(printed);
    cards = grown = [];
    offer();
    said(e.detail.ctx?.sourceElement);
    refocus();
  });
})();
