/** An integer as a person writes it: decimal, 0x, 0b or 0o, perhaps with a sign. */
export function parseInteger(text: string): bigint | undefined {
  const [, sign, digits] = /^\s*([-+]?)(0x[0-9a-f]+|0b[01]+|0o[0-7]+|[0-9]+)\s*$/i.exec(text) ?? [];
  if (digits === undefined || digits.length > 80) return undefined;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}
