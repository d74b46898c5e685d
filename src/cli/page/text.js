'use strict';
// Bytes as text: what is no character, or would not be seen, is shown in a box.

const kInvisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u;
const kSigns = {' ': '\u2423', '\n': '\u21b5', '\t': '\u21e5'};
const utf8 = new TextDecoder('utf-8', {ignoreBOM: true});

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function integersOf(base64, size) {
  const bytes = bytesOf(base64);
  return size === 4 ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer);
}

// The length of the well-formed character of UTF-8 that begins at bytes[at]; 0 where none does.
function characterBytes(bytes, at) {
  const first = bytes[at], second = bytes[at + 1];
  if (first < 0x80) return 1;
  const size = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3
    : first >= 0xc2 && first < 0xe0 ? 2 : 0;
  if (at + size > bytes.length) return 0;
  for (let i = 1; i < size; ++i)
    if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f) ||
      (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return size;
}

// Whether no character has bytes on both sides of bytes[at].
function isBorder(bytes, at) {
  if (at <= 0 || at >= bytes.length || (bytes[at] & 0xc0) !== 0x80) return true;
  for (let back = 1; back <= 3 && back <= at; ++back)
    if (bytes[at - back] >= 0xc2) return characterBytes(bytes, at - back) <= back;
  return true;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Adds bytes[from .. to - 1] to a node. blanks: what is shown of blanks and line ends are signs.
function appendText(node, bytes, from, to, blanks) {
  let plain = from;
  const flush = (end) => {
    if (end > plain) node.append(utf8.decode(bytes.subarray(plain, end)));
  };
  for (let at = from, size; at < to; at += size) {
    size = Math.min(characterBytes(bytes, at), to - at);
    const character = size > 0 ? utf8.decode(bytes.subarray(at, at + size)) : '';
    let box = null;
    if (size === 0) {
      size = 1;
      box = element('b', 'byte', bytes[at].toString(16).padStart(2, '0').toUpperCase());
    } else if (kInvisible.test(character)) {
      const code = character.codePointAt(0).toString(16).toUpperCase();
      box = element('b', 'control', code.length > 2 ? 'U+' + code.padStart(4, '0') : code.padStart(2, '0'));
    } else if (blanks && kSigns[character]) {
      box = element('i', 'blank', kSigns[character]);
    } else if (character === '\n') {
      box = element('i', 'end', '\n');
    }
    if (!box) continue;
    flush(at);
    plain = at + size;
    node.append(box);
  }
  flush(to);
}

const allOf = (bytes) => [bytes, 0, bytes.length];
