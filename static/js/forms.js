// SPDX-License-Identifier: Apache-2.0
// Forms that lose nothing: no double submit, a warning before leaving with unsaved words, typed
// text kept for this tab (a crash, a time-out, a slip of the back button), size of files checked
// before they travel. form[data-jd-guard] asks for the warning and the keeping.
(() => {
  "use strict";

  const KEEP = "jd-draft:";
  const SKIP = new Set(["hidden", "password", "file", "submit", "button"]);
  const forms = () => document.querySelectorAll("form[data-jd-guard]");
  // By where it is sent, not by its id: the next step of a case stands in a form of the same id.
  const keyOf = (form) => `${KEEP}${location.pathname}#${form.getAttribute("action") || form.id || ""}`;

  function typed(form) {
    const values = [];
    for (const field of form.elements) {
      if (!field.name || SKIP.has(field.type) || field.disabled) continue;
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.checked) values.push([field.name, field.value]);
      } else {
        values.push([field.name, field.value]);
      }
    }
    return JSON.stringify(values);
  }

  function refill(form, text) {
    const left = JSON.parse(text);
    for (const field of form.elements) {
      if (!field.name || SKIP.has(field.type)) continue;
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = left.some(([name, value]) => name === field.name && value === field.value);
      } else {
        const at = left.findIndex(([name]) => name === field.name);
        if (at >= 0) field.value = left.splice(at, 1)[0][1];
      }
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function store(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, value);
    } catch {
      // A full or forbidden store only costs the comfort.
    }
  }

  function offer(form, key, text) {
    const note = document.createElement("div");
    note.className = "jd-note jd-note--offline";
    note.setAttribute("role", "status");
    const words = document.createElement("p");
    words.className = "jd-grow";
    words.textContent = "上次在这里填了没有提交的内容，还留着。";
    const take = document.createElement("button");
    take.type = "button";
    take.className = "btn btn-line btn-sm";
    take.textContent = "填回来";
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "btn btn-text btn-sm";
    drop.textContent = "不要了";
    take.addEventListener("click", () => {
      refill(form, text);
      note.remove();
    });
    drop.addEventListener("click", () => {
      store(key, null);
      note.remove();
    });
    note.append(words, take, drop);
    form.before(note);
  }

  const clean = new WeakMap();

  function watch(form) {
    if (clean.has(form)) return;
    clean.set(form, typed(form));
    const key = keyOf(form);
    let kept = null;
    try {
      kept = sessionStorage.getItem(key);
    } catch {
      return;
    }
    const refused = document.querySelector(".jd-errbox") !== null;
    const accepted = document.querySelector(".jd-said:not(.jd-said--red)") !== null;
    if (kept === null || kept === clean.get(form)) return;
    if (refused || accepted)
      store(key, null); // the server shows what was typed, or has taken it
    else offer(form, key, kept);
  }

  const dirty = (form) =>
    form.isConnected && clean.has(form) && !form.dataset.jdSent && typed(form) !== clean.get(form);

  let timer = 0;
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element && event.target.closest("form[data-jd-guard]");
    if (!form) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => store(keyOf(form), dirty(form) ? typed(form) : null), 400);
  });

  window.addEventListener("beforeunload", (event) => {
    for (const form of forms()) {
      if (dirty(form)) {
        event.preventDefault();
        event.returnValue = "";
        return;
      }
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    if (form.method === "get" || form.dataset.jdUpload !== undefined) return;
    if (form.dataset.jdSent) {
      event.preventDefault(); // the first one is on its way
      return;
    }
    form.dataset.jdSent = "1";
    const button = event.submitter ?? form.querySelector("[type=submit]");
    // After this event, so that the pressed button's own name and value are still sent.
    window.setTimeout(() => button?.setAttribute("aria-busy", "true"), 300);
    window.setTimeout(() => free(form), 20000);
  });

  function free(form) {
    delete form.dataset.jdSent;
    for (const button of form.elements) button.removeAttribute?.("aria-busy");
  }
  // Coming back with the back button shows the page as it was left: with a busy button.
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach(free));
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target instanceof Element && event.target.closest("form");
    if (form) free(form);
  });

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "file") return;
    const limit = Number(input.dataset.jdMaxMb || input.form?.dataset.jdMaxMb || 0);
    const big = limit && [...input.files].find((file) => file.size > limit * 1048576);
    input.setCustomValidity(big ? `${big.name} 超过 ${limit} MB，请压缩或分开后再选。` : "");
    if (big) input.reportValidity();
  });

  document.addEventListener("htmx:after:swap", () => forms().forEach(watch));
  forms().forEach(watch);
})();
