/* Charts follow the theme: their colours are names of style.css, read again when it changes. */
(() => {
  const PAINTED = ["backgroundColor", "borderColor", "pointBackgroundColor", "pointBorderColor"];

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const resolved = (value) => {
    if (Array.isArray(value)) {
      return value.map(resolved);
    }
    const name = typeof value === "string" ? value.match(/^var\((--[\w-]+)\)$/) : null;
    return name ? colour(name[1]) : value;
  };

  const paint = (chart) => {
    const named = JSON.parse(chart.canvas.dataset.value).datasets;
    chart.data.datasets.forEach((dataset, place) => {
      for (const property of PAINTED) {
        if (named[place][property] !== undefined) {
          dataset[property] = resolved(named[place][property]);
        }
      }
    });
    const text = colour("--kw-chart-text");
    chart.options.color = text; // of the legend
    for (const scale of Object.values(chart.options.scales ?? {})) {
      scale.ticks.color = text;
      scale.title.color = text;
      scale.grid.color = colour("--kw-chart-grid");
    }
    chart.update();
  };

  const paintAll = () => Object.values(Chart.instances).forEach(paint);

  // After the theme's own script, which draws the charts on load and paints their grids.
  window.addEventListener("load", () =>
    setTimeout(() => {
      paintAll();
      new MutationObserver(paintAll).observe(document.documentElement, {
        attributes: true,
        attributeFilter: ["class"],
      });
    }),
  );
})();
