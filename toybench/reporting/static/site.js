"use strict";
// One small script: search, sorting, narrowing, copying, theme, and charts that are drawn when they come into view.
const toybench = (window.toybench = { packed: {}, index: [] });
const root = document.documentElement.dataset.root;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const say = (text) => (document.getElementById("said").textContent = text);

// ---- search: every word has to occur; names that begin with the query come first
function search(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = [];
  for (const [kind, title, more, address] of toybench.index) {
    const name = title.toLowerCase(), text = `${name} ${more.toLowerCase()} ${kind}`;
    if (!words.every((w) => text.includes(w))) continue;
    const last = name.slice(name.lastIndexOf("/") + 1);
    const rank = last === words[0] ? 0 : last.startsWith(words[0]) ? 1 : words.every((w) => name.includes(w)) ? 2 : 3;
    found.push({ kind, title, more, address, rank });
  }
  return found.sort((a, b) => a.rank - b.rank).slice(0, 30);
}
function searchBox() {
  document.querySelector(".search").innerHTML = `<label class="hidden" for="search">Search papers, methods, tasks and claims</label>
    <input id="search" type="search" placeholder="Search papers, methods, tasks, claims" autocomplete="off" spellcheck="false"
      role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list">
    <ul id="found" role="listbox" aria-label="Found" hidden></ul>`;
  const input = document.getElementById("search"), list = document.getElementById("found");
  let chosen = -1;
  const show = () => {
    const hits = search(input.value);
    list.replaceChildren(...hits.map((hit, i) => {
      const item = document.createElement("li");
      item.id = `hit-${i}`;
      item.setAttribute("role", "option");
      item.dataset.address = hit.address;
      for (const [name, text] of [["kind", hit.kind], ["title", hit.title], ["more", hit.more]]) {
        const part = document.createElement("span");
        part.className = name;
        part.textContent = text;
        item.append(part);
      }
      return item;
    }));
    list.hidden = !input.value.trim();
    if (!hits.length && !list.hidden) list.innerHTML = '<li role="option" aria-disabled="true"><span class="kind">nothing</span>Nothing has this name.</li>';
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(hits.length ? 0 : -1);
    say(list.hidden ? "" : `${hits.length} found`);
  };
  const choose = (i) => {
    chosen = i;
    all("li", list).forEach((item, k) => item.setAttribute("aria-selected", String(k === i)));
    const item = list.children[i];
    if (item) { input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  const go = (item) => { if (item && item.dataset.address) { list.hidden = true; location.href = root + item.dataset.address; } };
  input.addEventListener("input", show);
  input.addEventListener("focus", () => input.value && show());
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "ArrowDown" && count) choose((chosen + 1) % count);
    else if (event.key === "ArrowUp" && count) choose((chosen + count - 1) % count);
    else if (event.key === "Enter") go(list.children[chosen]);
    else if (event.key === "Escape") { list.hidden = true; input.setAttribute("aria-expanded", "false"); }
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => { event.preventDefault(); go(event.target.closest("li")); });
  input.addEventListener("blur", () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); input.focus(); }
  });
}

// ---- tables: a heading's button sorts by what the cells show, or by their data-v; what has no value stays last
function sort(head) {
  const table = head.closest("table"), column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
  all("th[aria-sort]", table).forEach((h) => h.setAttribute("aria-sort", "none"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const numeric = head.classList.contains("n");
  const shown = (text, x = parseFloat(text.replaceAll(",", ""))) => (!numeric ? text.trim() : isNaN(x) ? "" : x);
  const value = (row) => row.children[column].dataset.v ?? shown(row.children[column].textContent);
  const rows = all("tbody tr", table).sort((a, b) => {
    const x = value(a), y = value(b);
    if (x === "" || y === "") return (x === "") - (y === "");
    return (numeric && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y)) * (down ? -1 : 1);
  });
  table.tBodies[0].append(...rows);
  say(`sorted by ${head.textContent.trim()}, ${down ? "descending" : "ascending"}`);
}
function narrowing(input) {
  const items = all(input.dataset.narrow).map((item) => [item, `${item.textContent} ${item.dataset.text ?? ""}`.toLowerCase()]);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [item, text] of items) { item.hidden = !words.every((w) => text.includes(w)); shown += !item.hidden; }
    all("section").forEach((s) => { if (s.querySelector(".paperlist")) s.hidden = !s.querySelector(".paperlist li:not([hidden])"); });
    say(`${shown} shown`);
  });
}
// ---- claims in words: below the pointer on their marks, and all of them when their list is opened, from the search index
function claims() {
  const known = new Map(toybench.index.filter(([kind]) => kind === "claim").map(([, says, more, where]) => [where, { says, more }]));
  const name = (event) => {
    const mark = event.target.closest?.(".marks a"), claim = mark && known.get(mark.getAttribute("href"));
    if (claim) mark.title = `${claim.more}: ${claim.says}`;
  };
  document.addEventListener("pointerover", name);
  document.addEventListener("focusin", name);
  const details = document.getElementById("all-claims"), list = details?.querySelector("ol");
  details?.addEventListener("toggle", () => list.children.length || list.append(...[...known].map(([where, claim]) => item(where, claim))));
}
function item(where, { says, more }) {
  const [word, paper] = more.split(" · "), verdict = word.replace(" ", "_"), study = where.split(/[/.]/)[1];
  const made = document.createElement("li"), link = (text, to, kind) => Object.assign(document.createElement("a"), { textContent: text, href: root + to, className: kind });
  const chip = Object.assign(document.createElement("span"), { className: `chip ${verdict}`, textContent: word });
  const body = document.createElement("span"), meta = Object.assign(document.createElement("span"), { className: "meta" });
  made.dataset.verdict = verdict;
  meta.append(`${study} · `, link(paper, `paper/${encodeURIComponent(paper)}.html`, ""));
  body.append(link(says, where, "says"), meta);
  made.append(chip, body);
  return made;
}
function filters() {
  all("[data-filter]").forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    const kept = new Set(all('[data-filter][aria-pressed="true"]').map((b) => b.dataset.filter));
    all("#all-claims li[data-verdict]").forEach((item) => (item.hidden = !kept.has(item.dataset.verdict)));
  }));
}

// ---- what pages ask for is packed JSON in scripts, each loaded once, when something needs it
const address = (name) => root + name.split("/").map(encodeURIComponent).join("/");
const loading = {};
function load(name) {
  return (loading[name] ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = `${address(name)}.js`;
    script.onload = () => {
      const bytes = Uint8Array.from(atob(toybench.packed[name]), (c) => c.charCodeAt(0));
      done(new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json());
    };
    script.onerror = () => fail(new Error(`${name} can't be read`));
    document.head.append(script);
  }));
}
async function copy(text) {
  try { await navigator.clipboard.writeText(text); }
  catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
async function copied(button) {
  const { copy: form, copyFrom, key } = button.dataset;
  await copy(copyFrom ? document.getElementById(copyFrom).textContent : (await load(`data/${key}`)).copy[form]);
  const was = button.textContent;
  button.textContent = "copied";
  say("copied");
  setTimeout(() => (button.textContent = was), 1200);
}

// ---- records: every number of a row leads to the record that the row's link names
const record = (cell) => `${root}record.html#${cell.split("/").map(encodeURIComponent).join("/")}`;
function follow(event, to) {
  if (event.ctrlKey || event.metaKey) window.open(to);
  else location.href = to;
}
function recordOf(number) {
  const row = number.parentElement, table = number.closest("table"), { study } = table.dataset;
  if (!study) return row.querySelector("a.record")?.href;
  const name = (cell) => cell.textContent.trim();
  return name(number) && record(`${study}/${name(table.tHead.rows[0].cells[number.cellIndex])}/${name(row.cells[0])}`);
}
const element = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
function listed(title, pairs) {
  const list = element("dl", "", { className: "asked" });
  for (const [key, value] of Object.entries(pairs)) {
    const pair = element("div");
    pair.append(element("dt", key.replaceAll("_", " ")), element("dd", typeof value === "object" ? JSON.stringify(value) : String(value)));
    list.append(pair);
  }
  return [element("h2", title), list];
}
function finals(found) {
  const table = element("table"), names = Object.keys(found.metrics), head = element("tr");
  const arrow = { min: " ↓", max: " ↑", zero: " →0", info: "" };
  for (const name of ["seed", ...names.map((n) => n + arrow[found.metrics[n].direction]), "diverged at"]) head.append(element("th", name, { scope: "col", className: "n" }));
  table.append(element("thead"), element("tbody"));
  table.tHead.append(head);
  found.seeds.forEach((seed, i) => {
    const row = element("tr");
    for (const value of [...names.map((n) => found.metrics[n].values[i]), found.diverged_at[i]]) row.append(element("td", value ?? "–", { className: "n" }));
    row.prepend(element("th", seed, { scope: "row", className: "n" }));
    table.tBodies[0].append(row);
  });
  const scroll = element("div", "", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Final values of every seed" });
  scroll.append(table);
  return [element("h2", "Final values"), scroll];
}
async function showRecord(page) {
  const [study, task, method] = location.hash.slice(1).split("/").map(decodeURIComponent), cell = `${study}/${task}/${method}`;
  if (!method) return;
  const text = await load(`record/${study}/${task}`).then((known) => known[method], () => undefined);
  document.title = `${cell} · toybench`;
  if (!text) return page.replaceChildren(element("h1", "No such record"), element("p", `There is none of ${cell} in this report.`, { className: "lead" }));
  const found = JSON.parse(text), state = element("span", found.state, { className: `state ${found.state}` });
  const lead = element("p", "", { className: "lead" }), places = element("p", "", { className: "meta" }), stem = (label) => label.split("[")[0];
  lead.append(state, found.reason ? ` ${found.reason}` : ` ${found.seeds.length} seeds, ${found.steps} updates each.`);
  for (const [words, to] of [[study, `study/${study}`], [task, `task/${study}/${stem(task)}`], [method, `method/${study}/${stem(method)}`]]) {
    const reference = ["floor", "chance", "oracle"].includes(words);
    places.append(...(places.childNodes.length ? [" · "] : []), reference ? words : element("a", words, { href: `${address(to)}.html` }));
  }
  const tools = element("p", "", { className: "copies" });
  const copying = element("button", "copy JSON", { type: "button" }), saving = element("a", "save JSON", { download: `${cell.replaceAll("/", "-")}.json` });
  copying.dataset.copyFrom = "json";
  saving.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  tools.append(copying, " ", saving);
  const { task_fields, method_fields, budget, steps, checkpoints, protocol, digest, cost, environment } = found;
  const raw = element("details");
  raw.append(element("summary", "The file"), element("pre", text, { id: "json", className: "code" }));
  page.replaceChildren(
    element("h1", `${method} on ${task}`), lead, places, tools, ...(Object.keys(found.metrics).length ? finals(found) : []), ...listed("What ran", { ...task_fields, ...method_fields, budget, steps, checkpoints, protocol, digest }),
    ...listed("What it cost", cost), ...listed("Where", environment), raw,
  );
}

// ---- charts
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function config() {
  const ink = css("--ink"), soft = css("--soft"), grid = css("--grid"), font = css("--sans").replaceAll('"', "'");
  return {
    background: "transparent", font, view: { stroke: null },
    axis: { gridColor: grid, domain: false, ticks: false, labelPadding: 6, labelColor: soft, titleColor: soft, titleFontWeight: "normal", labelFontSize: 11 },
    axisX: { grid: false }, legend: { labelColor: ink, titleColor: soft, titleFontWeight: "normal", symbolOpacity: 1 },
    header: { labelColor: soft, titleColor: soft }, text: { color: soft }, title: { color: ink },
    mark: { color: css("--hue0") }, range: { category: [0, 1, 2, 3, 4, 5].map((i) => css(`--hue${i}`)) },
  };
}
const rows = (columns) => {
  const whole = (c) => (c.runs ? c.runs.flatMap(([value, times]) => Array(times).fill(value)) : c);
  const keys = Object.keys(columns), values = keys.map((k) => whole(columns[k]));
  return values[0].map((_, i) => Object.fromEntries(keys.map((k, j) => [k, values[j][i]])));
};
function costed(rows, cost) {
  const least = Math.min(...rows.map((r) => r[cost]).filter((v) => v > 0), Infinity), floor = isFinite(least) ? least / 4 : 1;
  const made = rows.map((r) => ({ ...r, cost: r[cost], x: r[cost] || floor, front: r[`front_${cost}`] }));
  const means = rows.map((r) => r.mean), span = Math.max(...means) - Math.min(...means);
  let last = null;
  for (const r of [...made].sort((a, b) => a.x - b.x))
    if (r.front && (!last || r.x > 2 * last.x || Math.abs(r.mean - last.mean) > span / 8)) { r.label = true; last = r; }
  return made;
}
function reflow(spec, width) { // panels side by side become as many rows as a phone needs
  const total = (spec.hconcat ?? []).reduce((sum, panel) => sum + 60 + (panel.width ?? 200), 0);
  if (spec.hconcat && total > width) { spec.vconcat = spec.hconcat; delete spec.hconcat; }
  if (spec.columns) spec.columns = Math.max(1, Math.min(spec.columns, Math.floor((width - 60) / ((spec.spec?.width ?? 80) + 20))));
}
const plotting = () => (loading.plotting ??= load("assets/vega").then((code) => new Promise((done, fail) => {
  const src = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  document.head.append(element("script", "", { src, onload: done, onerror: fail }));
})));
async function draw(figure) {
  const kind = figure.dataset.kind, plot = figure.querySelector(".plot");
  let spec;
  if (kind === "picture") spec = structuredClone(await load(`picture/${figure.dataset.key}`));
  else {
    const metric = figure.querySelector("[data-metric]").value, found = (await load(`data/${figure.dataset.key}`))[kind][metric];
    if (!found) { plot.textContent = "Nothing to draw."; return; }
    spec = structuredClone((await load("assets/specs"))[kind + (found.log ? "-log" : "")]);
    let shown = rows(found.rows);
    if (kind === "curves") {
      const on = new Set(all(".toggles input:checked", figure).map((i) => i.value)), log = figure.querySelector("[data-log]").checked;
      shown = shown.filter((r) => r.reference || (on.has(r.method) && (r.step > 0 || !log)));
      const across = spec.layer.filter((l) => l.encoding.x?.field === "step");
      if (log) across.forEach((l) => (l.encoding.x.scale = { type: "log", nice: false }));
      if (figure.querySelector("[data-by]")?.value === "flops") {
        shown = shown.filter((r) => r.reference || r.price).map((r) => ({ ...r, flops: r.step * r.price }));
        across.forEach((l) => Object.assign(l.encoding.x, { field: "flops", title: "training FLOPs", axis: { format: "~s" } }));
      }
    } else shown = costed(shown, figure.querySelector("[data-cost]").value);
    spec.datasets = { rows: shown };
  }
  delete spec.config;
  reflow(spec, plot.clientWidth);
  await plotting();
  const result = await vegaEmbed(plot, spec, { config: config(), actions: false, renderer: "svg", tooltip: { theme: css("color-scheme") === "dark" ? "dark" : "light" } });
  figure.view?.finalize();
  figure.view = result.view;
  figure.dataset.drawn = String(Number(figure.dataset.drawn ?? 0) + 1);
  if (kind !== "picture") result.view.addEventListener("click", (event, item) => {
    if (item?.datum?.method) follow(event, record(`${figure.dataset.key}/${item.datum.method}`));
  });
}
function charts() {
  const wanted = new Set(), visible = new Set(); // one drawing at a time, of what is in view
  let busy = false;
  const pump = async () => {
    if (busy) return;
    busy = true;
    for (let figure; (figure = [...wanted].find((f) => visible.has(f))); ) {
      wanted.delete(figure);
      try { await draw(figure); }
      catch (error) { figure.querySelector(".plot").textContent = String(error); console.error(error); }
      await new Promise((rest) => setTimeout(rest));
    }
    busy = false;
  };
  const redraw = (figure) => { wanted.add(figure); pump(); };
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? visible.add(target) : visible.delete(target);
    pump();
  }, { rootMargin: "300px" });
  all("figure.chart").forEach((figure) => {
    wanted.add(figure);
    seen.observe(figure);
  });
  return redraw;
}
async function save(figure, form) {
  if (!figure.view) return;
  const anchor = document.createElement("a");
  anchor.href = await figure.view.toImageURL(form, 2);
  anchor.download = `${figure.dataset.key.replaceAll("/", "-")}-${figure.dataset.kind}.${form}`;
  anchor.click();
}
// ---- colours: as the system, light, dark; kept for the next page
function theme(redraw) {
  const button = document.getElementById("theme"), names = ["", "light", "dark"];
  const label = () => {
    const now = document.documentElement.dataset.theme ?? "";
    button.textContent = { "": "◐", light: "☀", dark: "☾" }[now];
    button.setAttribute("aria-label", `Colours: ${now || "as the system"}`);
  };
  button.addEventListener("click", () => {
    const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % 3];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    try { next ? localStorage.setItem("toybench-theme", next) : localStorage.removeItem("toybench-theme"); } catch { }
    label();
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  label();
}

document.addEventListener("DOMContentLoaded", () => {
  searchBox();
  all("[data-narrow]").forEach(narrowing);
  filters();
  claims();
  const redraw = charts();
  theme(() => all("figure.chart[data-drawn]").forEach(redraw));
  document.addEventListener("change", (event) => { const figure = event.target.closest("figure.chart"); if (figure) redraw(figure); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button"), figure = button?.closest("figure.chart");
    const number = !event.target.closest("a") && event.target.closest("tbody td.n"), to = number && recordOf(number);
    if (to && !String(getSelection())) follow(event, to); // who marks numbers wants to copy them
    if (!button) return;
    if (button.closest("th[aria-sort]")) sort(button.closest("th"));
    else if ("copy" in button.dataset || "copyFrom" in button.dataset) copied(button);
    else if (button.dataset.save) save(figure, button.dataset.save);
    else if ("all" in button.dataset) {
      all(".toggles input", figure).forEach((box) => (box.checked = Boolean(button.dataset.all)));
      redraw(figure);
    }
  });
  const page = document.getElementById("record");
  if (page) {
    window.addEventListener("hashchange", () => showRecord(page));
    showRecord(page);
  }
  document.documentElement.dataset.ready = "true";
});
