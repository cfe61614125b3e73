"use strict";
// Shortcuts for the candidate queue and a candidate's page. What a key does is on the page as a
// link or a button: in the element with that `data-key`, in the row that has the focus or else on
// the page.
(() => {
  const OFF = "kernelweave-review-keys-off";
  const ROWS = "#result_list tr.data-row";

  const rows = () => [...document.querySelectorAll(ROWS)].filter(opener);

  function opener(row) {
    return row.querySelector('a[href*="/change/"]');
  }

  function currentRow() {
    return document.activeElement && document.activeElement.closest(ROWS);
  }

  function say(text) {
    const place = document.getElementById("review-keys-said");
    if (place) place.textContent = text;
  }

  function move(step) {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(currentRow());
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    const row = all[Math.max(0, Math.min(all.length - 1, next))];
    opener(row).focus();
    row.scrollIntoView({ block: "nearest" });
    return true;
  }

  function target(key) {
    const row = currentRow();
    const found = row && row.querySelector(`[data-key="${key}"]`);
    if (found) return found;
    const inRows = (one) => one.closest(ROWS);
    return [...document.querySelectorAll(`[data-key="${key}"]`)].find((one) => !inRows(one));
  }

  function press(key) {
    const found = target(key);
    if (!found) return false;
    const itself = found.matches("a, button") ? found : found.querySelector("a, button");
    if (itself) itself.click();
    return Boolean(itself);
  }

  function help() {
    const keys = document.getElementById("review-keys");
    if (!keys) return;
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
  }

  function act(key) {
    if (key === "?") return help();
    if ((key === "j" || key === "k") && move(key === "j" ? 1 : -1)) return;
    if (key === "o" && currentRow()) return opener(currentRow()).click();
    if (!press(key) && "ares".includes(key)) {
      say(rows().length ? "Choose a candidate with j or k first, or this is not open to it." : "This is not open to it.");
    }
  }

  function typing(element) {
    return element.isContentEditable || element.closest("input, textarea, select");
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat && !"jk".includes(event.key)) return;
    if (!"jkoaresu?".includes(event.key) || event.key.length !== 1) return;
    if (typing(event.target) || localStorage.getItem(OFF)) return;
    event.preventDefault();
    act(event.key);
  });

  document.addEventListener("DOMContentLoaded", () => {
    const on = document.getElementById("review-keys-on");
    if (!on) return;
    on.checked = !localStorage.getItem(OFF);
    on.addEventListener("change", () => {
      if (on.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
  });
})();
