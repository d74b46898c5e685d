// The page: totals, curve, and one part of the text at a time.

const kPartBytes = 12000, kLookBackBytes = 4000;
const kSteps = [0.5, 1, 2, 3, 4.5, 6.5, 9, 12, 15];  // bits where the next colour begins

// Elements are given back as soon as they are read: they can be large.
function takeData(node) {
  node.remove();
  return JSON.parse(node.textContent);
}

const [pageData, ...modelData] = document.querySelectorAll('script[type="application/json"]');
const page = takeData(pageData);
const models = modelData.map((node) => new Model(takeData(node), page));
const size = page.content_bytes;
const text = models[0].text(size);
const byId = (id) => document.getElementById(id);

// Where the parts begin: at lines where lines are not too long, never inside of a character.
const parts = [0];
for (let at = kPartBytes; at < size; at += kPartBytes) {
  let line = at;
  while (line > at - kLookBackBytes && text[line - 1] !== 0x0a) --line;
  if (line > at - kLookBackBytes) at = line;
  while (!isBorder(text, at)) --at;
  parts.push(at);
}
parts.push(size);
let shown = -1;

const curve = new Curve(byId('curve'), byId('readout'), models, size);
const details = new Details(byId('details'), models);

function spanOf(model, first, last, from, to) {
  let most = 0;
  for (let i = first; i < last; ++i) most = Math.max(most, models[model].cost(i));
  const step = kSteps.findIndex((bits) => most < bits);
  const span = element('span', 't c' + (step < 0 ? kSteps.length : step));
  Object.assign(span.dataset, {model, first, last, from});
  appendText(span, text, from, to);
  return span;
}

function showPart(part) {
  if (part === shown) return;
  shown = part;
  details.hide();
  const begin = parts[part], end = parts[part + 1], rows = [];
  for (let from = begin; from < end;) {
    const newline = text.subarray(from, end).indexOf(0x0a);
    const to = newline < 0 ? end : from + newline + 1;
    const row = element('div', 'row');
    models.forEach((model, m) => {
      const cell = element('div', 'cell');
      model.forEachPiece(text, from, to, (...piece) => cell.append(spanOf(m, ...piece)));
      row.append(cell);
    });
    rows.push(row);
    from = to;
  }
  byId('text').replaceChildren(...rows);
  const first = document.querySelector('.t');
  if (first) first.tabIndex = 0;
  byId('slider').value = part;
  byId('place').textContent = `bytes ${begin} to ${end} of ${size}`;
  byId('previous').disabled = part === 0;
  byId('next').disabled = part >= parts.length - 2;
  curve.show(begin, end);
}

function focusOn(span) {
  for (const other of document.querySelectorAll('.t[tabindex]')) other.removeAttribute('tabindex');
  span.tabIndex = 0;
  span.focus();
  details.show(span);
}

// #BYTE in the address goes to that byte.
function goToAddress() {
  const place = /^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) : -1;
  if (place < 0 || place >= size) return showPart(Math.max(0, shown));
  showPart(parts.findIndex((begin, i) => begin <= place && place < parts[i + 1]));
  let found = null;
  for (const span of document.querySelectorAll('.cell:first-child .t'))
    if (span.dataset.from <= place) found = span;
  found.scrollIntoView({block: 'center'});
  focusOn(found);
}

const fixed = (value, digits) => Number.isFinite(value) ? value.toFixed(digits) : '';

function fillTotals() {
  appendText(byId('file'), ...allOf(bytesOf(page.file)));
  const table = byId('totals');
  const row = (kind, cells) => {
    const made = element('tr');
    cells.forEach((cell) => made.append(cell instanceof Node ? cell : element(kind, '', cell)));
    table.append(made);
  };
  const sizes = (bytes) => [Math.round(bytes).toLocaleString('en'), fixed(8 * bytes / size, 4),
    fixed(size / bytes, 3), (100 * bytes / page.other.bytes).toFixed(1) + ' %'];
  row('th', ['', 'tokens', 'bits per token', 'bytes', 'bits per byte', 'ratio', `of ${page.other.name}`]);
  models.forEach((model, m) => {
    const name = element('td', 'name line' + m);
    appendText(name, ...allOf(model.name));
    name.append(element('small', '', `${model.arithmetic}, ${model.context}`));
    row('td', [name, model.count.toLocaleString('en'), fixed(model.bits / model.count, 3), ...sizes(model.bits / 8)]);
  });
  row('td', [element('td', 'name', page.other.name), '', '', ...sizes(page.other.bytes)]);
  row('td', [element('td', 'name', 'the text'), '', '', size.toLocaleString('en'), '8', '1', '']);
}

function fillLegend() {
  const legend = byId('legend');
  legend.append('bits per token');
  kSteps.concat(Infinity).forEach((bits, i) => {
    const low = i === 0 ? 0 : kSteps[i - 1];
    legend.append(element('span', 'c' + i, bits === Infinity ? `${low} and more` : `${low}\u2013${bits}`));
  });
  if (models.length < 2) return;
  const names = element('div', 'row names');
  for (const [m, model] of models.entries()) {
    const cell = element('div', 'cell line' + m);
    appendText(cell, ...allOf(model.name));
    names.append(cell);
  }
  byId('pages').after(names);
}

function listen() {
  const main = byId('text');
  const token = (event) => event.target.closest('.t');
  const focused = () => document.activeElement.closest('.t');
  main.addEventListener('mouseover', (event) => details.show(token(event) || focused()));
  main.addEventListener('mouseleave', () => details.show(focused()));
  main.addEventListener('focusin', (event) => details.show(token(event)));
  main.addEventListener('focusout', () => details.hide());
  main.addEventListener('click', (event) => token(event) && focusOn(token(event)));
  main.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') details.hide();
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step || !token(event)) return;
    const all = [...main.querySelectorAll(`.t[data-model="${token(event).dataset.model}"]`)];
    const next = all[all.indexOf(token(event)) + step];
    if (next) focusOn(next);
    event.preventDefault();
  });
  window.addEventListener('scroll', () => details.follow(), {passive: true});
  const turn = (part) => {
    showPart(part);
    main.scrollIntoView();
  };
  byId('previous').addEventListener('click', () => turn(shown - 1));
  byId('next').addEventListener('click', () => turn(shown + 1));
  byId('slider').addEventListener('input', () => showPart(Number(byId('slider').value)));
  curve.svg.addEventListener('click', (event) => { location.hash = '#' + curve.placeOf(event); });
  window.addEventListener('hashchange', goToAddress);
}

byId('slider').max = Math.max(0, parts.length - 2);
fillTotals();
fillLegend();
listen();
goToAddress();
