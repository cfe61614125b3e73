"use strict";

// Follows the parts of a page that go on changing: each is fetched again until it says that all has
// ended. Without this script a reload shows the same.
(() => {
  const EVERY_MS = 2000;
  const SLOWEST_MS = 30000;

  for (const part of document.querySelectorAll("[data-follow]")) {
    if (isActive(part)) {
      follow(part);
    }
  }

  function follow(part) {
    const status = document.getElementById(part.dataset.followStatus);
    let pause = EVERY_MS;
    say(status, "Follows live.");
    setTimeout(look, pause);

    async function look() {
      if (document.hidden || opened(part)) {
        setTimeout(look, EVERY_MS);
        return;
      }
      try {
        const response = await fetch(part.dataset.follow, { credentials: "same-origin" });
        if (response.redirected || response.status === 403) {
          say(status, "You are signed out, or may not see this any more: reload the page.");
          return;
        }
        if (!response.ok) {
          throw new Error(String(response.status));
        }
        show(part, await response.text());
        pause = EVERY_MS;
        say(status, "Follows live.");
      } catch (error) {
        pause = Math.min(2 * pause, SLOWEST_MS);
        say(status, `The server does not answer; it is asked again in ${pause / 1000} s.`);
      }
      if (isActive(part)) {
        setTimeout(look, pause);
      } else {
        end(status);
      }
    }
  }

  // Only what changes is read out to those who do not see it.
  function say(status, words) {
    if (status.textContent !== words) {
      status.textContent = words;
    }
  }

  function isActive(part) {
    return part.querySelector("[data-active]")?.dataset.active === "yes";
  }

  function opened(part) {
    return part.querySelector("details[open]") !== null;
  }

  function show(part, markup) {
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = markup;
    if (focused) {
      document.getElementById(focused)?.focus();
    }
  }

  function end(status) {
    const again = document.createElement("a");
    again.href = window.location.href;
    again.className = "text-link";
    again.textContent = "Show what came of it";
    status.replaceChildren("All has ended. ", again, ".");
  }
})();
