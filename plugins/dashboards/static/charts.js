// SPDX-License-Identifier: Apache-2.0
// Draws a chart from the table below it: data-db-chart names the table, data-series its columns.
// Without script, or without the library, the table is all there is, and it is complete.
(() => {
  "use strict";
  const library = window.echarts;
  if (!library) return;

  const style = getComputedStyle(document.documentElement);
  const colour = (name, other) => style.getPropertyValue(name).trim() || other;
  const COLOURS = {
    "cases.opened": colour("--jd-ink-600", "#155e72"),
    "cases.closed": colour("--jd-line-strong", "#7a8a91"),
    "alarms.red": colour("--jd-red", "#c4161c"),
    "alarms.yellow": colour("--jd-yellow", "#f7b500"),
  };
  const INK = colour("--jd-text-2", "#465860");
  const LINE = colour("--jd-line", "#dde3e4");

  function read(table) {
    const heads = [...table.tHead.rows[0].cells];
    const columns = heads.flatMap((cell, at) => (cell.dataset.series ? [at] : []));
    const rows = [...table.tBodies[0].rows];
    return {
      titles: rows.map((row) => row.cells[0].textContent.trim()),
      series: columns.map((at) => ({
        key: heads[at].dataset.series,
        name: heads[at].textContent.trim(),
        data: rows.map((row) => Number(row.cells[at].dataset.n)),
      })),
    };
  }

  function draw(box) {
    const table = document.getElementById(box.dataset.dbChart);
    if (!table) return;
    const { titles, series } = read(table);
    if (!series.some((each) => each.data.some((n) => n > 0))) return;
    box.hidden = false;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const chart = library.init(box, null, { renderer: "canvas" });
    const text = { color: INK, fontFamily: style.fontFamily, fontSize: 12 };
    chart.setOption({
      animation: !still,
      textStyle: text,
      grid: { left: 8, right: 8, top: 32, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: text, itemHeight: 10, itemWidth: 14 },
      // Text drawn on the canvas: the page's policy allows no style attribute, which HTML
      // tooltips are made of.
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
      xAxis: {
        type: "category",
        data: titles.map((title) => title.replace(/^\d{4}年/, "")),
        axisLabel: text,
        axisLine: { lineStyle: { color: INK } },
        axisTick: { show: false },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        axisLabel: text,
        splitLine: { lineStyle: { color: LINE } },
      },
      series: series.map((each) => ({
        type: "bar",
        name: each.name,
        data: each.data,
        barMaxWidth: 22,
        itemStyle: { color: COLOURS[each.key], borderColor: INK, borderWidth: each.key === "alarms.yellow" ? 0.5 : 0 },
      })),
    });
    new ResizeObserver(() => chart.resize()).observe(box);
  }

  for (const box of document.querySelectorAll("[data-db-chart]")) draw(box);
})();
