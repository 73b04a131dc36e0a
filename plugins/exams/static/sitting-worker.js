// SPDX-License-Identifier: Apache-2.0
// Keeps the paper and what it is drawn with, so that a browser that is started again while the
// line is cut still shows it. Its reach is /exams/sit/ alone; answers never pass through it.
"use strict";
const KEPT = "jiandu-exam";
const PAPER = "/exams/sit/paper";
const PATIENCE = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (event.data?.keep !== "paper") return;
  event.waitUntil(
    caches.open(KEPT).then(async (cache) => {
      for (const path of event.data.paths) {
        const answer = await fetch(path, { credentials: "same-origin" }).catch(() => null);
        if (answer?.ok && !answer.redirected) await cache.put(path, answer);
      }
    }),
  );
});

async function newest(request) {
  const path = new URL(request.url).pathname;
  try {
    const answer = await Promise.race([
      fetch(request),
      new Promise((_, no) => setTimeout(() => no(new Error("slow")), PATIENCE)),
    ]);
    if (answer.ok && !answer.redirected && path === PAPER) {
      await (await caches.open(KEPT)).put(PAPER, answer.clone());
    }
    return answer;
  } catch (error) {
    const held = await (await caches.open(KEPT)).match(PAPER);
    if (held) return held;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === PAPER || url.pathname === "/exams/sit/ready") event.respondWith(newest(request));
    return;
  }
  if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/exams/sit/pictures/")) {
    event.respondWith(
      caches.match(request.url).then((held) => held ?? fetch(request)),
    );
  }
});
