import { toHex } from '../memory/address.ts';
import type { Process } from '../linux/process.ts';
import type { AddressNames } from '../symbols/value.ts';
import type { Image, ImageTable } from './images.ts';

/** An address with the symbol that it lies in: `0x10400 <main+4>`. */
export function describeAddress(image: Image | undefined, address: bigint): string {
  const symbol = symbolText(image, Number(address));
  return symbol === undefined ? toHex(address) : `${toHex(address)} <${symbol}>`;
}

/** `main+4`, `main` at its start. */
export function symbolText(image: Image | undefined, address: number): string | undefined {
  return image?.symbols?.describe(address);
}

/** Names what pointers of a process point to, in its program and its libraries. */
export function addressNames(images: ImageTable, process: Process): AddressNames {
  return {
    describeCode: (address) => symbolText(images.at(process, address), address),
    describeData: (address) => images.at(process, address)?.symbols?.describeObject(address),
    methodAt: (address) => images.at(process, address)?.symbols?.methodAt(address),
    classNamed(name, near) {
      const first = images.at(process, near)?.symbols?.typeNamed(name);
      if (first) return first;
      for (const { symbols } of images.of(process)) {
        const found = symbols?.typeNamed(name);
        if (found) return found;
      }
      return undefined;
    },
  };
}
