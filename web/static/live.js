// Keeps the page live, and says so when it is not. The stream is htmx's (hx-sse); this watches over it: what comes through
// is counted, and where nothing does the page asks by itself until the stream is there again.
(() => {
  "use strict";

  const BEAT = 22000; // two heartbeats of the server (web/stream.go) and some
  const FIRST = 4000; // a stream that is there says so at once
  const ASK = 5000; // how often a page without a stream asks

  const stream = () => document.getElementById("stream");
  let connection = null; // htmx's, of the stream as it is now
  let position = ""; // what the page has seen: the id of the newest message that was shown
  let asked = ""; // the position at which the stream that is being opened was asked for
  let received = performance.now(); // when something came through the stream last
  let opened = received;
  let alive = false;
  let asking = false;

  // A frame has time for so much, in milliseconds: what comes at once is drawn one after another, and never stops the page.
  const SPEND = 4;
  let frame = null, began = 0; // what ends when the frame that is being filled was drawn, and when the first message of it came
  const room = async () => {
    while (frame && performance.now() - began > SPEND) await frame;
    if (frame) return;
    began = performance.now();
    frame = new Promise((go) => {
      const late = setTimeout(go, 100); // a window that is not drawn has no frames
      requestAnimationFrame(() => { clearTimeout(late); setTimeout(go); });
    }).then(() => { frame = null; });
  };

  const say = (word) => {
    const sign = document.getElementById("live");
    if (sign && sign.textContent !== word) sign.textContent = word;
    document.body.classList.toggle("stale", word === "not live");
  };
  // Nothing is known any more: neither the stream nor a question gets through. What is on the page is old, and says so.
  let fresh = new Date(); // when something got through last
  const lost = (is) => {
    if (!is) fresh = new Date();
    const banner = document.getElementById("lost");
    if (!banner || document.body.classList.contains("lost") === is) return;
    document.body.classList.toggle("lost", is);
    const time = banner.querySelector("time");
    time.dateTime = fresh.toISOString();
    time.textContent = fresh.toLocaleTimeString();
    banner.hidden = !is;
    // Those that have nothing to do for another reason stay so when the page is live again.
    const those = is ? ":is(form[hx-post] button, button[hx-post]):not([aria-disabled])" : "[data-lost]";
    for (const button of document.querySelectorAll(those)) {
      button.toggleAttribute("data-lost", is);
      if (is) button.setAttribute("aria-disabled", "true"); else button.removeAttribute("aria-disabled");
    }
  };
  // The person is signed out: the server answers nothing more, and says where they sign in. The page stays as it is, with what was typed,
  // and is live again when they have signed in elsewhere in the browser.
  const out = (is) => {
    const banner = document.getElementById("signed-out");
    if (!banner || banner.hidden !== is) return;
    if (is) lost(true);
    document.getElementById("lost").hidden = is || !document.body.classList.contains("lost");
    banner.querySelector("a").href = `/sign-in?back=${encodeURIComponent(location.pathname + location.search)}`;
    banner.hidden = !is;
  };
  const receive = () => { received = performance.now(); alive = true; out(false); lost(false); say("live"); };
  const lose = () => { alive = false; if (stream()) { say(still()); ask(); } };
  const still = () => turn || document.body.classList.contains("lost") ? "not live" : `every ${ASK / 1000} s`;

  // A browser has six connections for all its pages to a server of HTTP/1.1, and pages and presses need some of them: of the pages that
  // are seen so many hold a stream, those that were looked at last. The others ask. Each page tells the others that it is there, and
  // counts for itself.
  const MOST = 4, SILENT = 3 * ASK;
  const me = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const seen = new Map(); // other pages that are seen: since when they are looked at, and when they said so
  let turn = true, since = Date.now();
  const channel = new BroadcastChannel("opsbook-stream");
  const count = () => {
    const now = Date.now();
    for (const [page, other] of seen) if (now - other.said > SILENT) seen.delete(page);
    const before = [...seen].filter(([page, other]) => other.since > since || other.since === since && page > me).length;
    const had = turn;
    turn = before < MOST;
    if (had && !turn) connection?.reader?.cancel();
    if (!had && turn && !document.hidden) htmx.trigger(stream(), "turn");
  };
  const tell = (word) => channel.postMessage({ page: me, word, since });
  const shares = () => {
    if (!stream() || performance.getEntriesByType("navigation")[0]?.nextHopProtocol !== "http/1.1") return;
    channel.onmessage = ({ data: { page, word, since: looked } }) => {
      if (word === "leave") seen.delete(page); else seen.set(page, { since: looked, said: Date.now() });
      if (word === "who" && !document.hidden) tell("here");
      count();
    };
    const look = () => { since = Date.now(); tell("who"); count(); };
    if (!document.hidden) look();
    addEventListener("focus", look);
    addEventListener("pageshow", (e) => { if (e.persisted) look(); });
    addEventListener("pagehide", () => tell("leave"));
    document.addEventListener("visibilitychange", () => { if (document.hidden) tell("leave"); else look(); });
    setInterval(() => { if (!document.hidden) { tell("here"); count(); } }, ASK);
  };
  addEventListener("DOMContentLoaded", shares);

  document.addEventListener("htmx:config:request", (e) => {
    if (e.target?.id === "stream" && !turn) { e.preventDefault(); return; }
    const request = e.detail.ctx.request;
    if (e.target?.id === "stream" && position) request.headers["Last-Event-ID"] = position;
    if (e.target?.id === "stream") { asked = position; opened = performance.now(); }
    // A page that is live is told of a press by its stream; one that is not asks for the step in the answer.
    else if (alive) request.headers["Opsbook-Live"] = "true";
  });
  document.addEventListener("htmx:sse:before:connection", (e) => {
    const next = e.detail.connection;
    if (!turn) { next.cancelled = true; return; }
    if (connection === next) { // again, after it was lost
      if (position) next.lastEventId = position;
      asked = position;
      opened = performance.now();
      if (!document.hidden) lose();
    }
    connection = next;
    next.at = asked;
  });
  document.addEventListener("beat", receive);
  document.addEventListener("goodbye", lose);
  document.addEventListener("signed-out", () => { alive = false; say("not live"); out(true); });
  document.addEventListener("htmx:sse:before:message", (e) => {
    const from = e.detail.connection, id = e.detail.message.id;
    if (from.at !== position) { // the page has gone on without this stream: begin another from where it is
      e.detail.cancelled = true;
      from.reader?.cancel();
      return;
    }
    if (!e.detail.message.event) {
      if (id) position = from.at = id;
      e.detail.waitUntil(room());
    }
    receive();
  });
  for (const name of ["htmx:sse:error", "htmx:sse:close"]) document.addEventListener(name, lose);
  document.addEventListener("htmx:error", (e) => { if (e.target?.id === "stream") lose(); });
  // A name was given: the stream is opened again with it.
  document.addEventListener("opsbook:named", () => connection?.reader?.cancel());

  // Ask for what came since, in an answer that ends.
  const ask = async () => {
    if (asking) return;
    asking = true;
    const before = position;
    try {
      const headers = { "HX-Request": "true" };
      if (position) headers["Last-Event-ID"] = position;
      const address = `${stream().getAttribute("hx-sse:connect")}&once=true`;
      const response = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(ASK) });
      const text = response.ok ? await response.text() : "";
      lost(!response.ok && !alive);
      out(response.status === 401 && !alive);
      if (response.ok && !alive && position === before) {
        position = response.headers.get("Opsbook-Position") ?? position;
        if (text) await htmx.swap({ sourceElement: stream(), target: stream(), text, swap: "none" });
      }
    } catch { // the next time
      if (!alive) lost(true);
    } finally { asking = false; }
  };
  document.addEventListener("click", (e) => { if (e.target.closest?.("[data-ask]")) { connection?.reader?.cancel(); ask(); } });
  setInterval(() => {
    if (!stream() || document.hidden) return;
    const now = performance.now();
    if (alive && now - received > BEAT) { lose(); connection?.reader?.cancel(); }
    if (!alive && now - opened > FIRST) say(still());
  }, 500);
  setInterval(() => { if (stream() && !document.hidden && !alive && performance.now() - received > FIRST) ask(); }, ASK);

  // A tab that comes back to the foreground catches up.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { received = opened = performance.now(); alive = false; } });

  document.addEventListener("htmx:after:swap", () => {
    const log = document.getElementById("timeline");
    while (log?.childElementCount > 300) log.lastElementChild.remove();
  });
})();
