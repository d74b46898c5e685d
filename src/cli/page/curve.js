// Bits per byte along the text.

const kSvg = 'http://www.w3.org/2000/svg', kWide = 1000, kHigh = 100;

function drawing(name, attributes) {
  const made = document.createElementNS(kSvg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The rates of the parts of the text, all but the last equally long.
function ratesOf(model, size, parts) {
  const step = Math.max(1, Math.ceil(size / parts));
  const rates = new Float64Array(Math.max(1, Math.ceil(size / step)));
  for (let i = 0; i < model.count; ++i) {
    const begin = Math.max(0, model.places[i]), end = model.places[i + 1], cost = model.cost(i);
    for (let at = begin; at < end;) {
      const part = Math.floor(at / step), stop = Math.min(end, (part + 1) * step);
      rates[part] += cost * (stop - at) / (end - begin);
      at = stop;
    }
  }
  return rates.map((bits, part) => bits / Math.max(1, Math.min(step, size - part * step)));
}

class Curve {
  constructor(node, readout, models, size) {
    const parts = Math.min(500, Math.max(8, Math.floor(size / 200)));
    this.size = Math.max(1, size);
    this.readout = readout;
    this.models = models;
    this.rates = models.map((model) => ratesOf(model, size, parts));
    this.most = Math.max(0.5, ...this.rates.map((rates) => Math.max(...rates)));
    this.svg = drawing('svg', {viewBox: `0 0 ${kWide} ${kHigh}`, preserveAspectRatio: 'none', role: 'img'});
    this.svg.setAttribute('aria-label', 'bits per byte along the text');
    this.mark = drawing('rect', {class: 'mark', y: 0, height: kHigh});
    this.svg.append(this.mark);
    this.rates.forEach((rates, i) => this.svg.append(this.line(rates, i)));
    node.append(element('span', 'scale', this.most.toFixed(1)), this.svg, element('span', 'scale low', '0'));
    this.svg.addEventListener('mousemove', (event) => this.tell(this.placeOf(event)));
    this.svg.addEventListener('mouseleave', () => this.tell(null));
    this.tell(null);
  }

  line(rates, i) {
    const points = [...rates].map((rate, part) => {
      const x = rates.length > 1 ? part * kWide / (rates.length - 1) : 0;
      return `${x.toFixed(1)},${(kHigh - rate * kHigh / this.most).toFixed(2)}`;
    });
    if (rates.length === 1) points.push(points[0].replace(/^[^,]*/, String(kWide)));
    return drawing('polyline', {class: 'line line' + i, points: points.join(' ')});
  }

  placeOf(event) {
    const box = this.svg.getBoundingClientRect();
    return Math.min(this.size - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * this.size)));
  }

  tell(place) {
    if (place === null) {
      this.readout.textContent = 'Click the curve to go to a place.';
      return;
    }
    const rates = this.rates.map((rates) =>
      rates[Math.min(rates.length - 1, Math.floor(place / this.size * rates.length))].toFixed(2));
    this.readout.textContent = `At byte ${place}: ${rates.join(' and ')} bits per byte`;
  }

  show(from, to) {
    this.mark.setAttribute('x', from / this.size * kWide);
    this.mark.setAttribute('width', Math.max(2, (to - from) / this.size * kWide));
  }
}
