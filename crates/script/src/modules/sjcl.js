// Hashes, keyed hashes, key derivation and AES for hook scripts, with the interface of the Stanford JavaScript Crypto
// Library: bitArray; the codecs utf8String, hex, base64, base64url, base32, base32hex and bytes; sha1, sha256, sha512;
// hmac, pbkdf2, cachedPbkdf2, hkdf; aes with the modes gcm and ccm; encrypt and decrypt with their JSON; the four
// exceptions. Random words come from the run's seed, so nothing here is a secret that must withstand who knows it.
// Not there: ecc, bn, ocb2, cbc, ctr, ripemd160, scrypt, srp, array buffers, progressive modes and entropy collectors.

import { randomWords } from 'tombolo:random';

/* ---- Exceptions ---- */

function exceptionOf(label) {
  return class extends Error {
    toString() { return `${label}: ${this.message}`; }
  };
}

const exception = {
  corrupt: exceptionOf('CORRUPT'), invalid: exceptionOf('INVALID'), bug: exceptionOf('BUG'),
  notReady: exceptionOf('NOT READY'),
};
const invalid = (message) => new exception.invalid(message);

/* ---- Bits: words of 32, the last of which may say that it has fewer ---- */

const PARTIAL = 0x100_0000_0000;

const bitArray = {
  partial(length, word, isAligned) {
    return length === 32 ? word : (isAligned ? word | 0 : word << (32 - length)) + length * PARTIAL;
  },

  getPartial(word) { return Math.round(word / PARTIAL) || 32; },

  bitLength(bits) {
    const { length } = bits;
    return length === 0 ? 0 : (length - 1) * 32 + bitArray.getPartial(bits[length - 1]);
  },

  clamp(bits, length) {
    if (bits.length * 32 < length) return bits;
    const kept = bits.slice(0, Math.ceil(length / 32));
    const rest = length & 31;
    const last = kept.length - 1;
    if (last >= 0 && rest > 0) kept[last] = bitArray.partial(rest, kept[last] & (-1 << (32 - rest)), 1);
    return kept;
  },

  bitSlice(bits, start, end) {
    const moved = shifted(bits.slice(Math.floor(start / 32)), start & 31);
    return end === undefined ? moved : bitArray.clamp(moved, end - start);
  },

  /** Up to 32 bits as a number. */
  extract(bits, start, length) {
    const shift = Math.floor((-start - length) & 31);
    const index = Math.floor(start / 32);
    const both = ((start + length - 1) ^ start) & -32;
    const word = both ? (bits[index] << (32 - shift)) ^ (bits[index + 1] >>> shift) : bits[index] >>> shift;
    return length === 32 ? word : word & ((1 << length) - 1);
  },

  concat(a, b) {
    if (a.length === 0 || b.length === 0) return a.concat(b);
    const last = a[a.length - 1];
    const length = bitArray.getPartial(last);
    return length === 32 ? a.concat(b) : joined(a.slice(0, -1), last | 0, length, b);
  },

  /** Looks at every word whatever it finds, so that the time tells nothing. */
  equal(a, b) {
    if (bitArray.bitLength(a) !== bitArray.bitLength(b)) return false;
    let difference = 0;
    for (let i = 0; i < a.length; i += 1) difference |= a[i] ^ b[i];
    return difference === 0;
  },
};

/** `out`, then `count` bits that a word begins with, then `bits`. */
function joined(out, word, count, bits) {
  let carried = word;
  for (let i = 0; i < bits.length; i += 1) {
    out.push(carried | (bits[i] >>> count));
    carried = bits[i] << (32 - count);
  }
  const rest = count + bitArray.getPartial(bits[bits.length - 1]);
  if (rest > 32) out.push(bitArray.partial(rest - 32, carried, 1));
  else out[out.length - 1] = bitArray.partial(rest, out[out.length - 1], 1);
  return out;
}

/** `bits` without the first few of them. */
function shifted(bits, count) {
  const length = bitArray.bitLength(bits) - count;
  if (count === 0) return bits;
  if (length <= 0) return [];
  const out = bits.map((word, i) => (word << count) | ((bits[i + 1] ?? 0) >>> (32 - count)));
  return bitArray.clamp(out, length);
}

const wordAt = (bits, i) => (i < bits.length ? bits[i] | 0 : 0);

/* ---- Codecs ---- */

const bytes = {
  fromBits(bits) {
    const count = bitArray.bitLength(bits) / 8;
    const out = [];
    for (let i = 0; i < count; i += 1) out.push((bits[i >>> 2] >>> (24 - (i & 3) * 8)) & 255);
    return out;
  },

  toBits(list) {
    const { length } = list;
    const out = [];
    let word = 0;
    for (let i = 0; i < length; i += 1) {
      word = (word << 8) | list[i];
      if ((i & 3) === 3) {
        out.push(word);
        word = 0;
      }
    }
    if (length & 3) out.push(bitArray.partial((length & 3) * 8, word));
    return out;
  },
};

const utf8String = {
  fromBits(bits) {
    const list = bytes.fromBits(bits);
    if (list.every((byte) => byte < 128)) return list.map((byte) => String.fromCharCode(byte)).join('');
    return decodeURIComponent(list.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  },

  toBits(text) {
    const escaped = encodeURIComponent(text);
    const list = [];
    for (let i = 0; i < escaped.length; i += 1) {
      const code = escaped.charCodeAt(i);
      list.push(code === 37 ? parseInt(escaped.slice(i + 1, i + 3), 16) : code);
      if (code === 37) i += 2;
    }
    return bytes.toBits(list);
  },
};

const hex = {
  fromBits(bits) {
    const text = bits.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
    return text.slice(0, bitArray.bitLength(bits) / 4);
  },

  toBits(text) {
    const digits = text.replace(/\s|0x/g, '');
    const padded = `${digits}00000000`;
    const out = [];
    for (let i = 0; i < digits.length; i += 8) out.push(parseInt(padded.slice(i, i + 8), 16) ^ 0);
    return bitArray.clamp(out, digits.length * 4);
  },
};

/** Text in which a character stands for `width` bits, filled up with = to whole groups. */
function alphabetical(name, alphabet, width, group, prepare) {
  const values = new Map([...alphabet].map((character, value) => [character, value]));
  return {
    fromBits(bits, noEquals) {
      const length = bitArray.bitLength(bits);
      let out = '';
      for (let start = 0; start < length; start += width) {
        const index = start >>> 5;
        const end = (start & 31) + width;
        const after = end > 32 ? wordAt(bits, index + 1) >>> (64 - end) : 0;
        const here = end > 32 ? bits[index] << (end - 32) : bits[index] >>> (32 - end);
        out += alphabet[(here | after) & ((1 << width) - 1)];
      }
      return noEquals ? out : out.padEnd(Math.ceil(out.length / group) * group, '=');
    },

    toBits(text) {
      const out = [];
      let word = 0;
      let held = 0;
      for (const character of prepare(text)) {
        const value = values.get(character);
        if (value === undefined) throw invalid(`this isn't ${name}!`);
        if (held + width >= 32) {
          held = held + width - 32;
          out.push(word ^ (value >>> held));
          word = held === 0 ? 0 : value << (32 - held);
        } else {
          held += width;
          word ^= value << (32 - held);
        }
      }
      if (held & 56) out.push(bitArray.partial(held & 56, word, 1));
      return out;
    },
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LETTERS_64 = `${LETTERS}${LETTERS.toLowerCase()}0123456789`;
const compact = (text) => text.replace(/\s|=/g, '');
const compactUpper = (text) => compact(text).toUpperCase();
const standard64 = alphabetical('base64', `${LETTERS_64}+/`, 6, 4, compact);
const url64 = alphabetical('base64', `${LETTERS_64}-_`, 6, 4, compact);
const standard32 = alphabetical('base32', `${LETTERS}234567`, 5, 8, compactUpper);
const hex32 = alphabetical('base32hex', `0123456789${LETTERS.slice(0, 22)}`, 5, 8, compactUpper);

/** What has digits that base32 lacks is read as base32hex. */
function eitherBase32(text) {
  try {
    return standard32.toBits(text);
  } catch (error) {
    try {
      return hex32.toBits(text);
    } catch {
      throw error;
    }
  }
}

const codec = {
  utf8String, hex, bytes,
  base64: {
    fromBits: (bits, noEquals, url) => (url ? url64 : standard64).fromBits(bits, noEquals),
    toBits: (text, url) => (url ? url64 : standard64).toBits(text),
  },
  base64url: { fromBits: (bits) => url64.fromBits(bits, true), toBits: (text) => url64.toBits(text) },
  base32: {
    fromBits: (bits, noEquals, extended) => (extended ? hex32 : standard32).fromBits(bits, noEquals),
    toBits: (text, extended) => (extended ? hex32.toBits(text) : eitherBase32(text)),
  },
  base32hex: { fromBits: (bits, noEquals) => hex32.fromBits(bits, noEquals), toBits: (text) => hex32.toBits(text) },
};
const bitsOf = (data) => (typeof data === 'string' ? utf8String.toBits(data) : data);

/* ---- Hashes (FIPS 180-4) ---- */

/** The first 64 bits after the point of the roots of the first primes, as pairs of words. Whole numbers, because the
 * roots of a number with a point differ in their last bit from one machine to the next. */
function rootsOfPrimes(count, degree) {
  const found = [];
  for (let n = 2; found.length < count; n += 1) {
    if (found.every(({ prime }) => n % prime !== 0)) found.push({ prime: n, words: rootWords(BigInt(n), degree) });
  }
  return found.flatMap(({ words }) => words);
}

function rootWords(n, degree) {
  const target = n << (64n * degree);
  let root = 1n << 70n;
  for (;;) {
    const next = ((degree - 1n) * root + target / root ** (degree - 1n)) / degree;
    if (next >= root) break;
    root = next;
  }
  return [Number(BigInt.asIntN(32, root >> 32n)), Number(BigInt.asIntN(32, root))];
}

let constants;

/** Made at first use: many scripts import this and hash nothing. */
function theConstants() {
  if (constants === undefined) {
    const start512 = rootsOfPrimes(8, 2n);
    const rounds512 = rootsOfPrimes(80, 3n);
    const upper = (words) => words.filter((_, i) => i % 2 === 0);
    const start256 = upper(start512);
    constants = { start512, rounds512, start256, rounds256: upper(rounds512).slice(0, 64) };
  }
  return constants;
}

/** A hash that takes its data in pieces. `blockWords` and what `lengthWords` the length takes are the standard's. */
function hashOf(blockWords, lengthWords, start, compress) {
  return class Hash {
    blockSize = blockWords * 32;

    constructor(other) {
      if (other === undefined) {
        this.reset();
      } else {
        this.$state = other.$state.slice();
        this.$rest = other.$rest.slice();
        this.$length = other.$length;
      }
    }

    static hash(data) { return new Hash().update(data).finalize(); }

    reset() {
      this.$state = start();
      this.$rest = [];
      this.$length = 0;
      return this;
    }

    update(data) {
      const bits = bitsOf(data);
      const all = bitArray.concat(this.$rest, bits);
      this.$length += bitArray.bitLength(bits);
      const whole = Math.floor(bitArray.bitLength(all) / this.blockSize) * blockWords;
      for (let i = 0; i < whole; i += blockWords) compress(this.$state, all, i);
      this.$rest = whole === 0 ? all : all.slice(whole);
      return this;
    }

    finalize() {
      const last = bitArray.concat(this.$rest, [bitArray.partial(1, 1)]).map((word) => word | 0);
      while (last.length % blockWords !== blockWords - lengthWords) last.push(0);
      for (let i = 2; i < lengthWords; i += 1) last.push(0);
      last.push(Math.floor(this.$length / 0x1_0000_0000), this.$length | 0);
      for (let i = 0; i < last.length; i += blockWords) compress(this.$state, last, i);
      const digest = this.$state;
      this.reset();
      return digest;
    }
  };
}

const schedule = [];

function compress1(state, data, from) {
  const w = schedule;
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i += 1) {
    if (i < 16) {
      w[i] = data[from + i];
    } else {
      const x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
      w[i] = (x << 1) | (x >>> 31);
    }
    let f;
    if (i < 20) f = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) f = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else f = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + f + e + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
  state[4] = (state[4] + e) | 0;
}

function compress256(state, data, from) {
  const w = schedule;
  const k = constants.rounds256;
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    let word;
    if (i < 16) {
      word = data[from + i];
    } else {
      const x = w[i - 15];
      const y = w[i - 2];
      word = (w[i - 16] + w[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3))
        + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
    }
    w[i] = word;
    const t = h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)))
      + (g ^ (e & (f ^ g))) + k[i] + word;
    const u = (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
      + ((a & b) ^ (c & (a ^ b)));
    h = g;
    g = f;
    f = e;
    e = (d + t) | 0;
    d = c;
    c = b;
    b = a;
    a = (t + u) | 0;
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i += 1) state[i] = (state[i] + sums[i]) | 0;
}

/** Adds to the 64 bits at `i` of a list of words. */
function addAt(words, i, high, low) {
  const sum = (words[i + 1] >>> 0) + (low >>> 0);
  words[i] = (words[i] + high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
  words[i + 1] = sum | 0;
}

/** One half of 64 bits turned right by less than 32; the other half is the same with both exchanged. */
const turned = (high, low, count) => (high >>> count) | (low << (32 - count));

/** The word at `i` of the schedule of SHA-512, from those before it. */
function extend512(w, i) {
  const [xh, xl, yh, yl] = [w[i - 30], w[i - 29], w[i - 4], w[i - 3]];
  w[i] = w[i - 32];
  w[i + 1] = w[i - 31];
  addAt(w, i, w[i - 14], w[i - 13]);
  addAt(w, i, turned(xh, xl, 1) ^ turned(xh, xl, 8) ^ (xh >>> 7),
    turned(xl, xh, 1) ^ turned(xl, xh, 8) ^ turned(xl, xh, 7));
  addAt(w, i, turned(yh, yl, 19) ^ turned(yl, yh, 29) ^ (yh >>> 6),
    turned(yl, yh, 19) ^ turned(yh, yl, 29) ^ turned(yl, yh, 6));
}

function compress512(state, data, from) {
  const w = schedule;
  const k = constants.rounds512;
  let v = state.slice();
  for (let i = 0; i < 160; i += 2) {
    if (i < 32) {
      w[i] = data[from + i];
      w[i + 1] = data[from + i + 1];
    } else {
      extend512(w, i);
    }
    const [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl] = v;
    const t = [hh, hl];
    addAt(t, 0, turned(eh, el, 14) ^ turned(eh, el, 18) ^ turned(el, eh, 9),
      turned(el, eh, 14) ^ turned(el, eh, 18) ^ turned(eh, el, 9));
    addAt(t, 0, gh ^ (eh & (fh ^ gh)), gl ^ (el & (fl ^ gl)));
    addAt(t, 0, k[i], k[i + 1]);
    addAt(t, 0, w[i], w[i + 1]);
    const e = [dh, dl];
    addAt(e, 0, t[0], t[1]);
    addAt(t, 0, turned(ah, al, 28) ^ turned(al, ah, 2) ^ turned(al, ah, 7),
      turned(al, ah, 28) ^ turned(ah, al, 2) ^ turned(ah, al, 7));
    addAt(t, 0, (ah & bh) ^ (ch & (ah ^ bh)), (al & bl) ^ (cl & (al ^ bl)));
    v = [t[0], t[1], ah, al, bh, bl, ch, cl, e[0], e[1], eh, el, fh, fl, gh, gl];
  }
  for (let i = 0; i < 16; i += 2) addAt(state, i, v[i], v[i + 1]);
}

const START_1 = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
const hash = {
  sha1: hashOf(16, 2, () => START_1.slice(), compress1),
  sha256: hashOf(16, 2, () => theConstants().start256.slice(), compress256),
  sha512: hashOf(32, 4, () => theConstants().start512.slice(), compress512),
};

/* ---- Keyed hashes, keys from passwords ---- */

class Hmac {
  constructor(key, Hash = hash.sha256) {
    this.$hash = Hash;
    const words = new Hash().blockSize / 32;
    const short = key.length > words ? Hash.hash(key) : key;
    const padded = (mask) => Array.from({ length: words }, (_, i) => wordAt(short, i) ^ mask);
    this.$inner = new Hash().update(padded(0x36363636));
    this.$outer = new Hash().update(padded(0x5c5c5c5c));
    this.reset();
  }

  reset() {
    this.$running = new this.$hash(this.$inner);
    this.$updated = false;
  }

  update(data) {
    this.$updated = true;
    this.$running.update(data);
  }

  digest() {
    const inner = this.$running.finalize();
    const result = new this.$hash(this.$outer).update(inner).finalize();
    this.reset();
    return result;
  }

  mac(data) {
    if (this.$updated) throw invalid('encrypt on already updated hmac called!');
    this.update(data);
    return this.digest();
  }

  encrypt(data) { return this.mac(data); }
}

function pbkdf2(password, salt, count = 10_000, length = undefined, Keyed = Hmac) {
  if (length < 0 || count < 0) throw invalid('invalid params to pbkdf2');
  const keyed = new Keyed(bitsOf(password));
  const saltBits = bitsOf(salt);
  let out = [];
  for (let block = 1; 32 * out.length < (length || 1); block += 1) {
    let next = keyed.encrypt(bitArray.concat(saltBits, [block]));
    const sum = next.slice();
    for (let round = 1; round < count; round += 1) {
      next = keyed.encrypt(next);
      for (let i = 0; i < next.length; i += 1) sum[i] ^= next[i];
    }
    out = out.concat(sum);
  }
  return length ? bitArray.clamp(out, length) : out;
}

const firstSalts = new Map();
const keptKeys = new Map();

/** What a map has under a name, or what is made for it; a map that grows too long starts again. */
function kept(map, name, make) {
  if (!map.has(name)) {
    if (map.size >= 200) map.clear();
    map.set(name, make());
  }
  return map.get(name);
}

/** Keys are kept: a page of records mostly has one password. Without a salt, a password keeps the first it got. */
function cachedPbkdf2(password, { iter = 1000, salt } = {}) {
  const about = `${iter} ${typeof password} ${password}`;
  const first = kept(firstSalts, about, () => (salt?.length ? salt.slice() : randomWords(2)));
  const used = salt === undefined ? first : salt;
  const key = kept(keptKeys, `${used} ${about}`, () => pbkdf2(password, used, iter));
  return { key: key.slice(), salt: used.slice() };
}

function hkdf(material, length, salt, info, Hash = hash.sha256) {
  const infoBits = bitsOf(info ?? []);
  const seed = new Hmac(bitsOf(salt ?? []), Hash).mac(material);
  const keyed = new Hmac(seed, Hash);
  const blocks = Math.ceil(length / bitArray.bitLength(seed));
  if (blocks > 255) throw invalid('key bit length is too large for hkdf');
  let block = [];
  let out = [];
  for (let i = 1; i <= blocks; i += 1) {
    const numbered = bitArray.concat(bitArray.concat(block, infoBits), [bitArray.partial(8, i)]);
    block = keyed.mac(numbered);
    out = out.concat(block);
  }
  return bitArray.clamp(out, length);
}

/* ---- AES (FIPS 197) ---- */

const double = (byte) => ((byte << 1) ^ (byte & 128 ? 0x11b : 0)) & 255;
let tables;

/** The box, its inverse, and what a byte of a column becomes in a round: there and back. */
function theTables() {
  if (tables === undefined) {
    const box = [];
    const unbox = [];
    let power = 1;
    let inverse = 1;
    do {
      // Times 3, and divided by 3: all values but 0, each with its inverse.
      power ^= double(power);
      inverse ^= inverse << 1;
      inverse ^= inverse << 2;
      inverse = (inverse ^ (inverse << 4)) & 255;
      if (inverse & 128) inverse ^= 9;
      const spread = inverse * 0x101;
      box[power] = ((inverse ^ (spread >>> 4) ^ (spread >>> 5) ^ (spread >>> 6) ^ (spread >>> 7)) & 255) ^ 99;
    } while (power !== 1);
    box[0] = 99;
    for (let i = 0; i < 256; i += 1) unbox[box[i]] = i;
    tables = { box, unbox, forth: box.map((s) => column(double(s), s, s, double(s) ^ s)), back: unbox.map(backColumn) };
  }
  return tables;
}

const column = (a, b, c, d) => (a << 24) | (b << 16) | (c << 8) | d;

function backColumn(s) {
  const two = double(s);
  const four = double(two);
  const eight = double(four);
  return column(eight ^ four ^ two, eight ^ s, eight ^ four ^ s, eight ^ two ^ s);
}

class Aes {
  constructor(key) {
    if (![4, 6, 8].includes(key.length)) throw invalid('invalid aes key size');
    const { box, unbox, forth, back } = theTables();
    const words = key.slice();
    const total = key.length * 4 + 28;
    let round = 1;
    for (let i = key.length; i < total; i += 1) {
      let word = words[i - 1];
      const place = i % key.length;
      if (place === 0) word = (word << 8) | (word >>> 24);
      if (place === 0 || (key.length === 8 && place === 4)) {
        word = column(box[word >>> 24], box[(word >>> 16) & 255], box[(word >>> 8) & 255], box[word & 255]);
      }
      if (place === 0) {
        word ^= round << 24;
        round = double(round);
      }
      words[i] = words[i - key.length] ^ word;
    }
    this.$forth = { words, step: 1, table: forth, box };
    this.$back = { words: unscheduled(words, box, back), step: 3, table: back, box: unbox };
  }

  encrypt(block) { return cipherBlock(this.$forth, block); }
  decrypt(block) { return cipherBlock(this.$back, block); }
}

const rolled = (word, count) => (word >>> count) | (word << (32 - count));

/** The keys of the rounds from the last to the first, those between with their columns mixed back. */
function unscheduled(words, box, back) {
  const mixed = (word) => back[box[word >>> 24]] ^ rolled(back[box[(word >>> 16) & 255]], 8)
    ^ rolled(back[box[(word >>> 8) & 255]], 16) ^ rolled(back[box[word & 255]], 24);
  const last = words.length - 4;
  return words.map((_, i) => {
    const from = words[last - (i & ~3) + (i & 3)];
    return i < 4 || i >= last ? from : mixed(from);
  });
}

function cipherBlock({ words, step, table, box }, block) {
  if (block.length !== 4) throw invalid('invalid aes block size');
  let state = block.map((word, i) => word ^ words[i]);
  const last = words.length - 4;
  const second = step;
  const fourth = (step + 2) & 3;
  for (let at = 4; at < last; at += 4) {
    const next = [0, 0, 0, 0];
    for (let i = 0; i < 4; i += 1) {
      next[i] = words[at + i] ^ table[state[i] >>> 24] ^ rolled(table[(state[(i + second) & 3] >>> 16) & 255], 8)
        ^ rolled(table[(state[(i + 2) & 3] >>> 8) & 255], 16) ^ rolled(table[state[(i + fourth) & 3] & 255], 24);
    }
    state = next;
  }
  return state.map((word, i) => words[last + i] ^ column(box[word >>> 24], box[(state[(i + second) & 3] >>> 16) & 255],
    box[(state[(i + 2) & 3] >>> 8) & 255], box[state[(i + fourth) & 3] & 255]));
}

/* ---- Modes ---- */

/** `bits` with the cipher of counters laid over them; `counter` is that of the first block. */
function counted(cipher, bits, counter) {
  const length = bitArray.bitLength(bits);
  const block = counter.slice();
  const out = [];
  for (let i = 0; i < bits.length; i += 4) {
    const mask = cipher.encrypt(block);
    for (let j = 0; j < 4 && i + j < bits.length; j += 1) out.push(bits[i + j] ^ mask[j]);
    block[3] = (block[3] + 1) | 0;
  }
  return bitArray.clamp(out, length);
}

const split = (bits, tailLength) => {
  const length = bitArray.bitLength(bits) - tailLength;
  return [bitArray.clamp(bits, length), bitArray.bitSlice(bits, length)];
};

/** The multiples of a value by four bits in the field of GCM (NIST SP 800-38D), where the first bit is the lowest. */
function multiplesOf(value) {
  const multiples = [[0, 0, 0, 0]];
  let power = value;
  for (let bit = 8; bit > 0; bit >>= 1) {
    multiples[bit] = power;
    const [a, b, c, d] = power;
    const out = d & 1 ? 0xe1000000 : 0;
    power = [(a >>> 1) ^ out, (b >>> 1) | (a << 31), (c >>> 1) | (b << 31), (d >>> 1) | (c << 31)];
  }
  for (let i = 3; i < 16; i += 1) {
    const top = 1 << (31 - Math.clz32(i));
    if (i !== top) multiples[i] = multiples[top].map((word, j) => word ^ multiples[i - top][j]);
  }
  return multiples;
}

/** What four bits that leave at the end bring back at the start. */
const RETURNED = Array.from({ length: 16 }, (_, bits) => {
  let word = 0;
  for (let i = 0; i < 4; i += 1) word = (word >>> 1) ^ ((bits >> i) & 1 ? 0xe1000000 : 0);
  return word;
});

function ghash(multiples, start, bits) {
  let [a, b, c, d] = start;
  for (let i = 0; i < bits.length; i += 4) {
    const block = [a ^ wordAt(bits, i), b ^ wordAt(bits, i + 1), c ^ wordAt(bits, i + 2), d ^ wordAt(bits, i + 3)];
    a = b = c = d = 0;
    for (let nibble = 31; nibble >= 0; nibble -= 1) {
      const out = RETURNED[d & 15];
      const by = multiples[(block[nibble >>> 3] >>> (28 - (nibble & 7) * 4)) & 15];
      d = ((d >>> 4) | (c << 28)) ^ by[3];
      c = ((c >>> 4) | (b << 28)) ^ by[2];
      b = ((b >>> 4) | (a << 28)) ^ by[1];
      a = (a >>> 4) ^ out ^ by[0];
    }
  }
  return [a, b, c, d];
}

const ZERO = [0, 0, 0, 0];
const lengthWords = (length) => [Math.floor(length / 0x1_0000_0000), length | 0];

function gcmRun(cipher, data, iv, adata, tagLength, decrypting) {
  const multiples = multiplesOf(cipher.encrypt(ZERO));
  const ivLength = bitArray.bitLength(iv);
  const first = ivLength === 96 ? [...iv, 1]
    : ghash(multiples, ghash(multiples, ZERO, iv), [0, 0, ...lengthWords(ivLength)]);
  const next = [first[0], first[1], first[2], (first[3] + 1) | 0];
  const out = counted(cipher, data, next);
  const sealed = decrypting ? data : out;
  const lengths = [...lengthWords(bitArray.bitLength(adata)), ...lengthWords(bitArray.bitLength(data))];
  const sum = ghash(multiples, ghash(multiples, ghash(multiples, ZERO, adata), sealed), lengths);
  const tag = cipher.encrypt(first).map((word, i) => word ^ sum[i]);
  return [out, bitArray.clamp(tag, tagLength)];
}

/** The counter of CCM (RFC 3610): how many bytes are left for it decides how much of the iv is used. */
function ccmStart(iv, dataLength) {
  const ivBytes = bitArray.bitLength(iv) / 8;
  if (ivBytes < 7) throw invalid('ccm: iv must be at least 7 bytes');
  let width = 2;
  while (width < 4 && dataLength / 8 >>> (8 * width)) width += 1;
  width = Math.max(width, 15 - ivBytes);
  return { width, nonce: bitArray.clamp(iv, (15 - width) * 8) };
}

const withFirstByte = (byte, bits) => {
  const block = bitArray.concat([bitArray.partial(8, byte)], bits).map((word) => word | 0);
  while (block.length < 4) block.push(0);
  return block;
};

/** The sum that seals data: a chain of ciphers over the lengths, what is only authenticated, and the data. */
function ccmSum(cipher, data, { width, nonce }, adata, tagLength) {
  if (tagLength % 16 || tagLength < 32 || tagLength > 128) throw invalid('ccm: invalid tag length');
  const tagCode = (tagLength / 8 - 2) << 2;
  const start = withFirstByte((adata.length ? 64 : 0) | tagCode | (width - 1), nonce);
  start[3] |= bitArray.bitLength(data) / 8;
  let sum = cipher.encrypt(start);
  const chain = (bits) => {
    for (let i = 0; i < bits.length; i += 4) {
      sum = cipher.encrypt(sum.map((word, j) => word ^ wordAt(bits, i + j)));
    }
  };
  if (adata.length) {
    const count = bitArray.bitLength(adata) / 8;
    const head = count <= 0xfeff ? [bitArray.partial(16, count)]
      : bitArray.concat([bitArray.partial(16, 0xfffe)], [count]);
    chain(bitArray.concat(head, adata));
  }
  chain(data);
  return bitArray.clamp(sum, tagLength);
}

function ccmTag(cipher, sum, counter, tagLength) {
  return bitArray.clamp(counted(cipher, bitArray.clamp(sum, tagLength), counter), tagLength);
}

const mode = {
  gcm: {
    name: 'gcm',
    encrypt(cipher, data, iv, adata = [], tagLength = 128) {
      return bitArray.concat(...gcmRun(cipher, data, iv, adata, tagLength, false));
    },
    decrypt(cipher, sealed, iv, adata = [], tagLength = 128) {
      const tooShort = bitArray.bitLength(sealed) <= tagLength;
      const [data, given] = tooShort ? [[], sealed] : split(sealed, tagLength);
      const [out, tag] = gcmRun(cipher, data, iv, adata, tagLength, true);
      if (!bitArray.equal(tag, given)) throw new exception.corrupt("gcm: tag doesn't match");
      return out;
    },
  },
  ccm: {
    name: 'ccm',
    encrypt(cipher, data, iv, adata = [], tagLength = 64) {
      const start = ccmStart(iv, bitArray.bitLength(data));
      const sum = ccmSum(cipher, data, start, adata, tagLength);
      const counter = withFirstByte(start.width - 1, start.nonce);
      const out = counted(cipher, data, [counter[0], counter[1], counter[2], counter[3] + 1]);
      return bitArray.concat(out, ccmTag(cipher, sum, counter, tagLength));
    },
    decrypt(cipher, sealed, iv, adata = [], tagLength = 64) {
      const [data, given] = split(sealed, tagLength);
      const start = ccmStart(iv, bitArray.bitLength(data));
      const counter = withFirstByte(start.width - 1, start.nonce);
      const out = counted(cipher, data, [counter[0], counter[1], counter[2], counter[3] + 1]);
      const sum = ccmSum(cipher, out, start, adata, tagLength);
      if (!bitArray.equal(ccmTag(cipher, sum, counter, tagLength), given)) {
        throw new exception.corrupt("ccm: tag doesn't match");
      }
      return out;
    },
  },
};

/* ---- Encrypted JSON ---- */

const cipher = { aes: Aes };
const defaults = { v: 1, iter: 10_000, ks: 128, ts: 64, mode: 'ccm', adata: '', cipher: 'aes' };
const BINARY = ['ct', 'adata', 'salt', 'iv'];

/** `escape` and `unescape`, which not every interpreter has. */
const escaped = (text) => text.replace(/[^\w@*+\-./]/g, (character) => {
  const code = character.charCodeAt(0).toString(16).toUpperCase();
  return code.length > 2 ? `%u${code.padStart(4, '0')}` : `%${code.padStart(2, '0')}`;
});
const unescaped = (text) => text.replace(/%u([\da-f]{4})|%([\da-f]{2})/gi,
  (_, long, short) => String.fromCharCode(parseInt(long ?? short, 16)));

function encode(object) {
  const parts = Object.entries(object).map(([name, value]) => {
    if (!/^[a-z0-9]+$/i.test(name)) throw invalid('json encode: invalid property name');
    switch (typeof value) {
      case 'number': case 'boolean': return `"${name}":${value}`;
      case 'string': return `"${name}":"${escaped(value)}"`;
      case 'object': return `"${name}":"${standard64.fromBits(value)}"`;
      default: throw new exception.bug('json encode: unsupported type');
    }
  });
  return `{${parts.join(',')}}`;
}

function decode(text) {
  const compacted = text.replace(/\s/g, '');
  if (!/^\{.*\}$/.test(compacted)) throw invalid("json decode: this isn't json!");
  const out = {};
  for (const part of compacted.slice(1, -1).split(',')) {
    const match = /^(["']?)([a-z]\w*)\1:(?:(-?\d+)|"([a-z0-9+/%*_.@=-]*)"|(true|false))$/i.exec(part);
    if (match === null) throw invalid("json decode: this isn't json!");
    const [, , name, number, string, truth] = match;
    if (number !== undefined) out[name] = Number(number);
    else if (string === undefined) out[name] = truth === 'true';
    else out[name] = BINARY.includes(name) ? standard64.toBits(string) : unescaped(string);
  }
  return out;
}

function checked(params, what) {
  const { iter, ts, ks, iv } = params;
  const sizes = [64, 96, 128].includes(ts) && [128, 192, 256].includes(ks);
  const known = Object.hasOwn(mode, params.mode) && Object.hasOwn(cipher, params.cipher);
  const slow = typeof what.password !== 'string' || iter > 100;
  if (!sizes || !known || !slow || iv.length < 2 || iv.length > 4) {
    throw invalid(`json ${what.action}: invalid parameters`);
  }
}

/** The key that a password makes, or the key itself; a new salt goes into `params`. */
function keyOf(password, params) {
  if (typeof password !== 'string') return password;
  const { key, salt } = cachedPbkdf2(password, params);
  params.salt = salt;
  return key.slice(0, params.ks / 32);
}

const fromText = (value) => (typeof value === 'string' ? standard64.toBits(value) : value);

function encryptTo(password, plaintext, given = {}, report = {}) {
  const params = { iv: randomWords(4), ...defaults, ...given };
  params.adata = bitsOf(params.adata);
  if (params.salt !== undefined) params.salt = fromText(params.salt);
  params.iv = fromText(params.iv);
  checked(params, { action: 'encrypt', password });
  const key = keyOf(password, params);
  Object.assign(report, params, { key });
  const aes = new cipher[params.cipher](key);
  params.ct = mode[params.mode].encrypt(aes, bitsOf(plaintext), params.iv, params.adata, params.ts);
  return params;
}

function decryptFrom(password, sealed, given = {}, report = {}) {
  for (const name of Object.keys(given)) {
    if (sealed[name] !== undefined && sealed[name] !== given[name]) throw invalid('required parameter overridden');
  }
  const params = { ...defaults, ...sealed, ...given };
  params.adata = bitsOf(params.adata);
  if (params.salt !== undefined) params.salt = fromText(params.salt);
  params.iv = fromText(params.iv);
  checked(params, { action: 'decrypt', password });
  const key = keyOf(password, params);
  const aes = new cipher[params.cipher](key);
  const out = mode[params.mode].decrypt(aes, params.ct, params.iv, params.adata, params.ts);
  Object.assign(report, params, { key });
  return params.raw === 1 ? out : utf8String.fromBits(out);
}

const json = {
  defaults, encode, decode,
  encrypt: (password, plaintext, params, report) => encode(encryptTo(password, plaintext, params, report)),
  decrypt: (password, text, params, report) => decryptFrom(password, decode(text), params, report),
};

const random = {
  randomWords: (count) => randomWords(count), isReady: () => 1, getProgress: () => 1,
  addEntropy() {}, startCollectors() {}, stopCollectors() {}, setDefaultParanoia() {},
};

const misc = { hmac: Hmac, pbkdf2, cachedPbkdf2, hkdf };
const { encrypt, decrypt } = json;

// By name too: scripts import it in either way.
export { bitArray, codec, hash, cipher, mode, json, exception, random, misc, encrypt, decrypt };
export default {
  bitArray, codec, hash, cipher, mode, json, exception, random, misc,
  encrypt, decrypt,
};
