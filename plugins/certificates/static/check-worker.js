// SPDX-License-Identifier: Apache-2.0
// Keeps the checking page, the keys and the newest status list on the telephone, so that a card
// can be checked where there is no signal. The server puts self.JD_CARD = {version, shell} before it.
(() => {
  "use strict";

  const CACHE = `jd-card-${self.JD_CARD.version}`;
  const HERE = "/certificates/check/";
  const FRESH = [`${HERE}trust.json`, `${HERE}list`];
  const PATIENCE = 5000; // a bad line is worse than none

  async function within(request, milliseconds) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), milliseconds);
    try {
      return await fetch(request, { signal: stop.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  self.addEventListener("install", (event) => {
    event.waitUntil(
      (async () => {
        const cache = await caches.open(CACHE);
        await cache.addAll([HERE, ...self.JD_CARD.shell]);
        // There may be no list yet; that is no reason to keep nothing.
        await Promise.all(FRESH.map((path) => cache.add(path).catch(() => {})));
        await self.skipWaiting();
      })(),
    );
  });

  self.addEventListener("activate", (event) => {
    event.waitUntil(
      (async () => {
        for (const name of await caches.keys()) if (name.startsWith("jd-card-") && name !== CACHE) await caches.delete(name);
        await self.clients.claim();
      })(),
    );
  });

  async function newest(path) {
    const cache = await caches.open(CACHE);
    try {
      const answer = await within(new Request(path, { cache: "no-cache", credentials: "omit" }), PATIENCE);
      if (answer.ok) await cache.put(path, answer.clone());
      if (answer.ok) return answer;
    } catch {
      // Without a network the one that is here has to do; it says itself how old it is.
    }
    return (await cache.match(path)) || new Response("", { status: 504 });
  }

  async function page(event) {
    try {
      const answer = await within(event.request, PATIENCE);
      if (answer.status < 500) return answer;
    } catch {
      // Falls through to what is kept.
    }
    const kept = await (await caches.open(CACHE)).match(HERE);
    return kept || Response.error();
  }

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) return;
    if (FRESH.includes(url.pathname)) event.respondWith(newest(url.pathname));
    else if (request.mode === "navigate" && url.pathname.startsWith(HERE)) event.respondWith(page(event));
    else if (self.JD_CARD.shell.includes(url.pathname))
      event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(request)) || fetch(request)));
  });
})();
