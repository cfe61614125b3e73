"use strict";

// Keys for quick rating: each button or link with `data-key` is pressed by its key; with steps, 1 to
// 5 rate one after the other. A form is sent once. Without this script the buttons do the same.
(() => {
  const page = document.querySelector("[data-rate]");
  if (!page) {
    return;
  }
  const steps = [...page.querySelectorAll("[data-step]")];
  const save = page.querySelector("[data-save]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || types(event.target)) {
      return;
    }
    const key = event.key.toLowerCase();
    if (steps.length && save && /^[1-5]$/.test(key)) {
      event.preventDefault();
      rate(key, event.target.closest?.("[data-step]"));
      return;
    }
    const pressed = page.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (pressed) {
      event.preventDefault();
      pressed.click();
    }
  });

  for (const form of page.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
      }
      form.dataset.sent = "yes";
    });
  }

  // Back in the history, the page may be sent again: the server takes each answer once.
  window.addEventListener("pageshow", () => {
    for (const form of page.querySelectorAll("form[data-once]")) {
      delete form.dataset.sent;
    }
  });

  function rate(key, focused) {
    const step = focused ?? steps.find((one) => !chosen(one));
    if (!step) {
      return;
    }
    const radio = step.querySelector(`input[value="${key}"]`);
    radio.checked = true;
    const next = steps.find((one) => !chosen(one));
    if (next) {
      next.scrollIntoView({ block: "nearest" });
      next.querySelector("input").focus();
    } else {
      save.focus();
    }
  }

  function chosen(step) {
    return step.querySelector("input:checked") !== null;
  }

  function types(target) {
    return target.matches?.("select, textarea, input:not([type=radio]):not([type=hidden])");
  }
})();
