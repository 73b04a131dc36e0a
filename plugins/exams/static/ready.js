// SPDX-License-Identifier: Apache-2.0
// Before the beginning: a test shot with the camera, and the countdown by the server's clock.
// A camera that fails is reported, so that the invigilator sees it; nothing is blocked here.
(() => {
  "use strict";
  const DRIFT = 60000;
  const form = document.getElementById("exam-photo");
  const wait = document.querySelector("[data-exam-wait]");
  const said = document.querySelector("[data-exam-said]");

  function failed(text) {
    said.textContent = text;
    const number = Number(wait.dataset.number);
    fetch("/exams/sit/answers", {
      method: "POST",
      // Whoever chooses a file at once leaves this page before the answer is here.
      keepalive: true,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ acts: [{ n: number, kind: "photo_failed" }] }),
    }).catch(() => {});
  }

  async function camera() {
    const box = form.querySelector("[data-exam-camera]");
    const video = box.querySelector("video");
    const shot = box.querySelector("[data-exam-shot]");
    const use = box.querySelector("[data-exam-use]");
    if (!navigator.mediaDevices?.getUserMedia) return;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: 1280 }, audio: false });
    } catch {
      if (wait.dataset.photo === "0") failed("摄像头打不开。可以选一张刚拍的照片，或者举手请监考员处理。");
      return;
    }
    video.srcObject = stream;
    await video.play().catch(() => {});
    box.hidden = false;
    let taken = null;
    box.querySelector("[data-exam-shoot]").addEventListener("click", () => {
      const canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      if (!canvas.width) {
        failed("没有拍到画面，请再试一次，或者举手请监考员处理。");
        return;
      }
      canvas.getContext("2d").drawImage(video, 0, 0);
      canvas.toBlob(
        (blob) => {
          if (!blob) {
            failed("没有拍到画面，请再试一次，或者举手请监考员处理。");
            return;
          }
          taken = blob;
          shot.src = URL.createObjectURL(blob);
          shot.hidden = use.hidden = false;
          said.textContent = "看清楚脸了就用这一张，不清楚就再拍。";
        },
        "image/jpeg",
        0.9,
      );
    });
    form.addEventListener("submit", (event) => {
      if (!taken || event.submitter !== use) return;
      const files = new DataTransfer();
      files.items.add(new File([taken], "photo.jpg", { type: "image/jpeg" }));
      form.querySelector("input[type=file]").files = files.files;
      for (const track of stream.getTracks()) track.stop();
    });
  }

  function countdown() {
    const ahead = Number(wait.dataset.now) - Date.now();
    const starts = Number(wait.dataset.starts);
    const words = wait.querySelector("[data-exam-left]");
    if (Math.abs(ahead) >= DRIFT) {
      const drift = wait.querySelector("[data-exam-drift]");
      const minutes = Math.round(Math.abs(ahead) / 60000);
      drift.textContent = `这台电脑的时钟${ahead > 0 ? "慢" : "快"}约 ${minutes} 分钟，不影响考试：时间以平台的时钟为准。`;
      drift.hidden = false;
    }
    const begin = performance.now();
    const first = Date.now() + ahead;
    const tick = () => {
      const left = Math.ceil((starts - (first + performance.now() - begin)) / 1000);
      if (left <= 0) {
        // The server says now whether the photo is still wanting.
        if (!wait.dataset.asked) location.replace("/exams/sit/ready");
        return;
      }
      const minutes = Math.floor(left / 60);
      words.textContent = `还有 ${minutes} 分 ${String(left % 60).padStart(2, "0")} 秒开考，到时可以开始。`;
      setTimeout(tick, 500);
    };
    if (starts > first) tick();
  }

  if (form) camera();
  if (wait) countdown();
})();
