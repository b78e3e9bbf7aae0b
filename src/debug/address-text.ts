import { toHex } from '../memory/address.ts';
import type { Image } from './images.ts';

/** An address with the symbol that it lies in: `0x10400 <main+4>`. */
export function describeAddress(image: Image | undefined, address: bigint): string {
  const symbol = symbolText(image, Number(address));
  return symbol === undefined ? toHex(address) : `${toHex(address)} <${symbol}>`;
}

/** `main+4`, `main` at its start. */
export function symbolText(image: Image | undefined, address: number): string | undefined {
  const symbol = image?.symbols?.symbolAt(address);
  if (!symbol) return undefined;
  return symbol.offset === 0 ? symbol.name : `${symbol.name}+${symbol.offset}`;
}
