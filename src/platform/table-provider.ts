import { createImage, type Image } from './image.ts';
import { PagedProvider } from './paged-provider.ts';

/** What the platforms have in common where every image has a page table of its own. */
export abstract class TableProvider extends PagedProvider {
  /** A new, empty image, or `undefined` when guest RAM is used up. */
  protected createImage(): Image | undefined {
    const image = createImage(this.memory, this.nextIdentity());
    return image && this.keepImage(image);
  }

  protected override imageForExec(): Image | undefined {
    return this.createImage();
  }
}
