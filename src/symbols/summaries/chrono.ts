import type { ObjectReader } from '../children.ts';
import { stripped } from '../type.ts';
import type { Type } from '../type.ts';
import { wrapped } from './listing.ts';
import { member, numberIn } from './view.ts';
import type { Summary, View } from './view.ts';

/** Units by the seconds that they are, as a fraction: what `operator<<` of a duration writes (C++20, [time.duration.io]). */
const UNITS: Readonly<Record<string, string>> = {
  '1/1000000000000000000': 'as',
  '1/1000000000000000': 'fs',
  '1/1000000000000': 'ps',
  '1/1000000000': 'ns',
  '1/1000000': 'µs',
  '1/1000': 'ms',
  '1/100': 'cs',
  '1/10': 'ds',
  '1/1': 's',
  '10/1': 'das',
  '100/1': 'hs',
  '1000/1': 'ks',
  '1000000/1': 'Ms',
  '1000000000/1': 'Gs',
  '60/1': 'min',
  '3600/1': 'h',
  '86400/1': 'd',
};
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Seconds from 1970 that a date of JavaScript reaches. */
const LAST_SECOND = 8.64e12;

/** A duration with its unit: `1500ms`. @param count the member that counts */
export function duration(object: View, count: string, reader: ObjectReader): Summary | undefined {
  const value = member(object, count);
  const unit = unitOf(object.type);
  return value && unit && wrapped(value, reader, (text) => text + unit.name);
}

/** A moment: one of the system's clock as a date in UTC, others as the time from where their clock begins. */
export function timePoint(
  object: View,
  names: readonly [since: string, count: string],
  reader: ObjectReader,
): Summary | undefined {
  const since = member(object, names[0]);
  const count = member(since, names[1]);
  const unit = since && unitOf(since.type);
  if (!count || !unit) return undefined;
  const isSystem = /::system_clock/.test(clockName(object.type));
  const around = (text: string): string =>
    (isSystem && /^-?\d+$/.test(text) && dateOf(BigInt(text), unit)) || text + unit.name;
  return wrapped(count, reader, around);
}

/** Parts of a date, as `operator<<` writes them. */
export function calendar(name: string, object: View, reader: ObjectReader, prefix: string): Summary | undefined {
  const field = (...path: string[]): number | undefined => numberIn(member(object, ...path.map((one) => prefix + one)));
  const text = (shown: string | undefined): Summary | undefined =>
    shown === undefined ? undefined : { text: () => shown, isLong: false };
  switch (name) {
    case 'year_month_day': {
      const [y, m, d] = [field('y', 'y'), field('m', 'm'), field('d', 'd')];
      return text(
        y === undefined || m === undefined || d === undefined ? undefined : `${yearText(y)}-${two(m)}-${two(d)}`,
      );
    }
    case 'weekday':
      return text(DAYS[field('wd') ?? -1]);
    case 'month':
      return text(MONTHS[(field('m') ?? 0) - 1]);
    case 'day': {
      const day = field('d');
      return text(day === undefined ? undefined : two(day));
    }
    case 'year': {
      const year = member(object, `${prefix}y`);
      return year && wrapped(year, reader);
    }
    default:
      return undefined;
  }
}

interface Unit {
  readonly name: string;
  /** Seconds: numerator and denominator. */
  readonly ratio: readonly [bigint, bigint];
}

/** The unit of a duration is a ratio, whose numbers are in its name only. */
function unitOf(type: Type): Unit | undefined {
  const inner = stripped(type);
  const period = inner.kind === 'struct' ? (inner.templateArguments[1] as Type | undefined) : undefined;
  const ratio = period && stripped(period);
  const [, numerator, denominator = '1'] =
    /\bratio<(\d+)[lL]*(?:, (\d+)[lL]*)?\s*>$/.exec(ratio?.kind === 'struct' ? ratio.name : '') ?? [];
  if (numerator === undefined) return undefined;
  const fraction = `${numerator}/${denominator}`;
  const plain = denominator === '1' ? `[${numerator}]s` : `[${fraction}]s`;
  const name = Object.hasOwn(UNITS, fraction) ? UNITS[fraction] : plain;
  return { name, ratio: [BigInt(numerator), BigInt(denominator)] };
}

function clockName(type: Type): string {
  const inner = stripped(type);
  const clock = inner.kind === 'struct' ? (inner.templateArguments[0] as Type | undefined) : undefined;
  const name = clock && stripped(clock);
  return name?.kind === 'struct' ? name.name : '';
}

/** A date in UTC, with as many digits of a second as the unit has. */
function dateOf(count: bigint, { ratio: [numerator, denominator] }: Unit): string | undefined {
  const total = count * numerator;
  let seconds = total / denominator;
  let rest = total % denominator;
  if (rest < 0n) {
    rest += denominator;
    seconds -= 1n;
  }
  const digits = String(denominator).length - 1;
  if (String(denominator) !== `1${'0'.repeat(digits)}` || Math.abs(Number(seconds)) > LAST_SECOND) return undefined;
  const date = new Date(Number(seconds) * 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$/, '');
  if (numerator % 86400n === 0n) return date.replace(/ 00:00:00$/, '');
  return digits === 0 ? date : `${date}.${String(rest).padStart(digits, '0')}`;
}

function yearText(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
