// SPDX-License-Identifier: Apache-2.0
// The service worker. The server puts self.JD = {version, shell} before it.
// Style sheets and scripts: from the cache, their names carry their hash. Pages: from the network;
// without one, as they were last read by this very account. Pages that say the same to everybody
// (laws) are asked for without cookies and kept for whoever holds the phone. Anything else is left
// alone.
(() => {
  "use strict";

  const SHELL = `jd-shell-${self.JD.version}`;
  const PAGES = "jd-pages-";
  const STATE = "jd-state";
  const MARK = "/.jd/account";
  const OPEN = "jd-open";
  const OPEN_FILES = "jd-open-files"; // what those pages are drawn with, also after a new release
  const OPEN_FILE = /\/static\/[^"'\s]+\.[0-9a-f]{12}\.(?:css|js|svg)/g;
  const KEPT = 40; // pages of the account
  const KEPT_OPEN = 60; // pages of everybody
  const FRESH = 12 * 3600000;
  // A phone whose clock is behind would take what the server drew for new until it has caught up.
  const isFresh = (kept) => kept && Math.abs(Date.now() - Date.parse(kept.headers.get("Date") || "")) < FRESH;
  const HASHED = /^\/static\/.+\.[0-9a-f]{12}\.[A-Za-z0-9]+$/;
  const OUTBOX = self.JD.shell.find((url) => url.includes("/js/outbox."));
  if (OUTBOX) self.importScripts(OUTBOX);

  self.addEventListener("install", (event) => {
    event.waitUntil(
      caches
        .open(SHELL)
        .then((cache) => cache.addAll(self.JD.shell))
        .then(() => self.skipWaiting()),
    );
  });

  self.addEventListener("activate", (event) => {
    event.waitUntil(
      (async () => {
        for (const name of await caches.keys())
          if (name.startsWith("jd-shell-") && name !== SHELL) await caches.delete(name);
        await self.clients.claim();
      })(),
    );
  });

  // --- whose pages -----------------------------------------------------------------------------

  async function account() {
    const found = await (await caches.open(STATE)).match(MARK);
    return found ? found.text() : "";
  }

  async function nowIs(mark) {
    if ((await account()) === mark) return;
    for (const name of await caches.keys())
      if (name.startsWith(PAGES) && name !== PAGES + mark) await caches.delete(name);
    const state = await caches.open(STATE);
    if (mark) await state.put(MARK, new Response(mark));
    else await state.delete(MARK);
  }

  async function keep(request, answer) {
    // Another answer than the one kept: this one may have been drawn for somebody.
    if (answer.headers.get("X-Jiandu-Open")) return keepOpen(request.url);
    const mark = answer.headers.get("X-Jiandu-Account") || "";
    // Signed in at a desk or not at all: nothing of anybody stays here.
    await nowIs(mark);
    const said = answer.headers.get("Cache-Control") || "";
    const type = answer.headers.get("Content-Type") || "";
    if (!mark || answer.status !== 200 || answer.redirected || said.includes("no-store") || !type.includes("html")) return;
    const cache = await caches.open(PAGES + mark);
    await cache.delete(request.url, { ignoreVary: true });
    await cache.put(request.url, answer);
    const names = await cache.keys();
    for (const old of names.slice(0, Math.max(0, names.length - KEPT))) await cache.delete(old, { ignoreVary: true });
  }

  // --- pages of everybody ------------------------------------------------------------------------

  async function putOpen(url, answer) {
    const cache = await caches.open(OPEN);
    // The one read last stands last; the first leave.
    await cache.delete(url, { ignoreVary: true });
    await cache.put(url, answer);
    const all = await cache.keys();
    const entries = new Set();
    for (const each of all) {
      const found = await cache.match(each, { ignoreVary: true });
      if (found && (found.headers.get("X-Jiandu-Open") || "-") !== "-") entries.add(each.url);
    }
    const pages = all.filter((each) => !entries.has(each.url));
    for (const old of pages.slice(0, Math.max(0, pages.length - KEPT_OPEN))) await cache.delete(old, { ignoreVary: true });
  }

  async function keepOpen(address) {
    const url = new URL(address, self.location.origin);
    // With a question in it there would be no end of pages.
    if (url.origin !== self.location.origin || url.search) return;
    url.hash = "";
    const old = await (await caches.open(OPEN)).match(url.href, { ignoreVary: true });
    if (isFresh(old)) return putOpen(url.href, old);
    const answer = await fetch(url.href, { credentials: "omit", redirect: "error", headers: { Accept: "text/html" } });
    const open = answer.headers.get("X-Jiandu-Open");
    if (answer.status === 404 || answer.status === 410) await (await caches.open(OPEN)).delete(url.href, { ignoreVary: true });
    if (answer.status !== 200 || !open) return;
    const text = await answer.text();
    const files = [...new Set(text.match(OPEN_FILE) || [])];
    const store = await caches.open(OPEN_FILES);
    for (const file of files) if (!(await store.match(file))) await store.add(file).catch(() => {});
    const headers = { "X-Jiandu-Open": open, "X-Jiandu-Files": files.join(" "), Date: answer.headers.get("Date") || "" };
    for (const name of ["Content-Type", "Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options"])
      if (answer.headers.has(name)) headers[name] = answer.headers.get(name);
    await putOpen(url.href, new Response(text, { headers }));
    await tidyFiles(store);
  }

  async function tidyFiles(store) {
    const cache = await caches.open(OPEN);
    const needed = new Set();
    for (const each of await cache.keys()) {
      const found = await cache.match(each, { ignoreVary: true });
      for (const file of (found?.headers.get("X-Jiandu-Files") || "").split(" ")) needed.add(file);
    }
    for (const each of await store.keys()) if (!needed.has(new URL(each.url).pathname)) await store.delete(each);
  }

  const openPage = async (url) => (await caches.open(OPEN)).match(url, { ignoreVary: true });

  // Where to begin without a line: the titles the server gave, never words of this phone.
  async function entries() {
    const cache = await caches.open(OPEN);
    let links = "";
    for (const each of await cache.keys()) {
      const said = (await cache.match(each, { ignoreVary: true }))?.headers.get("X-Jiandu-Open") || "-";
      if (said === "-") continue;
      const safe = (text) => text.replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`);
      links += `<p><a class="btn btn-line" href="${safe(new URL(each.url).pathname)}">${safe(decodeURIComponent(said))}</a></p>`;
    }
    return links;
  }

  // A form is needed most where there is no line: a list that leads to it has it kept beforehand.
  async function keepAhead(urls) {
    for (const each of urls) {
      const url = new URL(each, self.location.origin);
      if (url.origin !== self.location.origin) continue;
      // On the first visit nothing is kept yet: the answer itself tells whose it is.
      const mark = await account();
      const old = mark ? await (await caches.open(PAGES + mark)).match(url.href, { ignoreVary: true }) : undefined;
      if (isFresh(old)) continue;
      const answer = await fetch(url.href, { credentials: "same-origin", redirect: "error", headers: { Accept: "text/html" } });
      await keep({ url: url.href }, answer);
    }
  }

  const nothing = (links) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>没有网络</title>
<link rel="stylesheet" href="${self.JD.shell.find((url) => url.includes("/tabler.")) || ""}">
<link rel="stylesheet" href="${self.JD.shell.find((url) => url.includes("/css/jiandu.")) || ""}"></head>
<body class="jd-phone"><main class="jd-page" id="main"><h1>没有网络</h1>
<p>这一页没有存在这部手机上，等有了信号再打开。已经填好的内容还在，信号恢复后自动发出。</p>
<p><a class="btn btn-primary" href="/">回到工作台</a></p>${links}</main></body></html>`;

  async function page(event) {
    const { request } = event;
    try {
      const answer = await fetch(request);
      // A redirect tells nothing about the account; the page it leads to does.
      if (answer.type !== "opaqueredirect") event.waitUntil(keep(request, answer.clone()));
      return answer;
    } catch {
      const mark = await account();
      const own = mark ? await (await caches.open(PAGES + mark)).match(request.url, { ignoreVary: true }) : undefined;
      const found = own ?? (await openPage(request.url));
      const client = event.resultingClientId;
      if (found) {
        const at = found.headers.get("Date") || "";
        event.waitUntil(
          self.clients.get(client).then((it) => it?.postMessage({ kind: "offline", at })),
        );
        return found;
      }
      return new Response(nothing(await entries().catch(() => "")), { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
    }
  }

  async function file(request) {
    const kept = await caches.match(request);
    if (kept) return kept;
    const answer = await fetch(request);
    // Other files of this release join the shell's cache and leave with it.
    if (answer.ok && HASHED.test(new URL(request.url).pathname)) (await caches.open(SHELL)).put(request, answer.clone());
    return answer;
  }

  // The page that follows a sign-out must not be answered before the kept pages are gone.
  async function leave(request) {
    const answer = await fetch(request);
    await nowIs("");
    return answer;
  }

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== self.location.origin) return;
    if (request.mode === "navigate" && request.method === "POST" && url.pathname === "/logout") event.respondWith(leave(request));
    else if (request.method !== "GET") return;
    else if (url.pathname.startsWith("/static/")) {
      if (HASHED.test(url.pathname)) event.respondWith(file(request));
    } else if (request.mode === "navigate" && !/^\/(files|uploads|healthz|readyz|metrics)\b/.test(url.pathname))
      event.respondWith(page(event));
  });

  // --- drafts ----------------------------------------------------------------------------------

  async function sendDrafts() {
    if (!self.jdOutbox) return;
    const open = await self.clients.matchAll({ type: "window" });
    // A page that is open shows what happens; without one the worker sends by itself.
    if (open.length) for (const client of open) client.postMessage({ kind: "send" });
    else await self.jdOutbox.sendAll();
  }

  self.addEventListener("sync", (event) => {
    if (event.tag === "jd-drafts") event.waitUntil(sendDrafts());
  });
  self.addEventListener("message", (event) => {
    if (event.data?.kind === "leave") event.waitUntil(nowIs(""));
    if (event.data?.kind === "keep") event.waitUntil(keepAhead(event.data.urls ?? []).catch(() => {}));
    if (event.data?.kind === "open")
      event.waitUntil(
        (async () => {
          for (const each of event.data.urls ?? []) await keepOpen(each).catch(() => {});
          for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage({ kind: "kept" });
        })(),
      );
  });
})();
