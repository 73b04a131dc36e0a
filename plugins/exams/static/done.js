// SPDX-License-Identifier: Apache-2.0
// The attempt is over: nothing of it stays on this computer for the next candidate.
(() => {
  "use strict";
  const form = document.querySelector("[data-exam-done]");
  if (!form) return;
  localStorage.removeItem(`jiandu-exam-${form.dataset.attempt}`);
  if ("caches" in window) caches.delete("jiandu-exam");
  navigator.serviceWorker?.getRegistration("/exams/sit/").then((found) => found?.unregister());
})();
