// SPDX-License-Identifier: Apache-2.0
// Comforts of the whole page. Everything here works without script too: menus are <details>,
// notices are text. Attributes: data-jd-pop (floating details), data-jd-close, data-jd-dismiss,
// data-jd-print, data-jd-all (select the page), data-jd-toast.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("jd-js");

  const FLOATING = "details[data-jd-pop], details.jd-confirm, details.jd-ledger:not(.jd-ledger--in)";

  function closeFloating(except) {
    for (const open of document.querySelectorAll(FLOATING)) {
      if (open.open && open !== except && !(except && open.contains(except))) open.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const close = target.closest("[data-jd-close]");
    if (close) {
      const sheet = close.closest("details");
      if (sheet) {
        sheet.open = false;
        sheet.querySelector("summary").focus();
      }
      return;
    }
    const dismiss = target.closest("[data-jd-dismiss]");
    if (dismiss) dismiss.closest(".jd-toast, .jd-said")?.remove();
    if (target.closest("[data-jd-print]")) window.print();
    closeFloating(target.closest(FLOATING));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = event.target instanceof Element && event.target.closest(FLOATING);
      closeFloating(null);
      if (open) open.querySelector("summary")?.focus();
    }
    const typing =
      event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.querySelector(".jd-find input");
      if (find && find.offsetParent) {
        event.preventDefault();
        find.focus();
        find.select();
      }
    }
  });

  // A sheet hangs from the right edge of its button; where that would push it out of the page or
  // over the menu, from the left edge. Without script the stylesheet decides by where it stands.
  function place(sheet) {
    const box = sheet.querySelector(":scope > .jd-confirm__sheet");
    if (!box || getComputedStyle(box).position !== "absolute") return;
    const page = (document.getElementById("main") ?? root).getBoundingClientRect();
    const inside = (side) => {
      sheet.classList.remove("jd-confirm--start", "jd-confirm--end");
      sheet.classList.add(`jd-confirm--${side}`);
      const seen = box.getBoundingClientRect();
      return seen.left >= page.left && seen.right <= root.clientWidth;
    };
    if (!inside("end") && !inside("start")) inside(page.left > 0 ? "end" : "start");
  }
  for (const open of document.querySelectorAll("details.jd-confirm[open]")) place(open);

  // Where a row of sections is wider than a phone, it stands at the section the page belongs to.
  for (const row of document.querySelectorAll(".jd-tabs, .jd-seg")) {
    const here = row.querySelector("[aria-current]");
    if (!here || row.scrollWidth <= row.clientWidth) continue;
    const [seen, own] = [row.getBoundingClientRect(), here.getBoundingClientRect()];
    if (own.left < seen.left || own.right > seen.right) {
      row.scrollLeft += own.left + own.width / 2 - seen.left - seen.width / 2;
    }
  }

  // A sheet that opens takes the focus to its first field, so a keyboard need not search for it.
  document.addEventListener(
    "toggle",
    (event) => {
      const sheet = event.target;
      if (!(sheet instanceof HTMLDetailsElement) || !sheet.open) return;
      if (sheet.matches("details.jd-confirm")) {
        closeFloating(sheet);
        place(sheet);
        sheet.querySelector("textarea, input:not([type=hidden]), select")?.focus();
      }
    },
    true,
  );

  document.addEventListener("change", (event) => {
    const all = event.target;
    if (!(all instanceof HTMLInputElement) || !all.matches("[data-jd-all]")) return;
    for (const box of all.closest("table").querySelectorAll("tbody input[type=checkbox]:not(:disabled)")) {
      box.checked = all.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // Done-notices leave after six seconds; failures and lamps stay until somebody closes them.
  function age(notice) {
    if (notice.dataset.jdToast === "done") window.setTimeout(() => notice.remove(), 6000);
  }
  const alerts = document.getElementById("jd-alerts");

  function toast(text, red) {
    if (!alerts) return;
    const notice = document.createElement("div");
    notice.className = red ? "jd-toast jd-toast--red" : "jd-toast";
    notice.setAttribute("role", red ? "alert" : "status");
    notice.dataset.jdToast = red ? "red" : "done";
    const words = document.createElement("span");
    words.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.jdDismiss = "";
    button.textContent = "关闭";
    notice.append(words, button);
    alerts.append(notice);
    age(notice);
  }
  window.jiandu = Object.freeze({ toast });

  document.addEventListener("htmx:after:swap", () => {
    for (const notice of alerts?.querySelectorAll("[data-jd-toast]") ?? []) age(notice);
    // The focus follows the content: to the error box if there is one, else to the new heading.
    const wrong = document.querySelector(".jd-errbox");
    if (wrong && !wrong.dataset.jdSeen) {
      wrong.dataset.jdSeen = "1";
      wrong.focus();
    }
  });
  // Whether somebody is there: a page left open on a desk must not keep its session awake.
  let acted = 0;
  for (const kind of ["input", "keydown", "pointerdown", "scroll"])
    window.addEventListener(kind, () => (acted = Date.now()), { capture: true, passive: true });
  document.addEventListener("htmx:config:request", (event) => {
    const headers = event.detail?.ctx?.request?.headers;
    if (headers && Date.now() - acted < 125000) headers["JD-Active"] = "1";
  });

  // The session is over, as this page learns by asking for its counts. Nobody reads on here at a
  // desk that was left; but a page with typed words stays, and says so.
  let typed = false;
  for (const kind of ["input", "trix-change"])
    document.addEventListener(kind, (event) => {
      const form = event.target instanceof Element && event.target.closest("form");
      if (form && form.method === "post") typed = true;
    });
  let told = false;
  document.addEventListener("jd:signed-out", (event) => {
    const door = event.detail?.door ?? "";
    if (!typed && door.startsWith("/login?")) location.assign(door);
    else if (!told) toast("很久没有操作，已自动退出。填的内容还在这一页上，保存或提交时会请你重新登录。", true);
    told = true;
  });

  document.addEventListener("htmx:error", (event) => {
    const source = event.target;
    // Counts that are asked for in the background save nothing; the next time will do.
    if (source instanceof Element && source.matches("[hidden]")) return;
    if (source instanceof Element && source.matches(".jd-lazy")) {
      source.removeAttribute("aria-busy");
      source.querySelector(".jd-skels")?.remove();
      return; // its visible link remains
    }
    toast("没有存上，网络断了。你填的内容还在，可以再试一次。", true);
  });

  // Sections of a long menu stay as somebody left them while he walks from page to page; that of
  // the page itself is opened by the server. The counts bring the whole menu anew.
  const FOLD = "jd-fold:";
  function fold(arrived) {
    for (const section of document.querySelectorAll("details[data-jd-fold]")) {
      const key = FOLD + section.dataset.jdFold;
      if (arrived && section.querySelector("[aria-current]")) sessionStorage.removeItem(key);
      const left = sessionStorage.getItem(key);
      if (left !== null) section.open = left === "open";
    }
  }
  document.addEventListener("click", (event) => {
    const summary = event.target instanceof Element && event.target.closest("[data-jd-fold] > summary");
    if (!summary) return;
    const section = summary.parentElement;
    // The click comes before the section turns.
    sessionStorage.setItem(FOLD + section.dataset.jdFold, section.open ? "closed" : "open");
  });
  document.addEventListener("htmx:after:swap", () => fold(false));
  fold(true);

  // What a link is about, while the pointer or the focus rests on it: it stays while the pointer is
  // in it, and Escape closes it. Attribute: data-jd-peek (the path of a partial).
  const PEEK = "jd-peek";
  const known = new Map();
  let peeking = null;
  let soon = 0;

  function endPeek() {
    window.clearTimeout(soon);
    document.getElementById(PEEK)?.remove();
    peeking?.removeAttribute("aria-describedby");
    peeking = null;
  }

  async function wordsOf(path) {
    if (!known.has(path)) {
      const answer = await fetch(path, { headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return "";
      known.set(path, await answer.text());
    }
    return known.get(path);
  }

  async function peek(link) {
    peeking = link;
    const words = await wordsOf(link.dataset.jdPeek).catch(() => "");
    if (!words || peeking !== link || !link.isConnected) return;
    const box = document.createElement("div");
    box.id = PEEK;
    box.className = "jd-peek";
    box.setAttribute("role", "tooltip");
    box.innerHTML = words;
    // Within the landmark of the page, so that it belongs to what is read.
    (document.getElementById("main") ?? document.body).append(box);
    const at = link.getClientRects()[0] ?? link.getBoundingClientRect();
    const from = box.offsetParent?.getBoundingClientRect() ?? document.body.getBoundingClientRect();
    const left = Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - 8);
    const below = at.bottom + box.offsetHeight + 8 < window.innerHeight || at.top < box.offsetHeight + 8;
    box.style.left = `${Math.max(8, left) - from.left}px`;
    box.style.top = `${(below ? at.bottom + 4 : at.top - box.offsetHeight - 4) - from.top}px`;
    link.setAttribute("aria-describedby", PEEK);
  }

  function rest(event) {
    const on = event.target instanceof Element ? event.target : null;
    if (on?.closest(`#${PEEK}`)) return window.clearTimeout(soon);
    const link = on?.closest("a[data-jd-peek]");
    if (link === peeking && link) return window.clearTimeout(soon);
    window.clearTimeout(soon);
    if (link) soon = window.setTimeout(() => (endPeek(), peek(link)), event.type === "focusin" ? 0 : 300);
    else if (peeking) soon = window.setTimeout(endPeek, 300);
  }
  // A finger opens the page itself.
  document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && rest(event));
  document.addEventListener("focusin", rest);
  document.addEventListener("keydown", (event) => event.key === "Escape" && endPeek());
  document.addEventListener("htmx:before:swap", endPeek);

  document.querySelector(".jd-errbox")?.focus();
})();
