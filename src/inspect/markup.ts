/** HTML or SVG source: text in it is escaped already. */
export interface Markup {
  readonly source: string;
}

type Part = string | number | Markup | readonly Part[];

/** A template of markup: strings and numbers put into it are escaped, markup and lists of it are not. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let source = strings[0];
  parts.forEach((part, index) => (source += sourceOf(part) + strings[index + 1]));
  return { source };
}

export function raw(source: string): Markup {
  return { source };
}

function sourceOf(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escape(part);
  return 'source' in part ? part.source : part.map(sourceOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, which HTML does not allow, become the ones that Unicode has to show them. */
function escape(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character])
    .replace(/[^\P{Cc}\t\n]/gu, (character) => pictureOf(character.charCodeAt(0)));
}

function pictureOf(control: number): string {
  if (control < 0x20) return String.fromCharCode(0x2400 + control);
  return control === 0x7f ? '\u2421' : '\ufffd';
}
