import type { ObjectReader } from '../children.ts';
import type { Storage } from '../storage.ts';
import type { StructType } from '../type.ts';
import { summariseGo } from './go.ts';
import { summariseLibstdcxx } from './libstdcxx.ts';
import { summariseRust } from './rust.ts';
import type { Summary } from './view.ts';

/** What to show for an object of a standard library; undefined for all others, and for objects that make no sense. */
export function summarise(type: StructType, storage: Storage, reader: ObjectReader): Summary | undefined {
  switch (type.language) {
    case 'c':
      return undefined;
    case 'c++':
      return /^(?:std|__gnu_cxx)::/.test(type.name) ? summariseLibstdcxx(type, storage, reader) : undefined;
    case 'go':
      return summariseGo(type, storage, reader);
    case 'rust':
      return summariseRust(type, storage, reader);
  }
}
