// Ordered maps and sets of Rust, of one node and of many.
use std::collections::{BTreeMap, BTreeSet};

#[no_mangle]
#[inline(never)]
pub extern "C" fn checkpoint() {
    std::hint::black_box(0);
}

fn main() {
    let empty: BTreeMap<u8, u8> = BTreeMap::new();
    let mut map = BTreeMap::new();
    for number in 0..2000 {
        map.insert(number * 2, format!("v{number}"));
    }
    let set: BTreeSet<u8> = [3, 1, 2].into_iter().collect();
    std::hint::black_box((&empty, &map, &set));
    checkpoint();
    println!("{} {} {}", empty.len(), map.len(), set.len());
}
