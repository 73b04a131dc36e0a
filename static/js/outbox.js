// SPDX-License-Identifier: Apache-2.0
// What is kept on this device until it has been sent: drafts of forms and their files, and the
// sending itself. Used by pages (drafts.js, media.js) and by the service worker (sw.js), so it
// touches no document. Nothing here decides twice: each form carries a key the server remembers.
(() => {
  "use strict";

  const NAME = "jiandu";
  const STORES = { drafts: "id", files: "id", done: "id" };
  // A piece is answered before the next one goes, so a broken line costs at most one piece.
  const PIECE = 512 * 1024;
  const LARGE_PIECE = 4 * 1024 * 1024;
  const TICKET_HOURS = 18;
  const HOUR = 3600000;

  // Comes again later by itself / needs the person / the account is not signed in.
  class Later extends Error {}
  class Refused extends Error {
    constructor(text, html) {
      super(text);
      this.html = html || "";
    }
  }
  class SignedOut extends Error {}
  class Stale extends Error {}

  // --- the store -------------------------------------------------------------------------------

  let opening = null;

  function open() {
    opening ??= new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        for (const [name, keyPath] of Object.entries(STORES)) {
          const store = asked.result.createObjectStore(name, { keyPath });
          if (name === "files") store.createIndex("draft", "draft");
        }
      };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => {
          asked.result.close();
          opening = null;
        };
        resolve(asked.result);
      };
      asked.onerror = () => {
        opening = null;
        reject(asked.error);
      };
    });
    return opening;
  }

  async function act(mode, stores, work) {
    const database = await open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(stores, mode, { durability: "strict" });
      let answer;
      transaction.oncomplete = () => resolve(answer instanceof IDBRequest ? answer.result : undefined);
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      answer = work(...stores.map((name) => transaction.objectStore(name)));
    });
  }

  const read = (store, id) => act("readonly", [store], (it) => it.get(id));
  const put = (store, value) => act("readwrite", [store], (it) => it.put(value));
  const remove = (store, id) => act("readwrite", [store], (it) => it.delete(id));
  const all = (store) => act("readonly", [store], (it) => it.getAll());
  const filesOf = (draft) => act("readonly", ["files"], (it) => it.index("draft").getAll(draft));

  async function draftsOf(account) {
    const found = (await all("drafts")).filter((each) => each.account === account);
    return found.sort((a, b) => a.at - b.at);
  }

  // A draft leaves together with its files, or not at all.
  const drop = (id, told) =>
    act("readwrite", ["drafts", "files", "done"], (drafts, files, done) => {
      drafts.delete(id);
      if (told) done.put(told);
      files.index("draft").getAllKeys(id).onsuccess = (event) => {
        for (const key of event.target.result) files.delete(key);
      };
    });

  const channel = "BroadcastChannel" in self ? new BroadcastChannel("jiandu-drafts") : null;
  const tell = (what) => channel?.postMessage(what);

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
  }

  // One sender per draft in this browser; the server's key guards against all the others.
  function alone(name, work) {
    if (!self.navigator.locks) return work();
    return self.navigator.locks.request(`jiandu-${name}`, { ifAvailable: true }, (lock) => (lock ? work() : null));
  }

  // --- the server ------------------------------------------------------------------------------

  async function ask(url, options = {}) {
    let answer;
    try {
      answer = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "follow", ...options });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Later("没有网络");
    }
    if (answer.status === 429 || answer.status >= 500) throw new Later("平台正忙");
    return answer;
  }

  const WORDS = { amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#39": "'" };
  const plain = (html) =>
    html
      .replace(/<[^>]+>/g, "")
      .replace(/&(amp|lt|gt|quot|#34|#39);/g, (_, name) => WORDS[name])
      .trim();
  const attribute = (html, pattern) => plain(html.match(pattern)?.[1] ?? "");

  // Account, token and ticket as the server gives them now: a kept page may be weeks old. A page
  // that is refused by now (its window ended, say) may still have taken this form the first time;
  // whether it did, only the sending tells.
  async function fresh(draft) {
    const answer = await ask(draft.page, { headers: { Accept: "text/html" } });
    const html = await answer.text();
    const closed = [403, 404, 409, 410].includes(answer.status);
    if (!answer.ok && !closed) throw new Later("平台没有回应");
    const account = attribute(html, /<meta name="jd-account" content="([^"]*)"/);
    if (account !== draft.account) throw new SignedOut("登录后自动发出");
    const tokens = {
      csrf: attribute(html, /name="_csrf" value="([^"]*)"/),
      ticket: attribute(html, /name="upload_ticket" value="([^"]*)"/),
    };
    if (closed && !tokens.csrf) throw new Refused(refusalOf(html) || "平台没有收下这份表，请打开看看。");
    return tokens;
  }

  function said(answer) {
    return answer
      .json()
      .then((body) => body.error || "")
      .catch(() => "");
  }

  function headersOf(tokens, more) {
    const headers = { "X-CSRF-Token": tokens.csrf, ...more };
    if (tokens.ticket) headers["X-Upload-Ticket"] = tokens.ticket;
    return headers;
  }

  async function where(file, tokens) {
    const answer = await ask(file.upload.url, { method: "HEAD", headers: headersOf(tokens) });
    if (answer.status === 401 || answer.status === 403) throw new Stale();
    if (!answer.ok) return null;
    return Number(answer.headers.get("Upload-Offset") ?? 0);
  }

  // Sends what is missing of a file and leaves its key in file.upload. A line that breaks leaves
  // the place where to go on; whoever comes next asks the server first.
  async function upload(file, tokens, { keep, progress, signal } = {}) {
    let at = file.upload ? await where(file, tokens) : null;
    if (at === null) {
      const answer = await ask("/uploads", {
        method: "POST",
        signal,
        headers: headersOf(tokens, { "Content-Type": "application/json" }),
        body: JSON.stringify({ name: file.name, size: file.size, kind: file.kinds || file.kind, purpose: file.purpose }),
      });
      if (answer.status === 401 || answer.status === 403) throw new Stale();
      if (!answer.ok) throw new Refused((await said(answer)) || `“${file.name}”没有收下。`);
      file.upload = await answer.json();
      at = 0;
      await keep?.(file);
    }
    progress?.(at, file.size);
    const size = file.size > 24 * 1024 * 1024 ? LARGE_PIECE : PIECE;
    while (at < file.size) {
      const answer = await ask(file.upload.url, {
        method: "PATCH",
        signal,
        headers: headersOf(tokens, {
          "Content-Type": "application/offset+octet-stream",
          "Upload-Offset": String(at),
        }),
        body: file.blob.slice(at, at + size),
      });
      if (answer.status === 401 || answer.status === 403) throw new Stale();
      if (answer.status === 409) {
        at = await where(file, tokens);
        if (at === null) throw new Later("上传要重新开始");
        continue;
      }
      if (answer.status === 404) {
        file.upload = null;
        return upload(file, tokens, { keep, progress, signal });
      }
      if (!answer.ok) {
        const text = await said(answer);
        file.upload = null;
        await keep?.(file);
        throw new Refused(text || `“${file.name}”没有收下。`);
      }
      at = Number(answer.headers.get("Upload-Offset"));
      progress?.(at, file.size);
    }
    return file.upload.id;
  }

  function formOf(draft, files, tokens) {
    const body = new FormData();
    body.append("_csrf", tokens.csrf);
    if (tokens.ticket) body.append("upload_ticket", tokens.ticket);
    if (draft.once) body.append(draft.onceName || "once", draft.once);
    for (const [name, value] of draft.fields) body.append(name, value);
    for (const name of draft.saidAt || []) body.append(name, new Date(draft.finished || draft.at).toISOString());
    for (const file of files) if (file.upload) body.append(`${file.field}__uploads`, file.upload.id);
    return body;
  }

  // Why it was refused: above the form that came back, or on the page that came instead of it.
  function refusalOf(html) {
    const box = html.match(/id="jd-errbox"[\s\S]*?<\/ul>/)?.[0] ?? html.match(/class="jd-error"[\s\S]*?<div class="jd-row/)?.[0] ?? "";
    const said = (name) => Array.from(box.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g")), (each) => plain(each[1])).join("");
    return said("li") || said("p");
  }

  async function attempt(draft, tokens, options) {
    const files = await filesOf(draft.id);
    // Without an account, uploads belong to the ticket they were made with.
    if (tokens.ticket) {
      if (draft.ticket && Date.now() - draft.ticketAt < TICKET_HOURS * HOUR) {
        tokens = { ...tokens, ticket: draft.ticket };
      } else {
        draft.ticket = tokens.ticket;
        draft.ticketAt = Date.now();
        for (const file of files) file.upload = null;
        await put("drafts", draft);
      }
    }
    for (const file of files) {
      await upload(file, tokens, {
        keep: (it) => put("files", it),
        progress: (sent, size) => options.progress?.(file, sent, size),
      });
      await put("files", file);
    }
    options.progress?.(null, 1, 1);
    const answer = await ask(draft.action, {
      method: "POST",
      headers: { "HX-Request": "true", "HX-Request-Type": "full", "X-CSRF-Token": tokens.csrf, Accept: "text/html" },
      body: formOf(draft, files, tokens),
    });
    const to = answer.headers.get("HX-Redirect") || "";
    if (/^\/(login|password|roles)\b/.test(to)) throw new SignedOut("登录后自动发出");
    const html = await answer.text();
    // A page put in the place of the whole body is no result: the session has ended, or its form.
    const instead = answer.headers.get("HX-Retarget") === "body" || /<input[^>]+type="password"/.test(html);
    if (instead && html.includes('action="/login"')) throw new SignedOut("登录后自动发出");
    if (instead) throw new Stale();
    if (answer.ok && (to || !html.includes('id="jd-errbox"'))) return { to, html };
    if (answer.status === 401) throw new SignedOut("登录后自动发出");
    if (answer.status === 403 && !html.includes("jd-errbox")) throw new Stale();
    throw new Refused(refusalOf(html) || "平台没有收下这份表，请打开看看。", html);
  }

  // Ends in one of: {state: "done", to, html}, {state: "later"|"signin"|"refused", reason, html}.
  async function send(id, options = {}) {
    const result = await alone(`send-${id}`, async () => {
      const draft = await read("drafts", id);
      if (!draft) return { state: "gone" };
      try {
        let tokens = options.tokens ?? (await fresh(draft));
        let answer;
        try {
          answer = await attempt(draft, tokens, options);
        } catch (error) {
          if (!(error instanceof Stale)) throw error;
          tokens = await fresh(draft);
          answer = await attempt(draft, tokens, options).catch((again) => {
            throw again instanceof Stale ? new Refused("这份表现在不能提交，请打开看看。") : again;
          });
        }
        await drop(id, {
          id,
          account: draft.account,
          title: draft.title,
          to: answer.to,
          html: answer.to ? "" : answer.html,
          at: Date.now(),
        });
        tell({ kind: "done", id, to: answer.to });
        return { state: "done", ...answer };
      } catch (error) {
        const state = error instanceof Refused ? "refused" : error instanceof SignedOut ? "signin" : "later";
        if (state === "later" && !(error instanceof Later)) console.warn(error);
        // Written onto what is stored now: the person may have typed on meanwhile.
        const now = await read("drafts", id);
        if (now) {
          now.state = state === "refused" ? "refused" : "waiting";
          now.reason = state === "later" && !(error instanceof Later) ? "没有发出去" : error.message;
          await put("drafts", now);
        }
        tell({ kind: "changed", id });
        return { state, reason: error.message, html: error.html || "" };
      }
    });
    return result ?? { state: "busy" };
  }

  // Everything that waits, oldest first. One refusal does not hold up the others.
  async function sendAll(account) {
    for (const draft of (await all("drafts")).sort((a, b) => a.at - b.at)) {
      if (draft.state !== "waiting" || (account !== undefined && draft.account !== account)) continue;
      const { state } = await send(draft.id);
      if (state === "later") return;
    }
  }

  self.jdOutbox = Object.freeze({
    open, read, put, remove, all, filesOf, draftsOf, drop, newId, fresh, upload, send, sendAll, channel, tell,
    Refused, Later, Stale,
  });
})();
