//! An allocator that counts what a watched thread asks of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting; a program makes it its own by `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn called() {
    if WATCHED.try_with(Cell::get).unwrap_or(false) {
        CALLS.with(|calls| calls.set(calls.get() + 1));
    }
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        called();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        called();
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        called();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        called();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How often `act` calls the allocator on this thread, to get or to give back.
pub fn watched(act: impl FnOnce()) -> u64 {
    CALLS.set(0);
    WATCHED.set(true);
    act();
    WATCHED.set(false);
    CALLS.get()
}

/// Whether this program's allocator counts at all.
pub fn is_counting() -> bool {
    watched(|| drop(std::hint::black_box(Box::new(1u64)))) == 2
}
