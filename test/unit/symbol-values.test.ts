import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBits, encodeScalar } from '../../src/symbols/encode-scalar.ts';
import { inBytes, inMemory } from '../../src/symbols/storage.ts';
import { sizeOf, typeName } from '../../src/symbols/type.ts';
import type { BaseType, EnumType, StructType, Type } from '../../src/symbols/type.ts';
import { readValue } from '../../src/symbols/value.ts';
import type { ValueContext } from '../../src/symbols/value.ts';

const base = (name: string, size: number, encoding: BaseType['encoding']): BaseType => ({
  kind: 'base',
  name,
  size,
  encoding,
});
const CHAR = base('char', 1, 'unsigned char');
const INT = base('int', 4, 'signed');
const LONG = base('unsigned long', 8, 'unsigned');
const FLOAT = base('float', 4, 'float');
const DOUBLE = base('double', 8, 'float');
const BOOL = base('_Bool', 1, 'boolean');
const pointer = (target: Type): Type => ({ kind: 'pointer', sigil: '*', size: 8, target });
const constant = (target: Type): Type => ({ kind: 'qualified', qualifier: 'const', target });
const array = (element: Type, count?: number): Type => ({ kind: 'array', element, count });
const call = (returns: Type, ...parameters: Type[]): Type => ({
  kind: 'function',
  returns,
  parameters,
  isVariadic: false,
});
const COLOR: EnumType = {
  kind: 'enum',
  name: 'enum color',
  size: 4,
  isSigned: true,
  enumerators: [
    { name: 'RED', value: 0n },
    { name: 'GREEN', value: 4n },
    { name: 'BLUE', value: 8n },
    { name: 'NONE', value: -1n },
  ],
};
const POINT: StructType = {
  kind: 'struct',
  keyword: 'struct',
  language: 'c',
  templateArguments: [],
  name: 'point',
  size: 12,
  isIncomplete: false,
  members: [
    { name: 'x', type: INT, offset: 0, isBase: false },
    { name: 'low', type: INT, offset: 4, bits: { first: 0, count: 3 }, isBase: false },
    { name: 'high', type: LONG, offset: 4, bits: { first: 3, count: 9 }, isBase: false },
    { name: 'name', type: array(CHAR, 4), offset: 8, isBase: false },
  ],
};

/** Memory that holds `bytes` at 0x1000 and nothing else. */
const memory = (bytes: Uint8Array): ValueContext => ({
  read: (address, length) =>
    address >= 0x1000 && address + length <= 0x1000 + bytes.length
      ? bytes.subarray(address - 0x1000, address - 0x1000 + length)
      : undefined,
  describeCode: (address) => (address === 0x400 ? 'main' : undefined),
  describeData: () => undefined,
});
const NOTHING = memory(new Uint8Array());

function shown(type: Type, bytes: readonly number[] | Uint8Array, context = NOTHING): string {
  const value = readValue(type, inBytes(Uint8Array.from(bytes)), context);
  return 'unavailable' in value ? `<${value.unavailable}>` : value.value;
}

test('types are written as C declares them', () => {
  assert.equal(typeName(pointer(constant(CHAR))), 'const char *');
  assert.equal(typeName(constant(pointer(CHAR))), 'char * const');
  assert.equal(typeName(array(array(INT, 3), 2)), 'int [2][3]');
  assert.equal(typeName(pointer(array(INT, 3))), 'int (*)[3]');
  assert.equal(typeName(array(pointer(INT), 3)), 'int *[3]');
  assert.equal(typeName(pointer(call(INT, pointer(CHAR), COLOR))), 'int (*)(char *, enum color)');
  assert.equal(typeName(array(pointer(call({ kind: 'void' })), 2)), 'void (*[2])(void)');
  assert.equal(typeName(pointer(pointer(POINT))), 'struct point **');
});

test('sizes follow the elements, and are unknown where C has none', () => {
  assert.equal(sizeOf(array(array(POINT, 3), 2)), 72);
  assert.equal(sizeOf(array(INT)), undefined);
  assert.equal(sizeOf({ kind: 'void' }), undefined);
});

test('scalars read like C literals', () => {
  assert.equal(shown(INT, [0xfd, 0xff, 0xff, 0xff]), '-3');
  assert.equal(shown(LONG, [255, 255, 255, 255, 255, 255, 255, 255]), '18446744073709551615');
  assert.equal(shown(CHAR, [0x61]), "97 'a'");
  assert.equal(shown(CHAR, [0x27]), "39 '\\''");
  assert.equal(shown(CHAR, [0]), "0 '\\0'");
  assert.equal(shown(BOOL, [1]), 'true');
  assert.equal(shown(FLOAT, new Uint8Array(Float32Array.of(0.1).buffer)), '0.1');
  assert.equal(shown(DOUBLE, new Uint8Array(Float64Array.of(-Infinity).buffer)), '-inf');
  assert.equal(shown(base('long double', 16, 'float'), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0x40]), '2.5');
  assert.equal(shown(COLOR, [4, 0, 0, 0]), 'GREEN (4)');
  assert.equal(shown(COLOR, [12, 0, 0, 0]), 'GREEN | BLUE (12)');
  assert.equal(shown(COLOR, [3, 0, 0, 0]), '3');
  assert.equal(shown(COLOR, [255, 255, 255, 255]), 'NONE (-1)');
  const flags: Type = {
    kind: 'enum',
    name: 'enum flags',
    size: 4,
    isSigned: false,
    enumerators: [
      { name: 'READ', value: 1n },
      { name: 'WRITE', value: 2n },
    ],
  };
  assert.equal(shown(flags, [3, 0, 0, 0]), 'READ | WRITE (3)');
  assert.equal(shown(flags, [9, 0, 0, 0]), 'READ | 0x8 (9)');
  assert.equal(shown(flags, [8, 0, 0, 0]), '8');
});

test('characters by their name in C, wide ones too, alone and in arrays', () => {
  const wide: Type = { kind: 'typedef', name: 'wchar_t', target: INT };
  const sixteen: Type = { kind: 'typedef', name: 'char16_t', target: base('unsigned short', 2, 'unsigned') };
  assert.equal(shown(wide, [0xac, 0x20, 0, 0]), "8364 '\u20ac'");
  assert.equal(shown(wide, [0xff, 0xff, 0xff, 0xff]), "-1 '\\xffffffff'");
  assert.equal(shown(array(wide, 3), [0x61, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0, 0, 0]), '"a\u00e9"');
  assert.equal(shown(array(constant(sixteen), 3), [0x3d, 0xd8, 0x00, 0xde, 0, 0]), '"\u{1f600}"');
  assert.equal(shown({ kind: 'typedef', name: 'wint_t', target: INT }, [0x61, 0, 0, 0]), '97');
});

test('bytes are shown behind a NUL, text is not', () => {
  const unsigned = base('unsigned char', 1, 'unsigned char');
  assert.equal(shown(array(unsigned, 5), [0, 0, 0x41, 0, 0]), '"\\0\\0A"');
  assert.equal(shown(array(unsigned, 4), [0x41, 0, 0, 0]), '"A"');
  assert.equal(shown(array(CHAR, 4), [0x41, 0, 0x42, 0]), '"A"');
});

test('pointers to members: data, functions, and functions found through the virtual table', () => {
  const container: Type = {
    ...POINT,
    name: 'Shape',
    language: 'c++',
    members: [{ name: 'x', type: INT, offset: 8, isBase: false }],
  };
  const toMember = (target: Type, size: number): Type => ({ kind: 'member pointer', size, container, target });
  assert.equal(shown(toMember(INT, 8), [8, 0, 0, 0, 0, 0, 0, 0]), '&Shape::x');
  assert.equal(shown(toMember(INT, 8), Array<number>(8).fill(0xff)), 'nullptr');
  const method = toMember(call(INT), 16);
  assert.equal(shown(method, [0, 4, ...Array<number>(14).fill(0)]), '0x400 <main>');
  assert.equal(shown(method, [0, 4, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]), '0x400 <main>, this + 16');
  assert.equal(shown(method, [17, ...Array<number>(15).fill(0)]), 'virtual function at 16 of the virtual table');
});

test('pointers show text and functions, as far as memory can be read', () => {
  const text = memory(new TextEncoder().encode('caf\u00e9 "x"\n\0'));
  assert.equal(shown(pointer(constant(CHAR)), [0, 0x10, 0, 0, 0, 0, 0, 0], text), '0x1000');
  const padded = memory(new TextEncoder().encode('caf\u00e9 "x"\n'.padEnd(64, '\0')));
  assert.equal(shown(pointer(constant(CHAR)), [0, 0x10, 0, 0, 0, 0, 0, 0], padded), '0x1000 "caf\u00e9 \\"x\\"\\n"');
  assert.equal(shown(pointer(CHAR), [0, 0, 0, 0, 0, 0, 0, 0]), '0x0');
  assert.equal(shown(pointer(call(INT)), [0, 4, 0, 0, 0, 0, 0, 0]), '0x400 <main>');
});

test('structures show their members on one line and one by one', () => {
  const bytes = Uint8Array.of(7, 0, 0, 0, 0b11111_110, 0b1, 0, 0, 0x68, 0x69, 0, 0);
  const value = readValue(POINT, inMemory(0x1000, memory(bytes).read), memory(bytes));
  assert.ok(!('unavailable' in value));
  assert.equal(value.value, '{x = 7, low = -2, high = 63, name = "hi"}');
  assert.equal(value.type, 'struct point');
  const members = value.children!.slice(0, 10);
  assert.deepEqual(
    members.map((member) => [member.name, member.type, 'value' in member ? member.value : member.unavailable]),
    [
      ['x', 'int', '7'],
      ['low', 'int', '-2'],
      ['high', 'unsigned long', '63'],
      ['name', 'char [4]', '"hi"'],
    ],
  );
  const name = members[3];
  assert.ok('children' in name);
  assert.deepEqual(
    name.children.slice(1, 1).map((child) => [child.name, 'value' in child && child.value]),
    [['[1]', "105 'i'"]],
  );
  assert.equal('address' in name && name.address, 0x1008);
});

test('a part that cannot be read says so and spares the rest', () => {
  const known = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1);
  const value = readValue(POINT, inBytes(new Uint8Array(12), undefined, known), NOTHING);
  assert.ok(!('unavailable' in value));
  assert.equal(value.value, '{x = 0, low = <optimised out>, high = <optimised out>, name = ""}');
  assert.deepEqual(readValue(INT, inMemory(0x2000, NOTHING.read), NOTHING), {
    unavailable: 'cannot read memory at 0x2000',
  });
});

test('a list is followed through its pointers, without reading it to the end', () => {
  const node: StructType = {
    kind: 'struct',
    keyword: 'struct',
    language: 'c',
    templateArguments: [],
    name: 'node',
    size: 8,
    isIncomplete: false,
    get members() {
      return [{ name: 'next', type: pointer(node), offset: 0, isBase: false }];
    },
  };
  // The node at 0x1000 points to itself.
  const context = memory(Uint8Array.of(0, 0x10, 0, 0, 0, 0, 0, 0));
  let value = readValue(pointer(node), inBytes(Uint8Array.of(0, 0x10, 0, 0, 0, 0, 0, 0)), context);
  for (let depth = 0; depth < 5; depth++) {
    assert.ok(!('unavailable' in value));
    assert.equal(value.value, '0x1000');
    const [next] = value.children!.slice(0, 1);
    assert.equal(next.name, 'next');
    value = next;
  }
});

test('what is shown can be typed back', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Type>(
        INT,
        LONG,
        CHAR,
        BOOL,
        COLOR,
        DOUBLE,
        FLOAT,
        base('short', 2, 'signed'),
        base('signed char', 1, 'signed char'),
      ),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (type, random) => {
        const bytes = random.slice(0, sizeOf(type));
        if (type === BOOL) bytes[0] &= 1;
        const text = shown(type, bytes);
        if (text === 'nan') return;
        const encoded = encodeScalar(type, text.replace(/^.* \((-?\d+)\)$/, '$1'));
        assert.ok(!('error' in encoded), `${text}: ${JSON.stringify(encoded)}`);
        assert.deepEqual([...encoded], [...bytes], text);
      },
    ),
  );
});

test('values are understood in the ways a person writes them', () => {
  const encode = (type: Type, text: string): readonly number[] | string => {
    const encoded = encodeScalar(type, text);
    return 'error' in encoded ? encoded.error : [...encoded];
  };
  assert.deepEqual(encode(INT, ' 0x10 '), [16, 0, 0, 0]);
  assert.deepEqual(encode(INT, '0xffffffff'), [255, 255, 255, 255]);
  assert.deepEqual(encode(INT, '-1'), [255, 255, 255, 255]);
  assert.deepEqual(encode(INT, '010'), [8, 0, 0, 0]);
  assert.deepEqual(encode(CHAR, "'\\n'"), [10]);
  assert.deepEqual(encode(CHAR, "97 'a'"), [97]);
  assert.deepEqual(encode(COLOR, 'GREEN | BLUE'), [12, 0, 0, 0]);
  assert.deepEqual(encode(BOOL, 'true'), [1]);
  assert.deepEqual(encode(pointer(INT), 'NULL'), [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(encode(INT, '4294967296'), '4294967296 does not fit in int (-2147483648 to 2147483647).');
  assert.equal(encode(CHAR, '256'), '256 does not fit in char (0 to 255).');
  assert.equal(encode(INT, 'seven'), '“seven” is not a value of int.');
  assert.equal(encode(COLOR, 'PINK'), '“PINK” is not a value of enum color.');
  assert.equal(encode(POINT, '1'), 'A value of type struct point cannot be set as a whole; set its parts.');
});

test('a bit field is set without touching its neighbours', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 0xffff_ffffn), fc.integer({ min: -256, max: 255 }), (before, value) => {
      const bytes = Uint8Array.from({ length: 4 }, (_, index) => Number((before >> BigInt(8 * index)) & 0xffn));
      const after = encodeBits(INT, String(value), { first: 3, count: 9 }, bytes);
      assert.ok(!('error' in after));
      const bits = after.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      assert.equal(bits & ~(0x1ffn << 3n), before & ~(0x1ffn << 3n));
      assert.equal(BigInt.asIntN(9, bits >> 3n), BigInt(value));
    }),
  );
  const full = encodeBits(LONG, '8', { first: 0, count: 3 }, new Uint8Array(1));
  assert.ok('error' in full && /8 does not fit in 3 bits \(0 to 7\)/.test(full.error));
});

test('a reference shows and gives what it refers to', () => {
  const reference: Type = { kind: 'pointer', sigil: '&', size: 8, target: INT };
  const context = memory(Uint8Array.of(7, 0, 0, 0));
  const value = readValue(reference, inBytes(Uint8Array.of(0, 0x10, 0, 0, 0, 0, 0, 0)), context);
  assert.ok(!('unavailable' in value));
  assert.deepEqual([value.value, value.type, value.address], ['7', 'int &', 0x1000]);
});

test('an enumeration with a scope is written with its name, and read back', () => {
  const scoped: EnumType = { ...COLOR, name: 'paint::Color', isScoped: true };
  assert.equal(shown(scoped, [4, 0, 0, 0]), 'paint::Color::GREEN (4)');
  assert.deepEqual(encodeScalar(scoped, 'Color::BLUE'), Uint8Array.of(8, 0, 0, 0));
});

test('a damaged container that contains itself many times over is still shown', () => {
  const container: StructType = {
    ...POINT,
    language: 'c++',
    name: 'std::map<int, int>',
    templateArguments: [INT, INT],
    get members() {
      return Array.from({ length: 50 }, () => ({ name: '', type: container, offset: 0, isBase: true }));
    },
  };
  const value = readValue(container, inBytes(new Uint8Array(64)), NOTHING);
  assert.ok(!('unavailable' in value));
  assert.equal(value.children?.count, 50);
});
