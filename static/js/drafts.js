// SPDX-License-Identifier: Apache-2.0
// Forms that are kept on the phone as they are typed and go out by themselves, exactly once.
// form[data-jd-draft=KIND]; [data-jd-unsent] shows what waits; [data-jd-kept] says that it is kept;
// form[data-jd-leave] signs out and asks first. Works without the service worker; without this
// script, or where the browser keeps nothing, the form is an ordinary one.
(() => {
  "use strict";
  const box = window.jdOutbox;
  if (!box || !window.indexedDB) return;

  const account = document.querySelector("meta[name=jd-account]")?.content ?? "";
  const SKIP = new Set(["_csrf", "upload_ticket"]);
  const tab = box.newId();
  const adopted = new WeakMap(); // form → its draft
  let usable = true;
  // The shell of an office, unlike the phone's and the public one, names no body class.
  const OFFICE = !document.body.className;
  const HERE = OFFICE ? "本机" : "手机";
  const THIS = OFFICE ? "这台设备" : "这部手机";

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const button = (text, kind, work) => {
    const made = make("button", `btn btn-${kind}`, text);
    made.type = "button";
    made.addEventListener("click", work);
    return made;
  };
  // Asks once more in its own place.
  const sure = (text, kind, work) =>
    button(text, kind, async (event) => {
      const asked = event.currentTarget;
      if (asked.dataset.sure) return work();
      asked.dataset.sure = "1";
      asked.textContent = `真的${text}`;
    });
  const here = () => location.pathname + location.search;

  // --- what is typed ---------------------------------------------------------------------------

  const keyField = (form) => form.querySelector("input[data-jd-once]");
  const saidFields = (form) => [...form.querySelectorAll("input[data-jd-said-at]")].map((each) => each.name);

  function fieldsOf(form, submitter) {
    const once = keyField(form)?.name;
    const said = new Set(saidFields(form));
    const own = [];
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || SKIP.has(name) || name === once || said.has(name)) continue;
      if (name.endsWith("__uploads")) continue;
      own.push([name, value]);
    }
    if (submitter?.name) own.push([submitter.name, submitter.value]);
    return own;
  }

  function refill(form, draft) {
    // Another way led here (a scanned card, say): what the page itself filled in stands.
    const other = draft.page !== here() && location.search !== "";
    const left = new Map();
    for (const [name, value] of draft.fields) left.set(name, [...(left.get(name) ?? []), value]);
    for (const field of form.elements) {
      if (!field.name || SKIP.has(field.name) || field.type === "file" || field.type === "submit") continue;
      if (field.matches("[data-jd-once], [data-jd-said-at]") || field.name.endsWith("__uploads")) continue;
      const values = left.get(field.name);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values?.includes(field.value) ?? false;
      else if (values?.length && !(other && field.value && field.value === (field.defaultValue ?? field.value)))
        field.value = values.shift();
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // What was written in words, each with the name of its field: readable without its form.
  const labelOf = (field) => (field.labels?.[0]?.firstChild?.textContent ?? field.getAttribute("aria-label") ?? "").trim();
  const wordsOf = (form) =>
    [...form.querySelectorAll("textarea, input[type=text], input[type=tel], input:not([type])")]
      .filter((each) => each.name && each.value.trim())
      .map((each) => [labelOf(each), each.value]);

  const titleOf = (form) => {
    const page = document.title.split(" · ")[0];
    const typed = [...form.querySelectorAll("textarea, input[type=text], input:not([type])")];
    const words = typed.map((each) => each.value.trim().split("\n")[0]).find(Boolean) ?? "";
    return words ? `${page}：${words.slice(0, 24)}` : page;
  };

  function kept(form, text) {
    if (!text && !document.querySelector("[data-jd-kept]")) text = "未发送";
    const place = document.querySelector("[data-jd-kept]");
    if (place) place.textContent = text;
    let line = form.querySelector(":scope > .jd-kept");
    if (!place && !line) {
      line = make("p", "jd-kept jd-sub");
      line.setAttribute("role", "status");
      form.prepend(line);
    }
    if (line) line.textContent = text;
  }

  function failed(form, error) {
    usable = false;
    console.warn(error);
    kept(form, "手机没有地方存草稿，请填完就提交");
  }

  // --- keeping ---------------------------------------------------------------------------------

  let timer = 0;

  async function save(form) {
    const draft = adopted.get(form);
    if (!draft || !usable || draft.gone) return;
    draft.fields = fieldsOf(form);
    draft.words = wordsOf(form);
    draft.title = titleOf(form);
    draft.at = Date.now();
    draft.tab = tab;
    draft.stored = true;
    try {
      await box.put("drafts", { ...draft });
      kept(form, `草稿已存在${HERE}上`);
      box.tell({ kind: "typed", id: draft.id, tab });
      window.navigator.storage?.persist?.().catch(() => {});
    } catch (error) {
      failed(form, error);
    }
  }

  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element && event.target.closest("form[data-jd-draft]");
    if (!form || !adopted.has(form)) return;
    adopted.get(form).state = "typing";
    window.clearTimeout(timer);
    timer = window.setTimeout(() => save(form), 250);
    adopted.get(form).dirty = true;
  });
  document.addEventListener("jd:files", (event) => {
    const form = event.target.closest?.("form[data-jd-draft]");
    if (form && adopted.has(form)) save(form);
  });
  const flush = () => {
    for (const form of document.querySelectorAll("form[data-jd-draft]")) if (adopted.get(form)?.dirty) save(form);
  };
  window.addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") flush();
    else sendWaiting();
  });

  // On a page kept some days ago "today" is no longer the day it was drawn; it is no earlier one
  // either, whatever a clock that runs behind says. The server judges by its own.
  let old = false;

  function today(form) {
    const typed = adopted.get(form)?.stored;
    const now = new Date();
    const day = new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    for (const field of form.querySelectorAll("input[type=date]")) {
      // Or the browser would let nothing later than the day it was drawn be sent.
      if (field.max && field.max < day) field.max = day;
      if (!typed && field.value && field.value === field.defaultValue && field.value < day) field.value = day;
    }
  }

  async function adopt(form) {
    if (adopted.has(form)) return;
    const kind = form.dataset.jdDraft;
    const once = keyField(form);
    const fresh = {
      id: once?.value || box.newId(),
      account,
      kind,
      once: once?.value ?? "",
      onceName: once?.name ?? "",
      action: new URL(form.action).pathname + new URL(form.action).search,
      page: here(),
      title: titleOf(form),
      fields: [],
      saidAt: saidFields(form),
      state: "typing",
      reason: "",
      begun: Date.now(),
      at: Date.now(),
    };
    let draft = fresh;
    try {
      const mine = (await box.draftsOf(account)).filter((each) => each.kind === kind);
      const asked = new URLSearchParams(location.hash.slice(1)).get("draft");
      const same = mine.find((each) => each.id === fresh.id);
      const open = same ?? mine.find((each) => each.id === asked) ?? mine.filter((each) => each.state === "typing").at(-1);
      if (open) {
        draft = { ...open, action: fresh.action, saidAt: fresh.saidAt };
        if (once) once.value = draft.once || once.value;
        const refused = document.querySelector(".jd-errbox") !== null;
        // After a refusal the server shows what was typed.
        if (!refused) refill(form, draft);
        if (draft.page === here() || refused) draft.page = here();
        const why = draft.state === "refused" ? draft.reason : "";
        if (draft.state !== "typing") {
          draft.state = "typing";
          await box.put("drafts", draft);
        }
        draft.stored = true;
        // The answer just given says what is to be mended; a second word about a last time would
        // read as if this were another form.
        if (refused) kept(form, `草稿已存在${HERE}上`);
        else restored(form, draft, why);
      } else if (once && document.querySelector(".jd-errbox") === null) {
        // A page kept on the phone is opened more than once: each draft has a key of its own.
        once.value = draft.once = draft.id = box.newId();
      }
    } catch (error) {
      failed(form, error);
    }
    adopted.set(form, draft);
    if (old) today(form);
    form.dispatchEvent(new CustomEvent("jd:draft", { bubbles: true, detail: draft }));
    form.dataset.jdReady = "1";
  }

  function note(form, text, tone, ...buttons) {
    const made = make("div", `jd-note${tone ? ` jd-note--${tone}` : ""} jd-note--said`);
    made.setAttribute("role", tone === "red" ? "alert" : "status");
    const words = make("p", "jd-grow", text);
    made.append(words, ...buttons);
    form.parentElement.querySelector(":scope > .jd-note--said")?.remove();
    form.before(made);
    return made;
  }

  function restored(form, draft, why) {
    kept(form, `草稿已存在${HERE}上`);
    const made = note(
      form,
      why ? `没有收下：${why}内容已经填回来，改好再提交。` : "上次没有提交的内容已经填回来。",
      why ? "red" : "",
      button("不要了，重新填", "text", async () => {
        draft.gone = true;
        const mine = adopted.get(form);
        if (mine) mine.gone = true;
        await box.drop(draft.id);
        box.tell({ kind: "changed", id: draft.id });
        location.replace(here());
        location.reload();
      }),
    );
    made.dataset.jdRestored = "";
  }

  // --- sending ---------------------------------------------------------------------------------

  const tokensOf = (form) => ({
    csrf: form.querySelector("input[name=_csrf]")?.value ?? "",
    ticket: form.querySelector("input[name=upload_ticket]")?.value ?? "",
  });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !adopted.has(form) || !usable) return;
      // Before the handlers of ordinary forms; htmx and double submits are looked after here.
      event.preventDefault();
      event.stopImmediatePropagation();
      submit(form, event.submitter);
    },
    true,
  );

  function buttonsOf(form) {
    const own = [...form.elements].filter((each) => each.type === "submit");
    return own;
  }

  async function submit(form, submitter) {
    const draft = adopted.get(form);
    if (form.dataset.jdSent || draft.gone) return;
    form.dataset.jdSent = "1";
    window.clearTimeout(timer);
    for (const each of buttonsOf(form)) each.setAttribute("aria-busy", "true");
    const free = () => {
      delete form.dataset.jdSent;
      for (const each of buttonsOf(form)) each.removeAttribute("aria-busy");
    };
    const media = [...form.querySelectorAll("[data-jd-media]")];
    const wrong = media.map((each) => each.dataset.jdProblem).find(Boolean);
    if (wrong) {
      note(form, wrong, "red");
      return free();
    }
    draft.fields = fieldsOf(form, submitter);
    draft.words = wordsOf(form);
    draft.title = titleOf(form);
    draft.at = draft.finished = Date.now();
    draft.state = "waiting";
    draft.reason = "";
    draft.dirty = false;
    try {
      await box.put("drafts", { ...draft });
    } catch (error) {
      failed(form, error);
      free();
      form.requestSubmit(submitter);
      return;
    }
    for (const each of media) each.dispatchEvent(new CustomEvent("jd:hold"));
    const answer = await box.send(draft.id, {
      tokens: tokensOf(form),
      progress: (file, sent, size) =>
        kept(form, file ? `正在发送${file.label || "文件"} ${Math.floor((100 * sent) / size)}%` : "正在提交"),
    });
    for (const each of media) each.dispatchEvent(new CustomEvent("jd:release"));
    free();
    await landed(form, draft, answer);
  }

  async function landed(form, draft, answer) {
    if (answer.state === "done") {
      draft.gone = true;
      if (answer.to) return location.assign(answer.to);
      if (show(answer.html)) await box.remove("done", draft.id);
      return;
    }
    if (answer.state === "refused") {
      const now = await box.read("drafts", draft.id);
      if (now) await box.put("drafts", { ...now, state: "typing", reason: "" });
      draft.state = "typing";
      if (answer.html && show(answer.html, draft)) return;
      note(form, answer.reason, "red");
      kept(form, `草稿已存在${HERE}上`);
      return;
    }
    if (answer.state === "gone") return other(form, "");
    if (answer.state === "busy") return;
    queued(form, draft, answer);
  }

  // The answer's main part takes the place of this page's, its scripts stay.
  function show(html, draft) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    const main = answer.querySelector("main");
    if (!main || (draft && !main.querySelector("form[data-jd-draft]"))) return false;
    const put = document.importNode(main, true);
    document.querySelector("main").replaceWith(put);
    document.title = answer.title || document.title;
    window.htmx?.process(put);
    for (const form of put.querySelectorAll("form[data-jd-draft]")) adopt(form);
    document.dispatchEvent(new CustomEvent("jd:page"));
    const first = put.querySelector(".jd-errbox") ?? put.querySelector("h1");
    first?.focus();
    window.scrollTo(0, 0);
    return true;
  }

  function queued(form, draft, answer) {
    const sign = answer.state === "signin";
    const text = sign
      ? `还没有登录。内容存在${THIS}上，用原来的账号登录后自动发出。`
      : `${answer.reason || "没有网络"}。内容存在${THIS}上，信号恢复后自动发出，不会重复。`;
    form.hidden = true;
    const bar = document.querySelector(`.jd-bar:has([form="${CSS.escape(form.id)}"])`);
    if (bar && form.id) bar.hidden = true;
    const made = note(form, text, "offline");
    const row = make("div", "jd-row mt-2");
    row.append(
      button("继续修改", "line", async () => {
        const now = await box.read("drafts", draft.id);
        if (!now) return other(form, "");
        await box.put("drafts", { ...now, state: "typing" });
        draft.state = "typing";
        form.hidden = false;
        if (bar) bar.hidden = false;
        made.remove();
        kept(form, `草稿已存在${HERE}上`);
        unsent();
      }),
    );
    const on = make("a", "btn btn-line", sign ? "去登录" : "回到首页");
    on.href = sign ? `/login?next=${encodeURIComponent(draft.page)}` : "/";
    row.append(on);
    made.querySelector("p").append(row);
    kept(form, "");
    made.tabIndex = -1;
    made.focus();
    window.navigator.serviceWorker?.ready.then((it) => it.sync?.register("jd-drafts")).catch(() => {});
    unsent();
  }

  function other(form, to) {
    form.hidden = true;
    const made = note(form, "这份表已经发出，没有重复提交。", "");
    if (to) {
      const link = make("a", "btn btn-line", "查看");
      link.href = to;
      made.append(link);
    }
  }

  // Refused while the page stood open: the form is there again, with the reason above it.
  function returned(form, draft, now) {
    if (now.state !== "refused" || !form.hidden) return;
    draft.state = "typing";
    form.hidden = false;
    const bar = form.id && document.querySelector(`.jd-bar:has([form="${CSS.escape(form.id)}"])`);
    if (bar) bar.hidden = false;
    note(form, now.reason, "red");
    kept(form, `草稿已存在${HERE}上`);
  }

  // --- what waits --------------------------------------------------------------------------------

  let sending = false;

  async function sendWaiting() {
    if (sending || !usable) return;
    sending = true;
    try {
      const waiting = (await box.draftsOf(account)).filter((each) => each.state === "waiting");
      if (waiting.length) await box.sendAll(account);
      // The page that was left open with one of them says what became of it.
      for (const form of waiting.length ? document.querySelectorAll("form[data-jd-draft]") : []) {
        const draft = adopted.get(form);
        if (!draft || draft.gone || !waiting.some((each) => each.id === draft.id)) continue;
        const now = await box.read("drafts", draft.id);
        if (now) {
          returned(form, draft, now);
          continue;
        }
        draft.gone = true;
        other(form, (await box.read("done", draft.id))?.to ?? "");
        kept(form, "已发出");
      }
    } finally {
      sending = false;
    }
    await unsent();
  }

  const when = (at) => {
    const day = new Date(at);
    const two = (number) => String(number).padStart(2, "0");
    return `${day.getMonth() + 1}月${day.getDate()}日 ${two(day.getHours())}:${two(day.getMinutes())}`;
  };
  const STATES = { waiting: "等信号", refused: "没有收下", typing: "没填完" };

  function openOf(draft) {
    const link = make("a", "btn btn-line btn-sm", "打开");
    link.href = `${draft.page}#draft=${draft.id}`;
    return link;
  }

  function listed(draft) {
    const row = make("li", "jd-unsent__row");
    const words = make("div", "jd-grow");
    words.append(make("b", "", draft.title));
    words.append(make("span", "jd-sub d-block", `${STATES[draft.state]} · ${when(draft.at)}${draft.reason ? ` · ${draft.reason}` : ""}`));
    const acts = make("div", "jd-row");
    acts.append(openOf(draft));
    if (draft.state === "waiting") acts.append(button("现在发", "line btn-sm", sendWaiting));
    acts.append(
      sure("删除", "text btn-sm", async () => {
        await box.drop(draft.id);
        box.tell({ kind: "changed", id: draft.id });
        await unsent();
      }),
    );
    row.append(words, acts);
    return row;
  }

  async function unsent() {
    let drafts = [];
    let done = [];
    try {
      drafts = await box.draftsOf(account);
      done = (await box.all("done")).filter((each) => each.account === account);
    } catch {
      return;
    }
    const waits = drafts.filter((each) => each.state !== "typing");
    chip(waits.length);
    const place = document.querySelector("[data-jd-unsent]");
    if (!place) return;
    const stood = place.querySelector("details")?.open ?? false;
    place.replaceChildren();
    place.hidden = !drafts.length && !done.length;
    if (drafts.length) {
      const made = make("details", "jd-unsent jd-note--offline");
      made.open = stood || location.hash === "#jd-unsent";
      const head = make("summary");
      head.append(make("b", "", waits.length ? `未发送 ${waits.length}` : `草稿 ${drafts.length}`));
      head.append(
        make(
          "span",
          "jd-grow",
          waits.some((each) => each.state === "refused")
            ? "有的没有收下，请打开看看。"
            : waits.length
              ? "信号恢复后自动发出，不会重复。"
              : `没填完的表，存在${THIS}上。`,
        ),
        make("span", "jd-quiet", "查看"),
      );
      const list = make("ul");
      list.append(...drafts.map(listed));
      made.append(head, list);
      place.append(made);
    }
    for (const each of done) {
      const made = make("div", "jd-note");
      made.setAttribute("role", "status");
      const words = make("p", "jd-grow", `已发出：${each.title}（${when(each.at)}）`);
      const row = make("div", "jd-row mt-2");
      words.append(row);
      made.append(words);
      if (each.to) {
        const link = make("a", "btn btn-line btn-sm", "查看");
        link.href = each.to;
        row.append(link);
      } else if (each.html) {
        row.append(button("查看", "line btn-sm", () => show(each.html)));
      }
      row.append(
        button("知道了", "text btn-sm", async () => {
          await box.remove("done", each.id);
          unsent();
        }),
      );
      place.append(made);
    }
  }

  // The page a draft was written on has no form any more: its window ended, it was withdrawn. The
  // words are shown all the same, to copy and to delete, with the photographs and recordings.
  async function orphan() {
    const asked = new URLSearchParams(location.hash.slice(1)).get("draft");
    const main = document.querySelector("main");
    if (!asked || !main || document.querySelector("form[data-jd-draft]")) return;
    const draft = (await box.draftsOf(account)).find((each) => each.id === asked);
    if (!draft) return;
    const said = draft.words ?? draft.fields.filter(([, value]) => /[^\x21-\x7e]/.test(value)).map(([, value]) => ["", value]);
    const card = make("section", "card jd-orphan");
    card.setAttribute("aria-labelledby", "h-orphan");
    const head = make("div", "card-header");
    const title = make("h2", "card-title", "你写下的内容");
    title.id = "h-orphan";
    head.append(title);
    const body = make("div", "card-body jd-stack");
    const why = draft.state === "refused" && draft.reason ? `没有收下：${draft.reason}` : "这份表现在打不开。";
    body.append(make("p", "", `${why}内容还在${THIS}上，可以复制到别处用，不要了再删除。`));
    for (const [label, value] of said) {
      const one = make("div");
      if (label) one.append(make("p", "jd-sub mb-1", label));
      one.append(make("p", "jd-pre jd-clause mb-0", value));
      body.append(one);
    }
    for (const file of await box.filesOf(draft.id)) {
      const link = make("a", "btn btn-line", `保存${file.label || file.name}`);
      link.href = URL.createObjectURL(file.blob);
      link.download = file.name;
      body.append(link);
    }
    const told = make("p", "jd-sub mb-0");
    told.setAttribute("role", "status");
    const acts = make("div", "jd-row");
    if (said.length)
      acts.append(
        button("复制文字", "primary", async () => {
          const text = said.map(([label, value]) => (label ? `${label}\n${value}` : value)).join("\n\n");
          told.textContent = (await copied(text, card)) ? "已复制。" : "没能复制，请长按上面的文字复制。";
        }),
      );
    acts.append(
      sure("删除", "line", async () => {
        await box.drop(draft.id);
        box.tell({ kind: "changed", id: draft.id });
        card.replaceChildren(make("p", "card-body mb-0", "已删除。"));
        await unsent();
      }),
    );
    body.append(acts, told);
    card.append(head, body);
    (main.querySelector(".jd-error") ?? main).append(card);
  }

  // Without a certificate the browser offers no clipboard; the older way works there too.
  async function copied(text, place) {
    try {
      await window.navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = make("textarea");
      field.value = text;
      place.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  // In the bar of every page of the phone shell.
  function chip(count) {
    const bar = document.querySelector(".jd-phone .jd-top__in");
    if (!bar) return;
    let made = bar.querySelector(".jd-unsent-chip");
    if (!count) return made?.remove();
    if (!made) {
      made = make("a", "jd-unsent-chip ms-auto");
      made.href = "/#jd-unsent";
      bar.append(made);
    }
    made.textContent = `未发送 ${count}`;
  }

  // A receipt that was read on the page it led to needs no note any more.
  async function seen() {
    for (const each of await box.all("done"))
      if (each.account === account && each.to && new URL(each.to, location.origin).pathname === location.pathname)
        await box.remove("done", each.id);
  }

  box.channel?.addEventListener("message", ({ data }) => {
    for (const form of document.querySelectorAll("form[data-jd-draft]")) {
      const draft = adopted.get(form);
      if (draft?.id !== data.id || draft.gone) continue;
      if (data.kind === "done") {
        draft.gone = true;
        other(form, data.to);
      } else if (data.kind === "changed") {
        box.read("drafts", draft.id).then((now) => now && returned(form, draft, now));
      } else if (data.kind === "typed" && data.tab !== tab && !form.hidden) {
        note(
          form,
          "同一份表也在另一个页面里填着，后改的会盖掉先改的。",
          "yellow",
          button("用那边的内容", "line btn-sm", async () => {
            const now = await box.read("drafts", draft.id);
            if (now) refill(form, now);
            form.parentElement.querySelector(":scope > .jd-note--said")?.remove();
          }),
        );
      }
    }
    unsent();
  });

  // --- leaving -----------------------------------------------------------------------------------

  function ask(form, drafts) {
    const dialog = make("dialog", "jd-dialog");
    dialog.setAttribute("aria-labelledby", "jd-leave-title");
    const title = make("h2", "h3", `还有 ${drafts.length} 份没有发出`);
    title.id = "jd-leave-title";
    const text = make("p", "", `留下的话，它们存在${THIS}上，只有用同一个账号登录后才会发出，别人看不到。`);
    const go = () => {
      dialog.remove();
      form.dataset.jdAsked = "1";
      form.requestSubmit();
    };
    const row = make("div", "jd-stack");
    row.append(
      button("先不退出", "primary", () => {
        dialog.close();
        dialog.remove();
      }),
      button("退出，留着草稿", "line", go),
      button("退出，并删除草稿", "stop", async () => {
        for (const each of drafts) await box.drop(each.id);
        go();
      }),
    );
    dialog.append(title, text, row);
    document.body.append(dialog);
    dialog.showModal();
  }

  const worker = window.isSecureContext ? window.navigator.serviceWorker : undefined;
  let keeper;
  worker?.ready.then((it) => (keeper = it)).catch(() => {});

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !form.matches("form[data-jd-leave], form[action='/logout']")) return;
      if (form.dataset.jdAsked) {
        // Not only the one in control: a page opened while it was being installed has none.
        (keeper?.active ?? worker?.controller)?.postMessage({ kind: "leave" });
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      (async () => {
        let drafts = [];
        try {
          drafts = await box.draftsOf(account);
          for (const each of await box.all("done")) if (each.account === account) await box.remove("done", each.id);
        } catch {
          drafts = [];
        }
        if (drafts.length) return ask(form, drafts);
        form.dataset.jdAsked = "1";
        form.requestSubmit();
      })();
    },
    true,
  );

  // --- beginning ---------------------------------------------------------------------------------

  worker?.addEventListener("message", ({ data }) => {
    if (data?.kind === "send") sendWaiting();
    if (data?.kind === "offline") {
      old = true;
      for (const form of document.querySelectorAll("form[data-jd-draft]")) if (adopted.has(form)) today(form);
      const at = data.at ? when(Date.parse(data.at)) : "上次";
      const made = make("div", "jd-note jd-note--offline jd-note--old");
      made.setAttribute("role", "status");
      made.append(make("p", "", `没有网络。这是 ${at} 读过的内容。`));
      document.querySelector("main")?.prepend(made);
    }
  });
  worker?.startMessages?.();
  if (worker && document.body.classList.contains("jd-phone"))
    worker.register("/sw.js", { updateViaCache: "none" }).catch((error) => console.info(String(error)));

  const ahead = [...document.querySelectorAll("[data-jd-keep]")].map((each) => each.dataset.jdKeep);
  // The list itself too: on the first visit the worker was not there yet to see it pass.
  if (worker && ahead.length && account)
    worker.ready.then((it) => it.active?.postMessage({ kind: "keep", urls: [...ahead, location.pathname] })).catch(() => {});

  // Pages of everybody that go with this one; they are kept without an account.
  const open = [...document.querySelectorAll("[data-jd-open]")].flatMap((each) => each.dataset.jdOpen.split(" "));
  if (worker && open.length) worker.ready.then((it) => it.active?.postMessage({ kind: "open", urls: open })).catch(() => {});

  window.addEventListener("online", sendWaiting);
  window.setInterval(sendWaiting, 30000);
  (async () => {
    await Promise.all([...document.querySelectorAll("form[data-jd-draft]")].map(adopt));
    await orphan().catch((error) => console.warn(error));
    await seen().catch(() => {});
    await sendWaiting();
  })().catch((error) => console.warn(error));

  window.jdDrafts = Object.freeze({ of: (form) => adopted.get(form), save, refresh: unsent });
})();
