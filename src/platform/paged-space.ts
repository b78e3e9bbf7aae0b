import type { SpaceAccess } from './space-access.ts';
import { AddressSpace, type HandleTrace } from './address-space.ts';
import type { FaultTarget } from './fault-handler.ts';
import type { Image } from './image.ts';

/** The handle of a space whose pages are its image's. Its fields are for its provider alone. */
export class PagedSpace<I extends Image = Image> extends AddressSpace implements FaultTarget {
  #image: I;
  /** How many `with` borrow it now. */
  borrows = 0;
  /** Made with the handle, because every fault of a syscall needs it. */
  access!: SpaceAccess;

  constructor(
    readonly provider: object,
    readonly label: number,
    /** The label of the space that it was forked from. */
    readonly parent: number | undefined,
    image: I,
    dispose: (space: AddressSpace) => void,
    trace: HandleTrace,
  ) {
    super(dispose, trace);
    this.#image = image;
    image.labels.add(label);
  }

  get image(): I {
    this.assertLive();
    return this.#image;
  }

  set image(image: I) {
    this.#image.labels.delete(this.label);
    this.#image = image;
    image.labels.add(this.label);
  }

  override consume(): void {
    super.consume();
    this.#image.labels.delete(this.label);
  }
}
