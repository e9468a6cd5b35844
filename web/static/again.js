// What the server did not take is sent again for a while, and the page says so. What was typed stays where it is until the
// answer says that it is kept. A press has a key, and a note that is there already is not written twice, so that nothing is
// done twice where only the answer was lost.
(() => {
  "use strict";

  const WAITS = [2, 4, 8, 16, 30]; // seconds before each further try
  const AWAY = new Set([502, 503, 504]); // what servers, and proxies before them, answer while nobody takes it

  const tries = new WeakMap(); // how often it was sent again, by the form or button
  let pending = null; // what is sent again next: its element, its timer, its message

  const forget = () => {
    if (!pending) return;
    clearTimeout(pending.timer);
    pending.message.remove();
    pending.mark?.remove();
    pending = null;
  };
  const say = (element, text, more) => {
    const message = document.createElement("p");
    message.className = "message";
    message.setAttribute("role", "alert");
    const span = document.createElement("span");
    span.textContent = text;
    message.append(span);
    if (more) {
      const stop = document.createElement("button");
      stop.type = "button";
      stop.className = "btn";
      stop.textContent = "Stop trying";
      stop.addEventListener("click", () => { forget(); tries.delete(element); });
      message.append(stop);
    }
    const dialog = element.closest("dialog");
    if (dialog) dialog.prepend(message); // it lies over everything else
    else document.getElementById("said")?.replaceChildren(message);
    return message;
  };

  document.addEventListener("htmx:config:request", (e) => { if (pending?.element === e.detail.ctx.sourceElement) forget(); });
  document.addEventListener("htmx:finally:request", (e) => {
    const ctx = e.detail.ctx, element = ctx?.sourceElement, response = ctx?.response;
    if (!element?.isConnected || ctx.request?.method?.toUpperCase() !== "POST") return;
    if (response ? !AWAY.has(response.status) : ctx.request.signal?.aborted && ctx.request.signal.reason !== "timeout") {
      tries.delete(element);
      return;
    }
    const n = tries.get(element) ?? 0, wait = WAITS[n];
    // Where it was pressed, too: the message may be out of sight.
    const bar = element.closest(".card")?.querySelector(".bar");
    const mark = bar && document.createElement("p");
    if (mark) {
      for (const old of bar.parentElement.querySelectorAll(":scope > .unsent")) old.remove();
      mark.className = "unsent";
      mark.textContent = wait ? `Not sent. Trying again in ${wait} s.` : "Not sent: try again.";
      bar.after(mark);
    }
    const ours = response?.headers?.get?.("Opsbook-Request") && document.querySelector("#said .message span")?.textContent;
    const why = ours || "The server does not answer.";
    forget();
    if (!wait) {
      tries.delete(element);
      say(element, `Not sent. ${why} It was tried ${n + 1} times and is not sent again. What you typed is still here.`);
      return;
    }
    tries.set(element, n + 1);
    const message = say(element, `Not sent. ${why} Trying again in ${wait} s. What you typed is still here.`, true);
    const submitter = ctx.sourceEvent?.submitter ?? null;
    const timer = setTimeout(() => {
      forget();
      if (!element.isConnected) return;
      if (element instanceof HTMLFormElement) element.requestSubmit(submitter?.isConnected ? submitter : null);
      else element.click();
    }, wait * 1000);
    pending = { element, timer, message, mark };
  });
})();
