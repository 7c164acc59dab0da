// Copy buttons, and the count of a status. Every page works without. What this says stands in the page (data-say…).
"use strict";

const COPIED_FOR = 3000;

function announce(text) {
  const region = document.getElementById("announced");
  if (region) region.textContent = text;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break; // only over https and on this computer
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    } catch {
      return; // the browser or the person said no; the value can still be selected
    }
    label.textContent = button.dataset.say;
    announce(button.dataset.sayAloud);
    setTimeout(() => { label.textContent = before; }, COPIED_FOR);
  });
}

for (const field of document.querySelectorAll("[data-limit]")) {
  const limit = Number(field.dataset.limit);
  const hint = document.getElementById(field.dataset.hint);
  const before = hint.textContent;
  field.addEventListener("input", () => {
    const text = field.value.normalize("NFC");
    const left = limit - Array.from(text).length;
    const { sayLeft, sayOver } = field.dataset;
    hint.textContent = !text ? before : left < 0 ? sayOver.replace("{n}", -left) : sayLeft.replace("{n}", left);
    if (left === 20 || left === 0) announce(hint.textContent);
  });
}
