// Dates for hook scripts, with the interface of Day.js: its core and, always on, what its plugins utc, timezone,
// customParseFormat, advancedFormat, localizedFormat, weekOfYear, weekYear, isoWeek, isoWeeksInYear, quarterOfYear,
// dayOfYear, weekday, isLeapYear, isBetween, isSameOrBefore, isSameOrAfter, isToday and its neighbours, toArray,
// toObject, minMax, arraySupport, objectSupport, pluralGetSet, relativeTime and duration add. Local time is UTC. A date
// in a time zone keeps its offset when it is moved, as in Day.js; only startOf and endOf look the offset up again.
// Not there: languages other than English, `calendar`, plugins of the script's own, and names of time zones outside
// the United States (`z` writes GMT+9 for them, `zzz` too). Where Day.js 1.11 is plainly wrong this is right: isoWeek
// near midnight and isoWeek's tokens with an offset, one utcOffset after another, ends of months before 1970 in a time
// zone, a week's number in a format read in UTC, weeks and fractions of seconds of a duration that is added to a date,
// and a part that a duration lacks (Day.js writes “undefined”, this writes zero).

import { zoneOffset } from 'tombolo:zones';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const WEEK = 7 * DAY;
const YEAR = 365 * DAY;
const LENGTHS = {
  year: YEAR, month: YEAR / 12, week: WEEK, day: DAY, hour: HOUR, minute: MINUTE, second: SECOND, millisecond: 1,
};
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
  'November', 'December'];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3));
const INVALID = 'Invalid Date';

const pad = (value, width) => String(value).padStart(width, '0');
const signed = (number) => (number < 0 ? '-' : '+');

/** Keeps what `make` returns for a key; forgets all when there are too many, so that built formats cannot pile up. */
function remembered(make) {
  const known = new Map();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      if (known.size >= 200) known.clear();
      known.set(key, value);
    }
    return value;
  };
}

const SHORT_UNITS = {
  y: 'year', Q: 'quarter', M: 'month', w: 'week', d: 'day', D: 'date', h: 'hour', m: 'minute', s: 'second',
  ms: 'millisecond',
};
const unitOf = remembered((unit) => SHORT_UNITS[unit] ?? String(unit ?? '').toLowerCase().replace(/s$/, ''));

/* ---- Calendar ---- */

const clip = (ms) => (Math.abs(ms) <= 8.64e15 ? Math.trunc(ms) + 0 : NaN);

/** `Date.UTC` would take the years 0 to 99 for those of the 20th century. */
function monthStart(year, month) {
  return year > 100 ? Date.UTC(year, month, 1) : new Date(0).setUTCFullYear(year, month, 1);
}

const daysInMonth = (wall) => new Date(monthStart(wall.getUTCFullYear(), wall.getUTCMonth() + 1) - DAY).getUTCDate();
const dayFloor = (ms) => Math.floor(ms / DAY) * DAY;
const isoDay = (wall) => wall.getUTCDay() || 7;

/** Year and week by the Thursday (`iso`) or Saturday of the week: it lies in the year that the week counts for. */
function weekOf(wall, iso) {
  const decisive = dayFloor(wall.getTime()) + (iso ? 4 - isoDay(wall) : 6 - wall.getUTCDay()) * DAY;
  const year = new Date(decisive).getUTCFullYear();
  return { year, week: Math.floor((decisive - monthStart(year, 0)) / WEEK) + 1 };
}

/** Where a unit around a wall time begins, `ahead` units later; an unknown unit is a millisecond. */
function unitStart(wall, unit, ahead) {
  const ms = wall.getTime();
  switch (unit) {
    case 'year': return monthStart(wall.getUTCFullYear() + ahead, 0);
    case 'quarter': return monthStart(wall.getUTCFullYear(), (Math.floor(wall.getUTCMonth() / 3) + ahead) * 3);
    case 'month': return monthStart(wall.getUTCFullYear(), wall.getUTCMonth() + ahead);
    case 'week': return dayFloor(ms) - wall.getUTCDay() * DAY + ahead * WEEK;
    case 'isoweek': return dayFloor(ms) - (isoDay(wall) - 1) * DAY + ahead * WEEK;
    case 'day': case 'date': return dayFloor(ms) + ahead * DAY;
    case 'hour': case 'minute': case 'second': {
      const length = LENGTHS[unit];
      return (Math.floor(ms / length) + ahead) * length;
    }
    default: return ms + ahead;
  }
}

/** Changes one field of a wall time; a day that the month lacks becomes its last. */
function setField(wall, unit, value) {
  switch (unit) {
    case 'year': case 'month': {
      const day = wall.getUTCDate();
      wall.setUTCDate(1);
      if (unit === 'year') wall.setUTCFullYear(value);
      else wall.setUTCMonth(value);
      return wall.setUTCDate(Math.min(day, daysInMonth(wall)));
    }
    case 'date': return wall.setUTCDate(value);
    case 'day': return wall.setUTCDate(wall.getUTCDate() + (value - wall.getUTCDay()));
    case 'hour': return wall.setUTCHours(value);
    case 'minute': return wall.setUTCMinutes(value);
    case 'second': return wall.setUTCSeconds(value);
    case 'millisecond': return wall.setUTCMilliseconds(value);
    default: return wall.getTime();
  }
}

const addMonths = (ms, months) => {
  const wall = new Date(ms);
  return setField(wall, 'month', wall.getUTCMonth() + months);
};

/** Months from `b` to `a` with a fraction: what is left over is measured by the month it lies in. */
function monthsBetween(aMs, aShift, bMs, bShift) {
  const a = new Date(aMs + aShift);
  const b = new Date(bMs + bShift);
  if (a.getUTCDate() < b.getUTCDate()) return -monthsBetween(bMs, bShift, aMs, aShift);
  const whole = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + (b.getUTCMonth() - a.getUTCMonth());
  const anchor = addMonths(aMs + aShift, whole) - aShift;
  const rest = bMs - anchor;
  const other = addMonths(aMs + aShift, whole + (rest < 0 ? -1 : 1)) - aShift;
  return -(whole + rest / Math.abs(other - anchor));
}

/* ---- Time zones ---- */

let defaultZone;

function offsetIn(zone, ms) {
  if (Number.isNaN(ms)) return 0;
  const offset = zoneOffset(zone, ms);
  if (offset === undefined) throw new RangeError(`Invalid time zone specified: ${zone}`);
  return offset;
}

/** The moment at which clocks of a zone show a time. Of two it is the one with the offset of today; a time that is
 * skipped is moved on by what is skipped. */
function momentOfWall(zone, wallMs) {
  const today = offsetIn(zone, Date.now());
  const near = offsetIn(zone, wallMs - today * MINUTE);
  if (near === today) return wallMs - near * MINUTE;
  const nearer = offsetIn(zone, wallMs - near * MINUTE);
  return wallMs - (near === nearer ? near : Math.min(near, nearer)) * MINUTE;
}

function inZone(zone, ms, offset) {
  return new Dayjs(ms, offset === 0 && !Number.isNaN(ms), offset, zone);
}

const AMERICAN = [['E', 'Eastern', -300], ['C', 'Central', -360], ['M', 'Mountain', -420], ['P', 'Pacific', -480],
  ['AK', 'Alaska', -540], ['H', 'Hawaii-Aleutian', -600]];
const AMERICAN_ZONES = { New_York: 0, Detroit: 0, Toronto: 0, Chicago: 1, Denver: 2, Phoenix: 2, Boise: 2,
  Los_Angeles: 3, Anchorage: 4, Honolulu: 5 };

function zoneName(zone, offset, long) {
  if (zone === undefined || zone === 'UTC') return long ? 'Coordinated Universal Time' : 'UTC';
  const american = AMERICAN[AMERICAN_ZONES[zone.replace(/^(America|Pacific)\//, '')]];
  if (american) {
    const [letters, name, standard] = american;
    const summer = offset !== standard;
    return long ? `${name} ${summer ? 'Daylight' : 'Standard'} Time` : `${letters}${summer ? 'D' : 'S'}T`;
  }
  if (offset === 0) return 'GMT';
  const minutes = Math.abs(offset) % 60;
  return `GMT${signed(offset)}${Math.floor(Math.abs(offset) / 60)}${minutes ? `:${pad(minutes, 2)}` : ''}`;
}

/* ---- Reading ---- */

const PLAIN = /^(\d{4})[-/]?(\d\d?)?[-/]?(\d\d?)?[Tt\s]*(\d\d?)?:?(\d\d?)?:?(\d\d?)?[.:]?(\d+)?$/;
const ISO = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)$/i;

function parseText(text) {
  const last = text.charCodeAt(text.length - 1) | 32;
  const plain = last === 122 ? null : PLAIN.exec(text);
  if (plain === null) return parseIso(text);
  const month = plain[2] === undefined ? 0 : plain[2] - 1;
  const fraction = plain[7] === undefined ? 0 : plain[7].slice(0, 3);
  return Date.UTC(plain[1], month, plain[3] ?? 1, plain[4] ?? 0, plain[5] ?? 0, plain[6] ?? 0, fraction);
}

function parseIso(text) {
  const iso = ISO.exec(text);
  if (iso === null) return parseLoose(text);
  const milliseconds = iso[7] === undefined ? 0 : Number(iso[7].slice(0, 3).padEnd(3, '0'));
  const time = [Number(iso[4]), Number(iso[5]), Number(iso[6] ?? 0), milliseconds];
  return checkedMs(Number(iso[1]), Number(iso[2]), Number(iso[3]), time, zoneText(iso[8]));
}

/** Minutes of `Z`, `+05:30` or `+0530`; NaN for more than a clock has. */
function zoneText(text) {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  return hours > 23 || minutes > 59 ? NaN : (text[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/** What the fields say, or NaN when one is out of its range; a day up to 31 runs over into the next month. */
function checkedMs(year, month, day, time, offset) {
  const [hour = 0, minute = 0, second = 0, millisecond = 0] = time;
  const tooLate = hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second + millisecond > 0);
  if (month < 1 || month > 12 || day < 1 || day > 31 || tooLate) return NaN;
  const start = monthStart(year, month - 1) + (day - 1) * DAY;
  return clip(start + hour * HOUR + minute * MINUTE + second * SECOND + millisecond - offset * MINUTE);
}

const LOOSE = /(\d+)([:.]?)|([a-z]+)\.?|([+-])|\([^)]*\)?/gi;
const ZONE_WORDS = { z: 0, ut: 0, utc: 0, gmt: 0, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360,
  pst: -480, pdt: -420 };

/** Dates as people and mail programs write them: month before day, month names, am and pm, offsets and a few zones. */
function parseLoose(text) {
  const loose = new Loose();
  for (const [whole, digits, follower, word] of text.matchAll(LOOSE)) {
    if (digits !== undefined) loose.takeNumber(digits, follower);
    else if (word !== undefined) loose.takeWord(word.toLowerCase());
    loose.sign = { '+': 1, '-': -1 }[whole];
  }
  return loose.ms();
}

class Loose {
  dates = [];
  time = [];
  /** What a number after a colon belongs to. */
  open = undefined;
  bad = false;
  sign = undefined;
  month = undefined;
  noon = undefined;
  offset = undefined;

  takeNumber(digits, follower) {
    const number = Number(digits);
    const colon = follower === ':';
    const { time } = this;
    if (this.sign !== undefined && (this.offset !== undefined || time.length > 0)) {
      const short = digits.length < 3;
      this.offset = this.sign * (short ? number * 60 : Math.floor(number / 100) * 60 + (number % 100));
      this.open = colon ? 'offset' : undefined;
    } else if (this.open === 'offset') {
      this.offset += (this.offset < 0 ? -1 : 1) * number;
      this.open = undefined;
    } else if (this.open === 'time' || colon) {
      if (this.sign !== undefined) this.bad = true;
      time.push(time.length === 3 ? Number(digits.slice(0, 3).padEnd(3, '0')) : number);
      this.open = colon || (follower === '.' && time.length === 3) ? 'time' : undefined;
    } else {
      this.dates.push(number);
    }
  }

  /** Words before the first number mean nothing when they are not known, such as the day of the week. */
  takeWord(word) {
    const month = SHORT_MONTHS.findIndex((name) => word.startsWith(name.toLowerCase()));
    const started = this.dates.length + this.time.length > 0;
    if (month >= 0) this.month = month + 1;
    else if (word === 'am' || word === 'pm') this.noon = word;
    else if (started && ZONE_WORDS[word] !== undefined) this.offset = ZONE_WORDS[word];
    else if (started) this.bad = true;
  }

  ms() {
    const { dates, month, time, noon } = this;
    if (this.bad || dates.length === 0 || dates.length > (month === undefined ? 3 : 2)) return NaN;
    if (noon !== undefined) {
      if (!(time[0] <= 12)) return NaN;
      time[0] = (time[0] % 12) + (noon === 'pm' ? 12 : 0);
    }
    return looseMoment(dates, month, time, this.offset ?? 0);
  }
}

/** Three numbers are month, day, year, or year, month, day when the first cannot be a day; those missing are 1. */
function looseMoment([a, b = 1, c = 1], named, time, offset) {
  const yearFirst = a < 1 || a > 31;
  const last = named === undefined ? c : b;
  const year = yearFirst ? a : last;
  const month = named ?? (yearFirst ? b : a);
  let day = yearFirst ? last : a;
  if (named === undefined && !yearFirst) day = b;
  const century = year < 50 ? 2000 : 1900;
  return checkedMs(year < 100 ? century + year : year, month, day, time, offset);
}

/** The order in which an array has them, which is that of `Date.UTC`. */
const OBJECT_UNITS = ['year', 'month', 'date', 'hour', 'minute', 'second', 'millisecond'];

function parseObject(object) {
  const fields = {};
  for (const name of Object.keys(object)) {
    const unit = unitOf(name);
    fields[unit === 'day' ? 'date' : unit] = object[name];
  }
  const { year, month, date } = fields;
  const values = OBJECT_UNITS.map((unit) => fields[unit] ?? 0);
  if (!OBJECT_UNITS.some((unit) => fields[unit] !== undefined)) return Date.now();
  const now = new Date();
  const dated = year !== undefined || month !== undefined || date !== undefined;
  values[0] = year ?? now.getUTCFullYear();
  values[1] = month ?? (dated ? 0 : now.getUTCMonth());
  values[2] = date ?? (dated ? 1 : now.getUTCDate());
  return Date.UTC(...values);
}

/** Milliseconds since 1970 of whatever Day.js takes for a date, without making one. */
function toMs(input) {
  switch (typeof input) {
    case 'string': return parseText(input);
    case 'number': return clip(input);
    case 'undefined': return Date.now();
    case 'object': break;
    default: return clip(Number(input));
  }
  if (input === null) return NaN;
  if (input instanceof Dayjs) return input.$ms;
  if (input instanceof Date) return input.getTime();
  if (Array.isArray(input)) return input.length === 0 ? Date.now() : arrayMs(input);
  const value = input.valueOf();
  return typeof value === 'object' ? parseObject(input) : toMs(value);
}

function arrayMs(array) {
  return array[0] === null ? NaN : Date.UTC(array[0], ...array.slice(1, 7));
}

/* ---- Reading by a format ---- */

const LOCALIZED = {
  LTS: 'h:mm:ss A', LT: 'h:mm A', L: 'MM/DD/YYYY', LL: 'MMMM D, YYYY', LLL: 'MMMM D, YYYY h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A', l: 'M/D/YYYY', ll: 'MMM D, YYYY', lll: 'MMM D, YYYY h:mm A',
  llll: 'ddd, MMM D, YYYY h:mm A',
};
const spelledOut = (format) => format.replace(/\[[^\]]+\]|LTS|LT|L{1,4}|l{1,4}/g, (part) => LOCALIZED[part] ?? part);

const WORD = /\d*[^-_:/,()\s\d]+/g;
const field = (name, pattern, scale = 1) => [pattern, (fields, text) => {
  fields[name] = Number(text) * scale;
  return true;
}];
const monthNamed = (names) => [WORD, (fields, text) => {
  fields.month = names.indexOf(text) + 1;
  return fields.month > 0;
}];
const afternoon = (mark) => [WORD, (fields, text) => {
  fields.noon = text === mark ? 'pm' : 'am';
  return true;
}];
const shift = [/[+-]\d\d(?::?\d\d)?|Z/g, (fields, text) => {
  fields.shift = zoneText(text.length === 3 ? `${text}00` : text);
  return true;
}];

const TWO = /\d\d/g;
const ONE_OR_TWO = /\d\d?/g;
const [HOURS, MINUTES, SECONDS] = ['hour', 'minute', 'second'].map((name) => field(name, ONE_OR_TWO));
/** How a token is found, and what is done with what was found; false ends the reading. */
const READERS = {
  YYYY: field('year', /\d{4}/g), Y: field('year', /[+-]?\d+/g),
  YY: [TWO, (fields, text) => {
    fields.year = Number(text) + (text > 68 ? 1900 : 2000);
    return true;
  }],
  Q: [/\d/g, (fields, text) => {
    fields.month = text * 3 - 2;
    return true;
  }],
  MMMM: monthNamed(MONTHS), MMM: monthNamed(SHORT_MONTHS), MM: field('month', TWO), M: field('month', ONE_OR_TWO),
  ww: field('week', TWO), w: field('week', ONE_OR_TWO),
  Do: [WORD, (fields, text) => {
    fields.day = /\d+/.exec(text)?.[0];
    return fields.day !== undefined;
  }],
  DD: field('day', TWO), D: field('day', ONE_OR_TWO),
  HH: HOURS, H: HOURS, hh: HOURS, h: HOURS, mm: MINUTES, m: MINUTES, ss: SECONDS, s: SECONDS,
  SSS: field('millisecond', /\d{3}/g), SS: field('millisecond', TWO, 10), S: field('millisecond', /\d/g, 100),
  A: afternoon('PM'), a: afternoon('pm'), Z: shift, ZZ: shift,
  X: field('stamp', /[+-]?\d+(?:\.\d{1,3})?/g, 1000), x: field('stamp', /[+-]?\d+/g),
};
const READ_TOKENS =
  /\[[^[\]]*\]|[-_:/.,()\s]+|YYYY|YY?|Q|M{1,4}|ww?|Do|DD?|HH?|hh?|mm?|ss?|S{1,3}|A|a|ZZ?|z|X|x/g;

/** Readers, and lengths of what stands between them; other letters count for nothing. */
const readersOf = remembered((format) => {
  const parts = spelledOut(format).match(READ_TOKENS) ?? [];
  return parts.map((part) => READERS[part] ?? (part[0] === '[' ? part.length - 2 : part.length));
});

function parseFormat(input, format, strict) {
  if (typeof input !== 'string') return NaN;
  const fields = {};
  const ms = readFields(input, readersOf(format), fields) ? fieldsMs(fields) : NaN;
  return strict && new Dayjs(ms, undefined, 0).format(format) !== input ? NaN : ms;
}

function readFields(input, readers, fields) {
  let text = input;
  let position = 0;
  for (const reader of readers) {
    if (typeof reader === 'number') {
      position += reader;
      continue;
    }
    const [pattern, take] = reader;
    pattern.lastIndex = position;
    const found = pattern.exec(text);
    if (found === null || !take(fields, found[0])) return false;
    const { index } = found;
    const { length } = found[0];
    if (index === position) {
      position += length;
    } else {
      // What was skipped stays to be read: the next token may be before the one found.
      text = text.slice(position, index) + text.slice(index + length);
      position = 0;
    }
  }
  return readers.length > 0;
}

function fieldsMs({ year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0, noon, shift, stamp, week }) {
  if (stamp !== undefined) return clip(stamp);
  const now = new Date();
  const theMonth = year && !month ? 0 : (month > 0 ? month : now.getUTCMonth() + 1) - 1;
  const theDay = day || (year || month ? 1 : now.getUTCDate());
  let theHour = hour;
  if (noon === 'pm' && hour < 12) theHour += 12;
  if (noon === 'am' && hour === 12) theHour = 0;
  const wall = Date.UTC(year || now.getUTCFullYear(), theMonth, theDay, theHour, minute, second, millisecond);
  if (shift !== undefined) return wall - shift * MINUTE;
  return week === undefined ? wall : new Dayjs(wall, undefined, 0).week(week).$ms;
}

function toMsWith(input, format, strict) {
  if (typeof format === 'string') return parseFormat(input, format, strict);
  if (!Array.isArray(format)) return toMs(input);
  for (const each of format) {
    const ms = parseFormat(input, each, strict);
    if (!Number.isNaN(ms)) return ms;
  }
  return NaN;
}

/* ---- Writing ---- */

const ordinal = (number) => {
  const ending = number % 100 > 10 && number % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th';
  return `${number}${ending}`;
};
const hour12 = (wall) => wall.getUTCHours() % 12 || 12;
const hour24 = (wall) => wall.getUTCHours() || 24;
const quarterOf = (wall) => Math.floor(wall.getUTCMonth() / 3) + 1;

function offsetText(minutes, separator) {
  const amount = Math.abs(minutes);
  return `${signed(minutes)}${pad(Math.floor(amount / 60), 2)}${separator}${pad(amount % 60, 2)}`;
}

const WRITERS = {
  YYYY: (wall) => pad(wall.getUTCFullYear(), 4), YY: (wall) => String(wall.getUTCFullYear()).slice(-2), Q: quarterOf,
  MMMM: (wall) => MONTHS[wall.getUTCMonth()], MMM: (wall) => SHORT_MONTHS[wall.getUTCMonth()],
  MM: (wall) => pad(wall.getUTCMonth() + 1, 2), M: (wall) => wall.getUTCMonth() + 1,
  Do: (wall) => ordinal(wall.getUTCDate()), DD: (wall) => pad(wall.getUTCDate(), 2), D: (wall) => wall.getUTCDate(),
  dddd: (wall) => WEEKDAYS[wall.getUTCDay()], ddd: (wall) => WEEKDAYS[wall.getUTCDay()].slice(0, 3),
  dd: (wall) => WEEKDAYS[wall.getUTCDay()].slice(0, 2), d: (wall) => wall.getUTCDay(),
  HH: (wall) => pad(wall.getUTCHours(), 2), H: (wall) => wall.getUTCHours(),
  hh: (wall) => pad(hour12(wall), 2), h: hour12, kk: (wall) => pad(hour24(wall), 2), k: hour24,
  mm: (wall) => pad(wall.getUTCMinutes(), 2), m: (wall) => wall.getUTCMinutes(),
  ss: (wall) => pad(wall.getUTCSeconds(), 2), s: (wall) => wall.getUTCSeconds(),
  SSS: (wall) => pad(wall.getUTCMilliseconds(), 3),
  A: (wall) => (wall.getUTCHours() < 12 ? 'AM' : 'PM'), a: (wall) => (wall.getUTCHours() < 12 ? 'am' : 'pm'),
  wo: (wall) => ordinal(weekOf(wall, false).week), ww: (wall) => pad(weekOf(wall, false).week, 2),
  w: (wall) => weekOf(wall, false).week, gggg: (wall) => weekOf(wall, false).year,
  WW: (wall) => pad(weekOf(wall, true).week, 2), W: (wall) => weekOf(wall, true).week,
  GGGG: (wall) => weekOf(wall, true).year,
  X: (wall) => Math.floor(wall.getTime() / SECOND), x: (wall) => wall.getTime(),
  ZZ: (_, date) => offsetText(date.$offset, ''), Z: (_, date) => offsetText(date.$offset, ':'),
  zzz: (_, date) => date.offsetName('long'), z: (_, date) => date.offsetName('short'),
};
const WRITE_TOKENS =
  /\[([^\]]+)\]|YYYY|YY|Q|M{1,4}|DD(?!o)|Do|D|d{1,4}|HH?|hh?|kk?|mm?|ss?|SSS|A|a|wo|ww?|WW?|gggg|GGGG|X|x|ZZ?|zzz|z/g;

/** Texts and writers in turn. */
const writersOf = remembered((format) => {
  const spelled = spelledOut(format);
  const parts = [];
  let end = 0;
  for (const match of spelled.matchAll(WRITE_TOKENS)) {
    if (match.index > end) parts.push(spelled.slice(end, match.index));
    parts.push(match[1] ?? WRITERS[match[0]]);
    end = match.index + match[0].length;
  }
  if (end < spelled.length) parts.push(spelled.slice(end));
  return parts;
});

/** Up to how many of a unit, rounded, a text holds; the rows are tried in this order. */
const HUMAN = [
  [44, 'second', 'a few seconds'], [89, 'second', 'a minute'], [44, 'minute', '# minutes'], [89, 'minute', 'an hour'],
  [21, 'hour', '# hours'], [35, 'hour', 'a day'], [25, 'day', '# days'], [45, 'day', 'a month'],
  [10, 'month', '# months'], [17, 'month', 'a year'], [Infinity, 'year', '# years'],
];

function humanDistance(later, earlier, withoutSuffix) {
  for (const [most, unit, text] of HUMAN) {
    const distance = later.diff(earlier, unit, true);
    const amount = Math.round(Math.abs(distance));
    if (amount <= most) {
      const words = unit === 'year' && amount === 1 ? 'a year' : text.replace('#', amount);
      if (withoutSuffix) return words;
      return distance > 0 ? `in ${words}` : `${words} ago`;
    }
  }
  return INVALID;
}

/* ---- Dates ---- */

class Dayjs {
  /** `utc` is true in UTC, false where an offset or a local date was asked for, undefined where nothing was. */
  constructor(ms, utc, offset, zone) {
    this.$ms = ms;
    this.$u = utc;
    this.$offset = offset;
    this.$zone = zone;
    this.$wall = undefined;
  }

  /** The same setting at another moment. */
  $at(ms) { return new Dayjs(ms, this.$u, this.$offset, this.$zone); }

  /** What a clock there shows, as if it were UTC. Not to be changed. */
  $clock() {
    if (this.$wall === undefined) this.$wall = new Date(this.$ms + this.$offset * MINUTE);
    return this.$wall;
  }

  $edge(wallMs) {
    if (this.$zone === undefined) return this.$at(wallMs - this.$offset * MINUTE);
    const offset = offsetIn(this.$zone, wallMs);
    return inZone(this.$zone, wallMs - offset * MINUTE, offset);
  }

  /** First and last millisecond of a unit around this date, without making dates of them. */
  $span(unit) {
    if (unit === undefined || unit === null) return [this.$ms, this.$ms];
    return [this.startOf(unit).$ms, this.endOf(unit).$ms];
  }

  isValid() { return !Number.isNaN(this.$ms); }
  clone() { return this.$at(this.$ms); }
  valueOf() { return this.$ms; }
  unix() { return Math.floor(this.$ms / SECOND); }
  toDate() { return new Date(this.$ms); }
  toISOString() { return new Date(this.$ms).toISOString(); }
  toJSON() { return this.isValid() ? this.toISOString() : null; }
  toString() { return this.isValid() ? new Date(this.$ms).toUTCString() : INVALID; }
  isUTC() { return this.$u === true; }
  locale(name) { return name === undefined ? 'en' : this.clone(); }
  offsetName(type) {
    return zoneName(this.$zone, this.$zone === undefined ? 0 : offsetIn(this.$zone, this.$ms), type === 'long');
  }

  format(format) {
    if (Number.isNaN(this.$ms)) return INVALID;
    const wall = this.$clock();
    let text = '';
    for (const part of writersOf(format || (this.$u ? 'YYYY-MM-DDTHH:mm:ss[Z]' : 'YYYY-MM-DDTHH:mm:ssZ'))) {
      text += typeof part === 'string' ? part : part(wall, this);
    }
    return text;
  }

  get(unit) { return this[unitOf(unit)](); }

  set(unit, value) {
    if (typeof unit === 'object' && unit !== null) {
      return Object.keys(unit).reduce((date, name) => date.set(name, unit[name]), this);
    }
    return this.$at(setField(new Date(this.$clock()), unitOf(unit), value) - this.$offset * MINUTE);
  }

  add(amount, unit) {
    if (amount instanceof Duration) return amount.$addTo(this, 1);
    if (typeof amount === 'object' && amount !== null) {
      return Object.keys(amount).reduce((date, name) => date.add(amount[name], name), this);
    }
    const number = Number(amount);
    const name = unitOf(unit);
    switch (name) {
      case 'year': return this.set('year', this.$clock().getUTCFullYear() + number);
      case 'quarter': return this.set('month', this.$clock().getUTCMonth() + number * 3);
      case 'month': return this.set('month', this.$clock().getUTCMonth() + number);
      case 'week': return this.$at(clip(this.$ms + Math.round(number * 7) * DAY));
      case 'day': return this.$at(clip(this.$ms + Math.round(number) * DAY));
      default: return this.$at(clip(this.$ms + number * (LENGTHS[name] ?? 1)));
    }
  }

  subtract(amount, unit) {
    if (amount instanceof Duration) return amount.$addTo(this, -1);
    if (typeof amount === 'object' && amount !== null) {
      return Object.keys(amount).reduce((date, name) => date.add(-amount[name], name), this);
    }
    return this.add(-amount, unit);
  }

  startOf(unit) { return this.$edge(unitStart(this.$clock(), unitOf(unit), 0)); }
  endOf(unit) { return this.$edge(unitStart(this.$clock(), unitOf(unit), 1) - 1); }

  diff(input, unit, precise) {
    const isDate = input instanceof Dayjs;
    const other = isDate ? input.$ms : toMs(input);
    const alike = this.$u === (isDate ? input.$u : undefined);
    const shift = alike ? this.$offset * MINUTE : 0;
    const otherShift = alike && isDate ? input.$offset * MINUTE : 0;
    const months = () => monthsBetween(this.$ms, shift, other, otherShift);
    const name = unitOf(unit);
    let result;
    switch (name) {
      case 'year': result = months() / 12; break;
      case 'quarter': result = months() / 3; break;
      case 'month': result = months(); break;
      case 'week': case 'day': result = (this.$ms + shift - other - otherShift) / LENGTHS[name]; break;
      default: result = (this.$ms - other) / (LENGTHS[name] ?? 1);
    }
    // Adding zero makes 0 of -0.
    return (precise ? result : Math.trunc(result)) + 0;
  }

  isSame(other, unit) {
    const ms = toMs(other);
    const [start, end] = this.$span(unit);
    return start <= ms && ms <= end;
  }

  isAfter(other, unit) { return toMs(other) < this.$span(unit)[0]; }
  isBefore(other, unit) { return this.$span(unit)[1] < toMs(other); }
  isSameOrAfter(other, unit) { return this.isSame(other, unit) || this.isAfter(other, unit); }
  isSameOrBefore(other, unit) { return this.isSame(other, unit) || this.isBefore(other, unit); }

  /** The two may be given the wrong way round. */
  isBetween(from, to, unit, edges = '()') {
    const after = (date, open) => (open ? this.isAfter(date, unit) : !this.isBefore(date, unit));
    const before = (date, open) => (open ? this.isBefore(date, unit) : !this.isAfter(date, unit));
    const left = edges[0] === '(';
    const right = edges[1] === ')';
    return (after(from, left) && before(to, right)) || (before(from, left) && after(to, right));
  }

  isToday() { return this.$isDay(0); }
  isTomorrow() { return this.$isDay(1); }
  isYesterday() { return this.$isDay(-1); }
  $isDay(ahead) { return dayFloor(this.$clock().getTime()) === dayFloor(Date.now()) + ahead * DAY; }

  isLeapYear() {
    const year = this.year();
    return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  }

  daysInMonth() { return daysInMonth(this.$clock()); }

  dayOfYear(day) {
    const now = Math.floor((this.$clock() - monthStart(this.year(), 0)) / DAY) + 1;
    return day === undefined ? now : this.add(day - now, 'day');
  }

  week(week) {
    const now = weekOf(this.$clock(), false).week;
    return week === undefined ? now : this.add((week - now) * 7, 'day');
  }

  isoWeek(week) {
    const now = weekOf(this.$clock(), true).week;
    return week === undefined ? now : this.add((week - now) * 7, 'day');
  }

  weekYear() { return weekOf(this.$clock(), false).year; }
  isoWeekYear() { return weekOf(this.$clock(), true).year; }

  /** A year's last week is the one that 28 December is in. */
  isoWeeksInYear() { return weekOf(new Date(monthStart(this.year(), 11) + 27 * DAY), true).week; }

  weekday(day) { return day === undefined ? this.day() : this.day(day); }

  isoWeekday(day) {
    const now = isoDay(this.$clock());
    if (day === undefined) return now;
    return this.day(now === 7 ? day - 7 : day);
  }

  quarter(quarter) {
    if (quarter === undefined) return quarterOf(this.$clock());
    return this.month((this.month() % 3) + (quarter - 1) * 3);
  }

  toArray() { return OBJECT_UNITS.map((unit) => this[unit]()); }

  toObject() {
    const object = {};
    for (const unit of OBJECT_UNITS) object[unit === 'date' ? unit : `${unit}s`] = this[unit]();
    return object;
  }

  utc(keepClock) { return new Dayjs(keepClock ? this.$ms + this.$offset * MINUTE : this.$ms, true, 0); }
  local() { return new Dayjs(this.$ms, false, 0); }

  utcOffset(input, keepClock) {
    if (input === undefined) return this.$offset;
    const number = typeof input === 'string' ? offsetFromText(input) : input;
    if (number === undefined) return this;
    const offset = Math.abs(number) <= 16 ? number * 60 : number;
    if (!offset) return this.utc(keepClock);
    return new Dayjs(keepClock ? this.$ms + (this.$offset - offset) * MINUTE : this.$ms, false, offset);
  }

  tz(zone = defaultZone ?? 'UTC', keepClock = false) {
    const offset = offsetIn(zone, this.$ms);
    return inZone(zone, keepClock ? this.$ms + (this.$offset - offset) * MINUTE : this.$ms, offset);
  }

  from(other, withoutSuffix) { return humanDistance(this, dayjs(other), withoutSuffix); }
  to(other, withoutSuffix) { return humanDistance(dayjs(other), this, withoutSuffix); }
  fromNow(withoutSuffix) { return this.from(undefined, withoutSuffix); }
  toNow(withoutSuffix) { return this.to(undefined, withoutSuffix); }
}

function offsetFromText(text) {
  const match = /[+-]\d\d(?::?\d\d)?/.exec(text);
  return match === null ? undefined : zoneText(match[0].length === 3 ? `${match[0]}00` : match[0]);
}

const FIELDS = {
  year: (wall) => wall.getUTCFullYear(), month: (wall) => wall.getUTCMonth(), date: (wall) => wall.getUTCDate(),
  day: (wall) => wall.getUTCDay(), hour: (wall) => wall.getUTCHours(), minute: (wall) => wall.getUTCMinutes(),
  second: (wall) => wall.getUTCSeconds(), millisecond: (wall) => wall.getUTCMilliseconds(),
};
for (const [unit, read] of Object.entries(FIELDS)) {
  Dayjs.prototype[unit] = function getOrSet(value) {
    return value === undefined ? read(this.$clock()) : this.set(unit, value);
  };
}
for (const unit of [...Object.keys(FIELDS), 'week', 'isoWeek', 'quarter']) {
  Dayjs.prototype[`${unit}s`] = Dayjs.prototype[unit];
}

/* ---- Durations ---- */

const DURATION_UNITS = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second', 'millisecond'];
const PERIOD = new RegExp(`^[+-]?P${['Y', 'M', 'W', 'D'].map((letter) => `(?:([+-]?[\\d.]+)${letter})?`).join('')}`
  + `(?:T${['H', 'M', 'S'].map((letter) => `(?:([+-]?[\\d.]+)${letter})?`).join('')})?$`);
const DURATION_TOKENS = /\[([^\]]+)\]|YYYY|YY?|MM?|DD?|HH?|mm?|ss?|SSS/g;
const TOKEN_UNITS = { Y: 'year', M: 'month', D: 'day', H: 'hour', m: 'minute', s: 'second', S: 'millisecond' };

class Duration {
  constructor(ms, parts) {
    this.$ms = ms;
    this.$parts = parts;
  }

  as(unit) { return this.$ms / (LENGTHS[unitOf(unit)] ?? NaN); }

  get(unit) {
    const name = unitOf(unit);
    if (name === 'millisecond') return (this.$ms % SECOND) || 0;
    if (name === 'week') return Math.trunc(this.$ms / WEEK) || 0;
    return this.$parts[name] || 0;
  }

  add(amount, unit) { return this.$plus(amount, unit, 1); }
  subtract(amount, unit) { return this.$plus(amount, unit, -1); }

  $plus(amount, unit, sign) {
    const other = amount instanceof Duration ? amount : duration(amount, unit);
    return durationOf(this.$ms + sign * other.$ms);
  }

  $addTo(date, sign) {
    return DURATION_UNITS.reduce((moved, unit) => {
      const amount = this.$parts[unit];
      return amount ? moved.add(sign * amount, unit) : moved;
    }, date);
  }

  clone() { return durationOf(this.$ms); }
  locale() { return this.clone(); }
  valueOf() { return this.$ms; }
  humanize(withSuffix) { return dayjs().add(this.$ms, 'ms').fromNow(!withSuffix); }
  toJSON() { return this.toISOString(); }
  toString() { return this.toISOString(); }

  toISOString() {
    const part = (unit) => this.$parts[unit] || 0;
    const seconds = Math.round((part('second') + part('millisecond') / SECOND) * SECOND) / SECOND;
    const dates = [[part('year'), 'Y'], [part('month'), 'M'], [part('day') + part('week') * 7, 'D']];
    const times = [[part('hour'), 'H'], [part('minute'), 'M'], [seconds, 'S']];
    const negative = [...dates, ...times].some(([amount]) => amount < 0);
    const join = (list) => list.map(([amount, letter]) => (amount ? `${Math.abs(amount)}${letter}` : '')).join('');
    const time = join(times);
    const text = join(dates) + (time && `T${time}`);
    return `${negative ? '-' : ''}P${text || '0D'}`;
  }

  format(format = 'YYYY-MM-DDTHH:mm:ss') {
    return format.replace(DURATION_TOKENS, (token, escaped) => {
      if (escaped !== undefined) return escaped;
      return pad(this.$parts[TOKEN_UNITS[token[0]]] || 0, token.length);
    });
  }
}

for (const unit of DURATION_UNITS) {
  Duration.prototype[`${unit}s`] = function part() { return this.get(unit); };
  Duration.prototype[`as${unit[0].toUpperCase()}${unit.slice(1)}s`] = function whole() { return this.as(unit); };
}

/** A duration of milliseconds, spread over the units from the longest down; weeks stay in the days. */
function durationOf(ms) {
  const parts = {};
  let rest = ms;
  for (const unit of DURATION_UNITS) {
    if (unit === 'week') continue;
    parts[unit] = unit === 'millisecond' ? rest : Math.trunc(rest / LENGTHS[unit]);
    rest %= LENGTHS[unit];
  }
  return new Duration(ms, parts);
}

/** A duration that keeps its parts as they were given. */
function durationOfParts(parts) {
  let ms = 0;
  for (const unit of DURATION_UNITS) ms += (parts[unit] || 0) * LENGTHS[unit];
  return new Duration(ms, parts);
}

function duration(input, unit) {
  if (unit) return durationOf(input * (LENGTHS[unitOf(unit)] ?? NaN));
  if (input instanceof Duration) return input.clone();
  if (typeof input === 'number') return durationOf(input);
  if (typeof input === 'string') {
    const match = PERIOD.exec(input);
    if (match === null) return new Duration(NaN, {});
    return durationOfParts(Object.fromEntries(match.slice(1).map((text, i) => [DURATION_UNITS[i], Number(text ?? 0)])));
  }
  const parts = {};
  for (const name of Object.keys(input ?? {})) parts[unitOf(name)] = input[name];
  return durationOfParts(parts);
}

/* ---- The function ---- */

const isStrict = (third, fourth) => third === true || fourth === true;

export default function dayjs(input, format, third, fourth) {
  if (input instanceof Dayjs) return input.clone();
  return new Dayjs(toMsWith(input, format, isStrict(third, fourth)), undefined, 0);
}

/** The date that `isBeyond` all others of a list, which may be given as arguments. */
function outermost(dates, isBeyond) {
  const list = (Array.isArray(dates[0]) ? dates[0] : dates).filter((date) => date !== undefined && date !== null);
  return list.find((date) => !date.isValid())
    ?? list.reduce((best, date) => (best === null || isBeyond(date, best) ? date : best), null);
}

Object.assign(dayjs, {
  prototype: Dayjs.prototype,
  extend: () => dayjs,
  locale: () => 'en',
  isDayjs: (value) => value instanceof Dayjs,
  isDuration: (value) => value instanceof Duration,
  unix: (seconds) => dayjs(seconds * SECOND),
  utc: (input, format, strict) => new Dayjs(toMsWith(input, format, strict === true), true, 0),
  max: (...dates) => outermost(dates, (a, b) => a.$ms > b.$ms),
  min: (...dates) => outermost(dates, (a, b) => a.$ms < b.$ms),
  duration,
  tz(input, formatOrZone, zone) {
    const target = zone ?? formatOrZone ?? defaultZone ?? 'UTC';
    if (typeof input !== 'string') return dayjs(input).tz(target);
    const wallMs = toMsWith(input, zone === undefined ? undefined : formatOrZone, false);
    const ms = Number.isNaN(wallMs) ? NaN : momentOfWall(target, wallMs);
    return inZone(target, ms, offsetIn(target, ms));
  },
});
dayjs.tz.guess = () => 'UTC';
dayjs.tz.setDefault = (zone) => {
  defaultZone = zone;
};
