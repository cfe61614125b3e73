/* Texts on the page that are too faint by WCAG AA, as [ratio, least, text, where, colours]. */
() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const known = new Map();

  /* Red, green, blue from 0 to 255 and opacity from 0 to 1, of any colour that CSS can say. */
  const read = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };

  const over = (top, below) => {
    const share = top[3];
    return [0, 1, 2].map((n) => top[n] * share + below[n] * (1 - share)).concat(1);
  };

  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  const backgroundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" && !style.backgroundImage.startsWith("url")) {
        return null; // a gradient: nothing can be said
      }
      const layer = read(style.backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) {
        break;
      }
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };

  const opacityOf = (element) => {
    let found = 1;
    for (let at = element; at; at = at.parentElement) {
      found *= Number(getComputedStyle(at).opacity);
    }
    return found;
  };

  const faint = [];
  const check = (element, text, style) => {
    const background = backgroundOf(element);
    if (background === null) {
      return;
    }
    const [r, g, b, a] = read(style.color);
    const seen = over([r, g, b, a * opacityOf(element)], background);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const icon = element.closest(".material-symbols-outlined") !== null;
    const least = large || icon ? 3 : 4.5;
    const found = ratio(seen, background);
    if (found < least - 0.005) {
      const names = typeof element.className === "string" ? element.className : "";
      const colours = [seen, background].map((one) => one.slice(0, 3).map(Math.round).join(" "));
      faint.push([
        Number(found.toFixed(2)), least, text.trim().slice(0, 40),
        `${element.tagName.toLowerCase()}.${names.slice(0, 160)}`, colours.join(" on "),
      ]);
    }
  };

  const isSeen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
      return false;
    }
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const skipped = ["SCRIPT", "STYLE", "OPTION", "NOSCRIPT", "TEMPLATE"].includes(element.tagName);
    if (walker.currentNode.data.trim() && !skipped && isSeen(element)) {
      check(element, walker.currentNode.data, getComputedStyle(element));
    }
  }
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (["checkbox", "radio", "hidden", "file"].includes(field.type) || !isSeen(field)) {
      continue;
    }
    const empty = field.value === "" && field.placeholder;
    const style = getComputedStyle(field, empty ? "::placeholder" : null);
    if (field.value || empty) {
      check(field, field.value || field.placeholder, style);
    }
  }
  return faint;
}
