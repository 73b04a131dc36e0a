// SPDX-License-Identifier: Apache-2.0
// The paper while somebody sits. Every answer becomes a numbered act in this computer's storage
// first and is sent then; the server takes each number once, so sending again is always safe.
// A cut line or a browser that is started again loses nothing. The time is the server's.
(() => {
  "use strict";
  const form = document.querySelector("[data-exam]");
  if (!form) return;
  const attempt = form.dataset.attempt;
  const STORE = `jiandu-exam-${attempt}`;
  const MANY = 200;
  const BEAT = 15000;
  const PATIENCE = 10000;
  const RESCUE_AFTER = 60000;
  const find = (name) => document.querySelector(`[data-exam-${name}]`);
  const line = find("line");
  const banner = find("banner");
  const clock = find("time");
  const rescue = find("rescue");

  const fresh = {
    epoch: Number(form.dataset.epoch),
    next: Number(form.dataset.next),
    queue: [],
    answers: {},
    ahead: Number(form.dataset.now) - Date.now(),
    until: Number(form.dataset.until),
  };
  let stored = null;
  try {
    stored = JSON.parse(localStorage.getItem(STORE));
  } catch {
    stored = null;
  }
  const it = { ...fresh };
  if (stored && stored.epoch === fresh.epoch) {
    it.next = Math.max(fresh.next, stored.next);
    it.queue = stored.queue;
    it.answers = stored.answers;
    // A page that a worker kept brings an old moment, which makes the server's clock seem slow;
    // the end only ever moves on. The next answer of the server sets both right.
    it.ahead = Math.max(fresh.ahead, stored.ahead);
    it.until = Math.max(fresh.until, stored.until);
  } else if (stored) {
    // Released and signed in again here: what never arrived counts where nothing stands.
    for (const act of stored.queue) {
      if (act.kind === "answer" && !values(act.q).length) it.queue.push({ ...act, n: it.next++ });
    }
  }

  let sending = null;
  let wait = 1000;
  let timer = 0;
  let cut = 0;
  let over = false;
  let ended = false;
  let heard = performance.now();

  function keep() {
    try {
      localStorage.setItem(STORE, JSON.stringify(it));
    } catch {
      say("这台电脑存不下答案，请举手。", true);
    }
  }

  function now() {
    return Date.now() + it.ahead;
  }

  // --- controls ------------------------------------------------------------------------------

  function controls(q) {
    return [...form.querySelectorAll(`[name="q${q}"]`)];
  }

  function values(q) {
    const all = controls(q);
    if (all[0]?.type === "text") return all[0].value.trim() ? [all[0].value.trim()] : [];
    return all.filter((one) => one.checked).map((one) => one.value);
  }

  function show(q, answer) {
    for (const one of controls(q)) {
      if (one.type === "text") one.value = answer[0] ?? "";
      else one.checked = answer.includes(one.value);
    }
  }

  function mark(q) {
    const link = document.querySelector(`[data-exam-nav="${q}"]`);
    if (!link) return;
    link.classList.toggle("is-done", values(q).length > 0);
    link.classList.toggle("is-waiting", it.queue.some((act) => act.q === q));
  }

  function answer(q) {
    const a = values(q);
    it.queue = it.queue.filter((act) => act.q !== q || act.kind !== "answer" || act.flying);
    it.queue.push({ n: it.next++, q, a, kind: "answer", seconds: 0 });
    it.answers[q] = a;
    keep();
    mark(q);
    send();
  }

  // --- the line ------------------------------------------------------------------------------

  function say(text, bad) {
    line.textContent = bad ? (cut ? "网络断开" : "请看提示") : text;
    banner.hidden = !bad;
    if (bad) banner.textContent = text;
  }

  function state() {
    const waiting = it.queue.filter((act) => act.kind === "answer").length;
    find("waiting").textContent = String(waiting);
    if (ended) return;
    if (cut) {
      say(`网络断开。请继续作答，${waiting} 个答案存在这台电脑上，恢复后自动补交。`, true);
      rescue.hidden = !(waiting && (over || Date.now() - cut > RESCUE_AFTER));
    } else {
      say(waiting ? "正在保存…" : "答案已保存", false);
      rescue.hidden = true;
    }
  }

  async function post(acts) {
    const patience = new AbortController();
    const alarm = setTimeout(() => patience.abort(), PATIENCE);
    try {
      return await fetch("/exams/sit/answers", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ acts: acts.map(({ n, q, a, kind, seconds }) => ({ n, q, a, kind, seconds })) }),
        signal: patience.signal,
        cache: "no-store",
      });
    } finally {
      clearTimeout(alarm);
    }
  }

  function stop(text) {
    ended = true;
    say(text, true);
    for (const each of form.querySelectorAll("input, button")) each.disabled = true;
    // What never arrived from here goes into a file; the other computer knows nothing of it.
    const waiting = it.queue.filter((act) => act.kind === "answer").length;
    find("waiting").textContent = String(waiting);
    rescue.hidden = !waiting;
  }

  async function once(most) {
    const acts = it.queue.slice(0, most);
    for (const act of acts) act.flying = true;
    let reply;
    try {
      const response = await post(acts);
      if (response.status >= 500 || response.status === 429) throw new Error("server");
      reply = { status: response.status, body: await response.json() };
    } catch {
      for (const act of acts) delete act.flying;
      cut ||= Date.now();
      return false;
    }
    for (const act of acts) delete act.flying;
    cut = 0;
    wait = 1000;
    heard = performance.now();
    if (reply.status === 401) {
      stop("这份答卷已在另一台电脑登录，或者由监考员释放、作废。请举手。");
      return false;
    }
    if (reply.status === 409 && reply.body.state !== "over") {
      finished();
      return false;
    }
    if (reply.status === 409) {
      over = true;
      finished();
      return false;
    }
    if (reply.status >= 400) {
      // One act that cannot be taken must not hold up the others.
      if (acts.length > 1) return (await once(1)) && once(most);
      it.queue = it.queue.filter((act) => !acts.includes(act));
      keep();
      return true;
    }
    const taken = new Set(acts);
    it.queue = it.queue.filter((act) => !taken.has(act));
    it.ahead = reply.body.now - Date.now();
    if (reply.body.until) it.until = reply.body.until;
    it.next = Math.max(it.next, reply.body.last + 1);
    keep();
    for (const act of acts) if (act.kind === "answer") mark(act.q);
    return true;
  }

  function send() {
    if (ended) return Promise.resolve(false);
    if (sending) return sending;
    clearTimeout(timer);
    sending = (async () => {
      let good = true;
      do good = await once(MANY);
      while (good && it.queue.length);
      return good;
    })().finally(() => {
      sending = null;
      state();
      if (ended) return;
      timer = setTimeout(send, cut ? wait : BEAT);
      if (cut) wait = Math.min(wait * 2, 15000);
    });
    state();
    return sending;
  }

  function finished() {
    ended = true;
    location.replace("/exams/sit/done");
  }

  // --- time ----------------------------------------------------------------------------------

  function tick() {
    const left = Math.max(0, Math.ceil((it.until - now()) / 1000));
    const minutes = Math.floor(left / 60);
    clock.textContent = `${minutes}:${String(left % 60).padStart(2, "0")}`;
    clock.classList.toggle("is-near", left <= 300);
    if (left === 0 && !over) {
      over = true;
      hand();
    }
  }

  async function hand() {
    await send();
    if (ended) return;
    if (!it.queue.length && !cut) {
      form.action = "/exams/sit/submit";
      ended = true;
      form.submit();
      return;
    }
    state();
    rescue.hidden = false;
    say("网络断开，还有答案没有送到。恢复后会自动补交；一直不恢复，请保存密封文件并举手。", true);
  }

  // --- the sealed file, when nothing else is left -----------------------------------------------

  function seal() {
    if (!window.crypto?.subtle) {
      say("这个浏览器不能做密封文件（需要 HTTPS）。请不要关闭页面，举手。", true);
      return;
    }
    window.jianduSeal(attempt, it.epoch, form.dataset.key, form.dataset.name, it.queue);
  }

  // --- begin ---------------------------------------------------------------------------------

  for (const [q, a] of Object.entries(it.answers)) show(q, a);
  for (const act of it.queue) if (act.kind === "answer") show(act.q, act.a);
  for (const each of document.querySelectorAll("[data-exam-question]")) mark(Number(each.dataset.examQuestion));
  keep();

  // Words that are typed become an answer when the writer pauses, goes on to another field or
  // leaves the page. Each field waits by itself: going on quickly must not cost the first one.
  const typing = new Map();
  function settle(q) {
    clearTimeout(typing.get(q));
    typing.delete(q);
    if ((it.answers[q] ?? [])[0] !== values(q)[0] && (values(q).length || it.answers[q])) answer(q);
  }
  function settleAll() {
    for (const each of document.querySelectorAll('[data-kind="fill"]')) settle(Number(each.dataset.examQuestion));
  }
  form.addEventListener("change", (event) => {
    const box = event.target.closest("[data-exam-question]");
    if (!box) return;
    const q = Number(box.dataset.examQuestion);
    if (event.target.type === "text") settle(q);
    else answer(q);
  });
  form.addEventListener("input", (event) => {
    const box = event.target.closest("[data-exam-question]");
    if (!box || event.target.type !== "text") return;
    const q = Number(box.dataset.examQuestion);
    clearTimeout(typing.get(q));
    typing.set(q, setTimeout(() => settle(q), 700));
  });
  window.addEventListener("pagehide", settleAll);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    settleAll();
    if (!event.submitter?.matches("[data-exam-submit]")) return;
    await send();
    if (it.queue.length) await send();
    if (ended) return;
    if (it.queue.length || cut) {
      say("还有答案没有送到，现在不能交卷。网络恢复后再交；到时会自动交卷。", true);
      return;
    }
    form.action = "/exams/sit/submit";
    event.submitter.removeAttribute("formaction");
    ended = true;
    form.submit();
  });
  document.querySelector("details.jd-confirm")?.addEventListener("toggle", () => {
    const open = [...document.querySelectorAll("[data-exam-question]")].filter(
      (each) => !values(Number(each.dataset.examQuestion)).length,
    ).length;
    find("open").textContent = open ? `还有 ${open} 题没有作答。交卷以后不能再改。` : "全部作答了。交卷以后不能再改。";
  });
  find("file").addEventListener("click", seal);

  // Leaving the page is written down, nothing more.
  let left = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      settleAll();
      left = Date.now();
    } else if (left) {
      it.queue.push({ n: it.next++, q: -1, a: [], kind: "blur", seconds: Math.round((Date.now() - left) / 1000) });
      left = 0;
      keep();
      send();
    }
  });
  window.addEventListener("online", send);
  window.addEventListener("offline", () => {
    cut ||= Date.now();
    state();
  });

  if (navigator.serviceWorker) {
    navigator.serviceWorker
      .register("/exams/sit/worker.js", { scope: "/exams/sit/" })
      .then(() => navigator.serviceWorker.ready)
      .then((ready) => {
        const paths = ["/exams/sit/paper"];
        for (const each of document.querySelectorAll("link[rel=stylesheet], script[src], main img")) {
          const url = new URL(each.href ?? each.src);
          if (url.origin === location.origin) paths.push(url.pathname);
        }
        ready.active?.postMessage({ keep: "paper", paths });
      })
      .catch(() => {});
  }
  setInterval(tick, 500);
  setInterval(() => {
    if (!cut && performance.now() - heard > 2 * BEAT) send();
    state();
  }, 5000);
  tick();
  send();
})();
