// What is told of the token under the pointer or with the focus.

const kMostTokens = 6;  // of those that share characters

// "12.3 %", "0.0042 %"
function percent(probability) {
  const value = 100 * probability;
  if (value <= 0) return '< 0.001 %';
  return (value >= 10 ? value.toFixed(1) : Number(value.toPrecision(2))) + ' %';
}

function tokenText(className, bytes) {
  const node = element('span', className);
  if (bytes.length === 0) {
    node.append(element('i', 'blank', '(no text)'));
  } else {
    appendText(node, ...allOf(bytes), true);
  }
  return node;
}

function guessRow(model, guess, actual) {
  const row = element('div', guess.number === actual ? 'guess right' : 'guess');
  const bar = element('span', 'bar');
  bar.style.setProperty('--part', guess.probability);
  row.append(tokenText('token', model.tokenBytes(guess.number)), bar,
    element('span', 'chance', percent(guess.probability)));
  return row;
}

function tokenDetails(model, i) {
  const actual = model.tokens[i], cost = model.cost(i);
  const node = element('section');
  const head = element('div', 'head');
  head.append(tokenText('token', model.tokenBytes(actual)),
    element('strong', '', `${cost.toFixed(2)} bits`),
    element('span', 'chance', percent(Math.pow(2, -cost))));
  const bytes = model.places[i + 1] - model.places[i];
  node.append(head,
    element('div', 'at', `byte ${Math.max(0, model.places[i])}, ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}, token ${i}`));
  for (const guess of model.guessesAt(i)) node.append(guessRow(model, guess, actual));
  return node;
}

class Details {
  constructor(node, models) {
    this.node = node;
    this.models = models;
  }

  show(span) {
    if (!span) return this.hide();
    this.span = span;
    this.fill(span);
    this.node.hidden = false;
    span.setAttribute('aria-describedby', this.node.id);
    const place = span.getClientRects()[0], box = this.node.getBoundingClientRect(), gap = 6;
    const below = place.bottom + gap + box.height <= window.innerHeight;
    this.node.style.left = Math.max(4, Math.min(place.left, window.innerWidth - box.width - 4)) + 'px';
    this.node.style.top = Math.max(4, below ? place.bottom + gap : place.top - gap - box.height) + 'px';
  }

  fill(span) {
    const model = this.models[span.dataset.model];
    const first = Number(span.dataset.first), last = Number(span.dataset.last);
    const title = element('div', 'model');
    appendText(title, ...allOf(model.name));
    this.node.replaceChildren(title);
    if (last - first > 1) {
      let bits = 0;
      for (let i = first; i < last; ++i) bits += model.cost(i);
      this.node.append(element('div', 'at', `${last - first} tokens share characters: ${bits.toFixed(2)} bits`));
    }
    for (let i = first; i < Math.min(last, first + kMostTokens); ++i)
      this.node.append(tokenDetails(model, i));
  }

  // After scrolling.
  follow() {
    if (this.node.hidden) return;
    const stays = this.span.matches(':hover') || this.span === document.activeElement;
    this.show(stays ? this.span : null);
  }

  hide() {
    this.node.hidden = true;
  }
}
