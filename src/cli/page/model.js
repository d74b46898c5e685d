// What one model said of the text.

class Model {
  constructor(json, page) {
    this.name = bytesOf(json.name);
    this.arithmetic = json.arithmetic;
    this.context = json.context;
    this.count = json.tokens;
    this.bits = json.bits;
    this.unitsOfBit = page.units_of_bit;
    this.unitsOfProbability = page.units_of_probability;
    const lengths = integersOf(json.lengths, 4);
    this.bytes = bytesOf(json.bytes);
    this.begins = new Uint32Array(lengths.length + 1);
    for (let i = 0; i < lengths.length; ++i) this.begins[i + 1] = this.begins[i] + lengths[i];
    this.tokens = integersOf(json.text, json.number_bytes);
    this.costs = integersOf(json.costs, 2);
    this.guesses = integersOf(json.guesses, json.number_bytes);
    this.probabilities = integersOf(json.probabilities, 2);
    // Where each token begins in the text; the first may do so before it.
    this.places = new Int32Array(this.count + 1);
    this.places[0] = -json.added_bytes;
    for (let i = 0; i < this.count; ++i)
      this.places[i + 1] = this.places[i] + lengths[this.tokens[i]];
  }

  tokenBytes(number) {
    return this.bytes.subarray(this.begins[number], this.begins[number + 1]);
  }

  cost(i) {
    return this.costs[i] / this.unitsOfBit;
  }

  guessesAt(i) {
    return [0, 1, 2].map((k) => ({
      number: this.guesses[3 * i + k],
      probability: this.probabilities[3 * i + k] / this.unitsOfProbability,
    }));
  }

  text(size) {
    const text = new Uint8Array(size);
    for (let i = 0; i < this.count; ++i) {
      const bytes = this.tokenBytes(this.tokens[i]), before = Math.max(0, -this.places[i]);
      text.set(bytes.subarray(before), this.places[i] + before);
    }
    return text;
  }

  // The token that has the byte at `place`.
  tokenAt(place) {
    let low = 0, high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.places[middle] <= place) low = middle; else high = middle - 1;
    }
    return low;
  }

  // Calls show(first, last, from, to) for the tokens first .. last - 1 of the bytes from .. to - 1:
  // one token, or those that share a character.
  forEachPiece(text, from, to, show) {
    let first = this.tokenAt(from);
    while (first > 0 && !isBorder(text, this.places[first])) --first;
    while (first < this.count && this.places[first] < to) {
      let last = first + 1;
      while (last < this.count &&
             (this.places[last] <= 0 || !isBorder(text, this.places[last]))) ++last;
      const begin = Math.max(from, this.places[first]), end = Math.min(to, this.places[last]);
      if (begin < end) show(first, last, begin, end);
      first = last;
    }
  }
}
