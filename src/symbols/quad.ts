// binary128, riscv64's `long double` (IEEE 754-2019, 3.4): 15 bits of exponent, 112 of fraction.

const FRACTION_BITS = 112n;
const BIAS = 16383;
const LARGEST_EXPONENT = 0x7fff;
/** Decimal digits that tell any two numbers apart. */
const MOST_DIGITS = 36;

/** A number with the fewest digits that stand for no other: `1.1`, `1e+4000`, `-inf`. */
export function quadText(bits: bigint): string {
  const sign = bits >> 127n ? '-' : '';
  const exponent = Number((bits >> FRACTION_BITS) & BigInt(LARGEST_EXPONENT));
  const fraction = bits & ((1n << FRACTION_BITS) - 1n);
  if (exponent === LARGEST_EXPONENT) return fraction ? 'nan' : `${sign}inf`;
  if (exponent === 0 && fraction === 0n) return `${sign}0`;
  const significand = exponent === 0 ? fraction : fraction | (1n << FRACTION_BITS);
  const power = Math.max(exponent, 1) - BIAS - Number(FRACTION_BITS);
  const [numerator, denominator] =
    power >= 0 ? [significand << BigInt(power), 1n] : [significand, 1n << BigInt(-power)];
  const magnitude = bits & ((1n << 127n) - 1n);
  const size = decimalExponent(numerator, denominator);
  for (let digits = 1; ; digits++) {
    const decimal = rounded(numerator, denominator, digits, size);
    if (digits >= MOST_DIGITS || toQuad(decimal.digits, decimal.exponent) === magnitude)
      return sign + decimalText(decimal.digits, decimal.exponent);
  }
}

/** The number nearest to decimal text; undefined when it is none. */
export function parseQuad(text: string): bigint | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d{1,5}))?[fl]?$/i.exec(text.trim()) ?? [];
  if (whole === undefined || whole + fraction === '') return undefined;
  const magnitude = toQuad(BigInt(whole + fraction), Number(exponent) - fraction.length);
  return sign === '-' ? magnitude | (1n << 127n) : magnitude;
}

/** The exponent of the first digit. */
function decimalExponent(numerator: bigint, denominator: bigint): number {
  const estimate = Math.floor((bitLength(numerator) - bitLength(denominator)) * Math.LOG10E * Math.LN2);
  for (let exponent = estimate + 2; ; exponent--)
    if (numerator * tenTo(-exponent) >= denominator * tenTo(exponent)) return exponent;
}

/** digits * 10^exponent, rounded to nearest. */
function rounded(
  numerator: bigint,
  denominator: bigint,
  digits: number,
  size: number,
): { readonly digits: bigint; readonly exponent: number } {
  const exponent = size - digits + 1;
  const scaled = numerator * tenTo(-exponent);
  const unit = denominator * tenTo(exponent);
  return { digits: (2n * scaled + unit) / (2n * unit), exponent };
}

/** The bits of the positive number nearest to digits * 10^exponent, ties to even. */
function toQuad(digits: bigint, exponent: number): bigint {
  if (digits === 0n) return 0n;
  const numerator = digits * tenTo(exponent);
  const denominator = tenTo(-exponent);
  // Lengths are known to four bits: too long a significand is cut on the way.
  let power = bitLength(numerator) - bitLength(denominator) - Number(FRACTION_BITS) - 8;
  power = Math.max(power, 1 - BIAS - Number(FRACTION_BITS));
  for (; ; power++) {
    const scaled = power < 0 ? numerator << BigInt(-power) : numerator;
    const unit = power > 0 ? denominator << BigInt(power) : denominator;
    let significand = scaled / unit;
    const rest = 2n * (scaled % unit);
    if (rest > unit || (rest === unit && significand & 1n)) significand++;
    if (significand >> (FRACTION_BITS + 1n)) continue;
    const isNormal = significand >> FRACTION_BITS !== 0n;
    const biased = isNormal ? power + BIAS + Number(FRACTION_BITS) : 0;
    if (biased >= LARGEST_EXPONENT) return BigInt(LARGEST_EXPONENT) << FRACTION_BITS;
    return (BigInt(biased) << FRACTION_BITS) | (significand & ((1n << FRACTION_BITS) - 1n));
  }
}

function decimalText(digits: bigint, exponent: number): string {
  const text = digits.toString().replace(/0+$/, '');
  const point = digits.toString().length + exponent;
  if (point > 21 || point < -5) {
    const fraction = text.slice(1);
    const power = point - 1;
    return `${text[0]}${fraction && `.${fraction}`}e${power < 0 ? '' : '+'}${power}`;
  }
  if (point <= 0) return `0.${'0'.repeat(-point)}${text}`;
  return point >= text.length ? text.padEnd(point, '0') : `${text.slice(0, point)}.${text.slice(point)}`;
}

/** 10^exponent, or 1 for negative exponents. */
function tenTo(exponent: number): bigint {
  return exponent > 0 ? 10n ** BigInt(exponent) : 1n;
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}
