// Objects of the kinds of types that Rust has.
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hint::black_box;
use std::rc::Rc;

#[no_mangle]
#[inline(never)]
pub extern "C" fn checkpoint() {
    // SAFETY: it does nothing.
    unsafe { std::arch::asm!("", options(nostack)) };
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Color {
    Red,
    Green = 5,
    Blue = 200,
}

#[derive(Clone, Debug)]
enum Shape {
    Empty,
    Circle(f64),
    Rectangle { width: u32, height: u32 },
    Named(String, Color),
}

#[derive(Clone, Debug)]
struct Point {
    x: i32,
    y: i32,
}

struct Pair(u8, i16);
struct Unit;
struct Generic<T> {
    value: T,
    list: Vec<T>,
}

union Bits {
    integer: u32,
    single: f32,
}

trait Area {
    fn area(&self) -> f64;
}
impl Area for Shape {
    fn area(&self) -> f64 {
        match self {
            Shape::Circle(r) => r * r,
            Shape::Rectangle { width, height } => f64::from(width * height),
            _ => 0.0,
        }
    }
}

#[inline(never)]
fn numbers(signed: i8, unsigned: u16, large: i64, wide: u128, single: f32, double: f64) -> i64 {
    let yes = true;
    let letter = 'é';
    let size: usize = 1 << 40;
    let negative: i128 = -5;
    let unit = ();
    let tuple = (1u8, -2i32, 2.5f64);
    let array = [10i32, 20, 30];
    black_box((&yes, &letter, &size, &negative, &unit, &tuple, &array, &signed, &unsigned, &large, &wide, &single, &double));
    checkpoint();
    i64::from(signed) + i64::from(unsigned) + large.min(0) + (wide >> 100) as i64
}

#[inline(never)]
fn enums(color: Color, shape: &Shape) -> f64 {
    let empty = Shape::Empty;
    let circle = Shape::Circle(1.5);
    let rectangle = Shape::Rectangle { width: 3, height: 4 };
    let named = Shape::Named(String::from("name"), Color::Blue);
    let some: Option<i32> = Some(7);
    let none: Option<i32> = None;
    let niche: Option<&i32> = some.as_ref();
    let nothing: Option<Box<i32>> = None;
    let good: Result<u8, String> = Ok(9);
    let bad: Result<u8, String> = Err(String::from("bad"));
    let bits = Bits { single: 1.0 };
    let unit = Unit;
    black_box((&empty, &circle, &rectangle, &named, &some, &none, &niche, &nothing, &good, &bad, &bits, &unit, &color));
    checkpoint();
    circle.area() + shape.area() + f64::from(unsafe { bits.integer } as u8)
}

#[inline(never)]
fn texts(text: &str, slice: &[i32], point: &mut Point) -> usize {
    let string = String::from("owned \"text\"");
    let empty = String::new();
    let boxed = Box::new(Point { x: 3, y: 4 });
    let vector = vec![1u16, 2, 3];
    let nested = vec![vec![1i8], vec![], vec![2, 3]];
    let none: Vec<u64> = Vec::new();
    let pair = Pair(1, -2);
    let generic = Generic { value: 2.5f32, list: vec![0.5, 1.5] };
    let shared = Rc::new(Point { x: 5, y: 6 });
    let other = shared.clone();
    let cell = Cell::new(11);
    let borrowed = RefCell::new(vec![1, 2]);
    let mut queue: VecDeque<i32> = VecDeque::new();
    for i in 0..6 {
        queue.push_back(i);
    }
    queue.pop_front();
    queue.push_back(6);
    let mut map = HashMap::new();
    map.insert(String::from("only"), 1);
    let set: HashSet<i32> = [42].into_iter().collect();
    let object: Box<dyn Area> = Box::new(Shape::Circle(2.0));
    let strings = vec!["one", "two"];
    point.x += 1;
    black_box((&string, &empty, &boxed, &vector, &nested, &none, &pair, &generic, &shared, &other, &cell, &borrowed));
    black_box((&queue, &map, &set, &object, &strings, &text, &slice, &point));
    checkpoint();
    string.len() + vector.len() + text.len() + slice.len() + pair.0 as usize + usize::from(pair.1 == -2)
        + generic.list.len() + generic.value as usize + object.area() as usize
}

fn main() {
    let mut point = Point { x: 1, y: 2 };
    let mut sum = numbers(-1, 60000, -5_000_000_000, 1 << 100, 0.1, 1.0 / 3.0).unsigned_abs() as usize;
    sum += enums(Color::Green, &Shape::Circle(3.0)) as usize + (Color::Red as usize);
    sum += texts("text", &[7, 8, 9], &mut point);
    checkpoint();
    black_box(sum.wrapping_add(point.y as usize));
}
